"""The dossier of a batch as it really comes to be: every verb of the plant, up to a conditional release."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from mfg.dossier import export, verify_dossier
from mfg.entries import Entry
from mfg.ledger import act
from mfg.tables import METADATA
from tests.conftest import FreshDatabase
from tests.release.story import READY, Story, a_story


@pytest.fixture
def story(kind: str, fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Story]:
    with a_story(READY, fresh_database(kind, READY.prepare), tmp_path) as told:
        yield told


@pytest.fixture
def sqlite_story(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Story]:
    with a_story(READY, fresh_database("sqlite", READY.prepare), tmp_path) as told:
        yield told


def released(story: Story) -> Story:
    story.dispose()
    story.release_on_condition()
    return story


def files_of(story: Story) -> tuple[bytes, dict[str, bytes]]:
    data = export(story.office.engine, story.batch, sealer_public=story.office.sealer.verifier, at=story.office.now)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return data, {name: archive.read(name) for name in archive.namelist()}


def test_a_released_dose_is_proved_whole_with_every_entry_of_its_batch(story: Story) -> None:
    data, files = files_of(released(story))
    answer = verify_dossier(data, key=story.office.sealer.verifier)
    assert (answer["ok"], answer["problems"], answer["warnings"]) == (True, [], [])
    told = [json.loads(line)["seq"] for line in files["entries.jsonl"].splitlines()]
    with story.office.look() as session:
        ours = set(session.scalars(select(Entry.seq).where(Entry.within.in_([story.batch, story.recipient]))))
    assert len(ours) > 100 and ours <= set(told)
    content = json.loads(files["batch.json"])
    assert [row["kind"] for row in content["rows"]["decision"]] == ["disposition", "released on condition"]
    assert {"lot", "marker", "collection", "weight", "sterility_read", "printed_label"} <= set(content["rows"])
    assert len(content["rows"]["document"]) == 3


def test_nothing_of_another_recipient_is_in_it(story: Story) -> None:
    other = story.plant.recipient()
    collection = story.plant.collection(other, 1)
    _, files = files_of(released(story))
    leaves = b"".join(base64.b64decode(json.loads(line)["leaf"]) for line in files["entries.jsonl"].splitlines())
    for code in (other, collection):
        assert code.encode() not in leaves + files["batch.json"] + files["signatures.json"]


def some_text(table: str, row: dict[str, Any], keys: list[str]) -> str:
    """A column that holds free words: no key, and none whose words the database itself knows and would not change."""
    known = {str(one.name) for one in METADATA.tables[table].constraints}
    free = [name for name, value in row.items() if name not in keys and isinstance(value, str)
            and f"ck_{table}_{name}_known" not in known]
    return next((name for name in free if name in ("name", "title", "note", "reason", "purpose", "relation", "value",
                                                   "expiry_governed_by", "text", "findings", "facts")), "")


def test_a_row_of_any_table_changed_past_the_ledger_is_named(sqlite_story: Story) -> None:
    """Whoever owns the database can drop its guards; each table of the dossier is tried in turn."""
    story = released(sqlite_story)
    content = json.loads(files_of(story)[1]["batch.json"])
    tried = []
    for table, rows in content["rows"].items():
        (keys, row) = (content["primary_keys"][table], rows[0])
        column = some_text(table, row, keys)
        if not column:
            continue
        tried.append(table)
        key = "|".join(row[name] for name in keys)
        where = " AND ".join(f"{name} = :{name}" for name in keys)
        with story.office.owner_engine.execution_options(mfg_begin="write").begin() as connection:
            connection.execute(text(f"UPDATE {table} SET {column} = 'forged' WHERE {where}"),
                               {name: row[name] for name in keys})
        problems = verify_dossier(files_of(story)[0])["problems"]
        assert any(problem.startswith(f"{table} {key}: {column} is “forged” in batch.json") for problem in problems)
    assert {"step_entry", "result", "decision", "lot", "document", "printed_label", "dose_bag"} <= set(tried)


def test_every_act_of_the_batch_shows_who_signed_as_what(story: Story) -> None:
    _, files = files_of(released(story))
    signed = json.loads(files["signatures.json"])["signatures"]
    meanings = {row["meaning"] for row in signed}
    assert {"Batch record issued", "Performed", "Verified", "Tested", "Quality disposition",
            "Released before completion of sterility testing"} <= meanings
    assert all(row["printed_name"] and row["role"] and row["at"].endswith("Z") for row in signed)


def test_a_dossier_of_an_open_batch_is_honest_about_what_is_not_sealed_yet(story: Story) -> None:
    with story.office.desk() as session, act(session, "seal ledger", on="ledger", **story.office.who("qa").how):
        pass
    story.dispose()
    answer = verify_dossier(files_of(story)[0], key=story.office.sealer.verifier)
    assert answer["ok"] and "newer than the checkpoint" in answer["warnings"][0]
