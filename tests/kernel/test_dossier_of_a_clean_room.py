"""The dossier of a batch with everything a clean room keeps of it: rooms, equipment, files, review; and who tampers."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import text

from mfg import identity, offline_verifier
from mfg.batches.handling import attach_file
from mfg.dossier import export, packed, verify_dossier
from mfg.ledger import act, playing_at
from mfg.quality.acts import open_deviation
from mfg.review.acts import begin_review, return_review
from mfg.tables import METADATA
from mfg.uploads import read_upload
from mfg.verify import verify
from tests.batches.test_gates import Gated, planted_with_gates
from tests.conftest import FreshDatabase
from tests.office import CHEAP, Office
from tests.quality import walked

PHOTO = b"The bag as it came: no leak, label 4 of 4.\n"
KEPT = f"files/{sha256(PHOTO).hexdigest()}"


@pytest.fixture
def plant(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Gated]:
    identity.ARGON2.update(CHEAP)
    office = Office(fresh_database("sqlite", planted_with_gates), tmp_path)
    with playing_at(lambda: office.now):
        yield Gated.standing_with(office)
    office.close()


def lived(plant: Gated) -> tuple[str, str]:
    """A batch with all of it, and another recipient's that came into the same cabinet after it."""
    office, batch = plant.office, plant.batch()
    plant.warmed(batch)
    cabinet = plant.place(batch)
    plant.scan(f"{batch}/unpack", "place", cabinet)
    plant.perform(f"{batch}/unpack")
    plant.verify(f"{batch}/unpack")
    plant.scan(f"{batch}/feed", "medium", plant.lots["medium"])
    plant.enter(f"{batch}/feed", "amount", "100")
    office.do(attach_file, office.who("operator"), step=f"{batch}/unpack", caption="The bag.",
              file=read_upload("bag.txt", PHOTO))
    deviation = office.do(open_deviation, office.who("operator"), within=plant.lots["medium"],
                          on_code=plant.lots["medium"], severity="major", what="The medium was cloudy.")
    walked.classified(office, deviation)
    walked.investigated(office, deviation)
    review = office.do(begin_review, office.who("qa"), batch=batch, stage=None)
    office.do(return_review, office.who("qa", reason="The deviation is not closed yet."), review=review)
    plant.hall.leave(cabinet, batch)
    other = plant.batch(1)
    plant.hall.clear(cabinet, other)
    plant.hall.enter(cabinet, other, "SUB-0002")
    with office.desk() as session, act(session, "seal ledger", on="ledger", **office.who("qa").how):
        pass
    return batch, other


def exported(plant: Gated, batch: str) -> dict[str, bytes]:
    data = export(plant.office.engine, batch, sealer_public=plant.office.sealer.verifier, at=plant.office.now)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def problems(files: dict[str, bytes]) -> list[str]:
    """What a dossier is told about, with a manifest that fits whatever was changed."""
    files["manifest.json"] = offline_verifier.manifest_of(files)
    told: list[str] = verify_dossier(packed(files))["problems"]
    return told


def test_all_that_belongs_to_the_batch_is_in_it_and_nothing_of_another(plant: Gated, tmp_path: Path) -> None:
    batch, other = lived(plant)
    files = exported(plant, batch)
    rows = json.loads(files["batch.json"])["rows"]
    assert {"attachment", "kept_file", "consumption", "equipment_use", "equipment", "calibration", "occupancy",
            "line_clearance", "monitoring_session", "monitoring_link", "plate", "deviation", "investigation",
            "review"} <= set(rows)
    assert files[KEPT] == PHOTO and problems(files) == []
    leaves = b"".join(base64.b64decode(json.loads(line)["leaf"]) for line in files["entries.jsonl"].splitlines())
    assert other.encode() not in leaves + files["batch.json"], "who was in the cabinet after it is not told"
    folder = tmp_path / "unpacked"
    (folder / "files").mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    ran = subprocess.run([sys.executable, "-I", "-S", folder / "verify.py"], capture_output=True, text=True,
                         check=False)
    assert ran.returncode == 0 and "Everything holds." in ran.stdout, ran.stdout + ran.stderr


def test_the_ledger_tells_of_columns_by_the_names_they_have_in_the_database(plant: Gated) -> None:
    """A column called otherwise in the program made every amount of material look forged, here and to `mfg verify`."""
    lived(plant)
    assert verify(plant.office.engine, METADATA).problems == []


def test_a_kept_file_that_is_another_is_missing_or_was_added_is_named(plant: Gated) -> None:
    files = exported(plant, lived(plant)[0])
    assert problems(files | {KEPT: PHOTO + b"x"}) == [f"{KEPT} was changed: its hash is another."]
    assert problems({name: content for name, content in files.items() if name != KEPT}) == [
        f"{KEPT} is missing; batch.json tells of it."]
    more = f"files/{sha256(b'').hexdigest()}"
    assert problems(files | {more: b""}) == [f"{more} is a file that batch.json does not tell of."]


def test_a_file_exchanged_together_with_its_hash_is_not_what_the_ledger_says(plant: Gated) -> None:
    files = exported(plant, lived(plant)[0])
    forged = sha256(b"All was well.").hexdigest()
    was, files[f"files/{forged}"] = KEPT.removeprefix("files/"), b"All was well."
    del files[KEPT]
    files["batch.json"] = files["batch.json"].replace(was.encode(), forged.encode())
    assert any(f"kept_file {forged} is in batch.json, but no entry tells of it" in one for one in problems(files))


@pytest.mark.parametrize(("table", "column"), [
    ("attachment", "caption"), ("consumption", "unit"), ("equipment", "name"), ("calibration", "certificate"),
    ("line_clearance", "cleared_by"), ("monitoring_session", "purpose"), ("plate", "location"),
    ("investigation", "findings"), ("review", "statement"), ("occupancy", "entered_by")])
def test_a_forged_row_of_a_clean_room_is_named(plant: Gated, table: str, column: str) -> None:
    files = exported(plant, lived(plant)[0])
    content = json.loads(files["batch.json"])
    content["rows"][table][0][column] = "forged"
    files["batch.json"] = json.dumps(content).encode()
    assert any(one.startswith(f"{table} ") and f"{column} is “forged”" in one for one in problems(files))


def test_a_file_changed_in_the_database_itself_is_named(plant: Gated) -> None:
    batch, _ = lived(plant)
    with plant.office.owner_engine.execution_options(mfg_begin="write").begin() as connection:
        for name in connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text("UPDATE kept_file SET content = :new WHERE code = :code"),
                           {"new": b"All was well.", "code": KEPT.removeprefix("files/")})
    found = problems(exported(plant, batch))
    assert f"{KEPT} was changed: its hash is another." in found
    assert any(one.startswith("kept_file ") for one in found), "and the row itself is not what the ledger says"
