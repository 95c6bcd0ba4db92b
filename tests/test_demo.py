"""The demonstration as a newcomer meets it: one command, its decisions line by line, and papers that say the truth."""

from __future__ import annotations

import io
import json
import re
import shutil
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pypdf
import pytest
import yaml

from mfg.cli import main
from tests.conftest import Demonstration, play_demonstration
from tests.paper.reading import codes_on, picture_of_pdf

pytestmark = pytest.mark.slow


def rows(demonstration: Demonstration, query: str) -> list[sqlite3.Row]:
    """Read past the program, with plain SQL."""
    with closing(sqlite3.connect(f"file:{demonstration.folder / 'mfg.db'}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(query).fetchall()


def text_of(pdf: Path) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf.read_bytes())).pages)


def tight(text: str) -> str:
    """Without its spaces: where a line breaks is the layout's business."""
    return re.sub(r"\s+", "", text)


@pytest.fixture
def copy(demonstration: Demonstration, tmp_path: Path) -> Path:
    """A folder of the demonstration that may be spoiled."""
    return Path(shutil.copytree(demonstration.folder, tmp_path / "copy"))


def test_it_ends_well_and_complains_of_nothing(demonstration: Demonstration) -> None:
    assert (demonstration.code, demonstration.complained) == (0, "")


def test_it_prints_a_conditional_release_a_refusal_and_a_release(demonstration: Demonstration) -> None:
    told = [line.strip() for line in demonstration.said.splitlines()
            if re.match(r"\s+(RELEASED ON CONDITION|REFUSED): ", line)]
    assert len(told) == 3
    assert re.match(r"RELEASED ON CONDITION: NK-26-001-D1, decision DEC-\d+; final sterility is open", told[0])
    assert told[1].startswith("REFUSED: NK-26-001-D2") and "DOSE-01" in told[1]
    assert told[2].startswith("RELEASED ON CONDITION: NK-26-001-D2")


def test_every_finding_is_printed_with_its_verdict(demonstration: Demonstration) -> None:
    printed = re.findall(r"^ +(PASS|FAIL|CANNOT DETERMINE) +([A-Z]+-\d\d) ", demonstration.said, re.M)
    failed = [rule for verdict, rule in printed if verdict == "FAIL"]
    assert "DOSE-01" in failed and sum(rule == "DOSE-01" for _, rule in printed) == 3
    assert len({rule for _, rule in printed}) >= 30


def test_every_count_of_a_dose_rests_on_a_confirmed_file_of_the_counter(demonstration: Demonstration) -> None:
    found = rows(demonstration, "SELECT code, value, how, equipment FROM result WHERE test = 'viable_count'")
    assert [(row["value"], row["how"]) for row in found] == [("5910000; 5830000; 5870000", "instrument file")] * 3
    assert {row["equipment"] for row in found} == {"EQ-0001"}
    assert [row["state"] for row in rows(demonstration, "SELECT state FROM instrument_file")] == ["confirmed"] * 3
    assert len(re.findall(r"counts of S-\d+: file IF-\d+ of the counter read, 3 readings confirmed",
                          demonstration.said)) == 3


def test_one_result_was_invalidated_and_its_one_repeat_stands(demonstration: Demonstration) -> None:
    first, second = rows(demonstration, "SELECT * FROM result WHERE test = 'cd16' ORDER BY code")
    assert (first["value"], first["verdict"], first["invalidated_by"] is None) == ("61", "FAIL", False)
    assert (second["value"], second["verdict"], second["invalidated_by"]) == ("91", "PASS", None)
    (oos,) = rows(demonstration, "SELECT state, result FROM oos")
    assert (oos["state"], oos["result"]) == ("invalidated", first["code"])
    assert [row["state"] for row in rows(demonstration, "SELECT state FROM deviation")] == ["closed"]
    assert re.search(rf"OUT OF SPECIFICATION: {first['code']} .*it stays visible.* {second['code']} is 91 %",
                     demonstration.said)


def test_the_refused_dose_is_really_below_tolerance(demonstration: Demonstration) -> None:
    """Worked out again from what was printed: mean of three counts, share of NK, volume, the new weight."""
    mean = (Decimal("5.91e6") + Decimal("5.83e6") + Decimal("5.87e6")) / 3
    nk = mean * Decimal("0.97")
    assert "100 mL" in demonstration.said and "71.4 kg" in demonstration.said
    assert nk * 100 / Decimal("71.4") < Decimal("0.8e7") <= nk * 125 / Decimal("71.4")
    assert Decimal("0.8e7") <= nk * 125 / Decimal("69.8") <= Decimal("1.2e7")


def test_published_figures_stand_with_their_source(demonstration: Demonstration) -> None:
    head = demonstration.said.partition("==")[0]
    figures = [line for line in head.splitlines() if re.match(r"  \w.* (\{cells\}|%|min|Cel) ", line)]
    assert len(figures) >= 8
    assert [line for line in figures if not re.search(r"doi|PMC|NCT|abstract", line)] == []


def test_it_leaves_a_database_labels_and_records(demonstration: Demonstration) -> None:
    assert (demonstration.folder / "mfg.db").is_file()
    papers = list(demonstration.folder.glob("labels/*.pdf")) + list(demonstration.folder.glob("records/*.pdf"))
    names = {paper.name for paper in papers}
    assert {"NK-26-001-batch-record.pdf", "NK-26-001-D1-certificate.pdf", "NK-26-001-D2-certificate.pdf"} <= names
    for paper in papers:
        assert paper.read_bytes().startswith(b"%PDF-") and len(pypdf.PdfReader(paper).pages) >= 1


@pytest.mark.parametrize("dpi", [203, 300])
def test_the_codes_on_every_label_are_those_of_its_bag(demonstration: Demonstration, dpi: int) -> None:
    bags = rows(demonstration, "SELECT dose_bag.container, collection.din, recipient.coi FROM dose_bag "
                "JOIN dose ON dose.code = dose_bag.dose JOIN batch ON batch.code = dose.batch "
                "JOIN collection ON collection.code = batch.collection "
                "JOIN recipient ON recipient.code = batch.recipient")
    assert len(bags) == 3
    for bag in bags:
        pdf = (demonstration.folder / "labels" / f"{bag['container']}.pdf").read_bytes()
        linear, matrix = codes_on(picture_of_pdf(pdf, dpi))
        # data identifier "=", thirteen characters of the number, two flags
        assert linear == ("]C0", f"={bag['din']}00")
        assert matrix[0] == "]d1" and f"={bag['din']}00" in matrix[1] and f"&/{bag['coi']}" in matrix[1]


def test_the_labels_say_what_they_must(demonstration: Demonstration) -> None:
    for bag in rows(demonstration, "SELECT container FROM dose_bag"):
        file = demonstration.folder / "labels" / f"{bag['container']}.pdf"
        words = tight(text_of(file)).lower()
        for wanted in ("clinicaltrialuseonly", "notreleased", "SUB-0001", "NK-26-001", "DON-0001", "NCT06835140",
                       "donotfreeze"):
            assert wanted.lower() in words, f"{file.name} does not say {wanted}"


@pytest.mark.parametrize(("kind", "said"), [
    ("collection bag", ("furthermanufactureonly", "ACD-A,30mL", "180mL", "DON-0001", "notanISBT128label")),
    ("vessel", ("furthermanufactureonly", "inprocess", "NCT06835140", "EXAMPLE")),
    ("harvest", ("harvested", "QUARANTINE", "EXAMPLE")),
    ("loaded cells", ("loaded:bispecificantibody", "QUARANTINE", "EXAMPLE")),
    ("sample tube", ("notforinfusion", "ofC03", "EXAMPLE")),
])
def test_a_container_of_every_kind_has_its_label_on_it(demonstration: Demonstration, kind: str,
                                                       said: tuple[str, ...]) -> None:
    found = rows(demonstration, "SELECT container.code, printed_label.state, printed_label.layout FROM printed_label "
                 f"JOIN container ON container.code = printed_label.container WHERE container.kind = '{kind}'")
    assert [row["state"] for row in found] == ["applied"]
    words = tight(text_of(demonstration.folder / "labels" / f"{found[0]['code']}.pdf")).lower()
    for wanted in (*said, "NK-26-001" if kind != "collection bag" else "SUB-0001"):
        assert wanted.lower() in words, f"the label of a {kind} does not say {wanted}"


def test_the_certificates_say_who_decided_what_and_why(demonstration: Demonstration) -> None:
    for dose in ("NK-26-001-D1", "NK-26-001-D2"):
        words = text_of(demonstration.folder / "records" / f"{dose}-certificate.pdf")
        for wanted in (dose, "Qualified person 1", "DOSE-01", "PASS", "sterility"):
            assert wanted.lower() in words.lower(), f"the certificate of {dose} does not say {wanted}"


def test_the_batch_record_holds_every_step_with_its_two_people(demonstration: Demonstration) -> None:
    words = text_of(demonstration.folder / "records" / "NK-26-001-batch-record.pdf")
    assert "Operator 1" in words and "Verifier 1" in words and "NK-26-001" in words
    (document,) = rows(demonstration, "SELECT text FROM document WHERE kind = 'master record'")
    titles = [step["title"] for phase in yaml.safe_load(document["text"])["phases"] for step in phase["steps"]]
    assert len(titles) > 10
    assert [title for title in titles if tight(title) not in tight(words)] == []


def test_no_personal_name_stands_anywhere(demonstration: Demonstration) -> None:
    names = [row["printed_name"] for row in rows(demonstration, "SELECT printed_name FROM person")]
    roles = {row["role"] for row in rows(demonstration, "SELECT DISTINCT role FROM role_grant")}
    assert len(names) >= 14
    assert [name for name in names if name.lower().rsplit(" ", 1)[0] not in roles] == []
    signed = {row["printed_name"] for row in rows(demonstration, "SELECT DISTINCT printed_name FROM signature")}
    assert signed <= set(names)


def test_only_the_numbers_of_a_demonstration_facility_are_used(demonstration: Demonstration) -> None:
    dins = [row["din"] for row in rows(demonstration, "SELECT din FROM collection")]
    assert dins and all(re.match("A999[0-9]", din) for din in dins)


def test_the_decisions_kept_are_the_decisions_printed(demonstration: Demonstration) -> None:
    kept = rows(demonstration, "SELECT * FROM decision ORDER BY code")
    released = [row for row in kept if row["kind"] == "released on condition"]
    assert [row["dose"] for row in released] == ["NK-26-001-D1", "NK-26-001-D2"]
    for row in released:
        findings: list[dict[str, Any]] = json.loads(row["findings"])
        assert {one["verdict"] for one in findings} == {"PASS"} and len(findings) > 50
        assert row["code"] in demonstration.said and row["dossier_hash"][:12] in demonstration.said


def test_what_it_made_verifies(demonstration: Demonstration, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--database", demonstration.url, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"] is True and answer["problems"] == [] and answer["entries"] > 300
    assert answer["checkpoints"] >= 2 and answer["warnings"] == []


@pytest.mark.parametrize(("table", "column", "key", "value"), [
    ("weight", "kg", "W-000001", 1), ("dose", "state", "NK-26-001-D1", "certified"),
    ("result", "value", "R-000001", "999"), ("person", "printed_name", "P-0001", "Somebody Else"),
])
def test_a_row_changed_behind_its_back_is_named(copy: Path, capsys: pytest.CaptureFixture[str], table: str,
                                                column: str, key: str, value: object) -> None:
    with closing(sqlite3.connect(copy / "mfg.db")) as connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            connection.execute(f'DROP TRIGGER "{name}"')
        found = connection.execute(f'SELECT count(*) FROM "{table}" WHERE code = ?', (key,)).fetchone()[0]
        assert found == 1, f"there is no {table} {key} to spoil"
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE code = ?', (value, key))
        connection.commit()
    assert main(["verify", "--database", f"sqlite:///{copy / 'mfg.db'}"]) == 1
    told = capsys.readouterr().out
    problems = [line for line in told.splitlines() if line.startswith("PROBLEM:")]
    assert any(table in line and key in line and column in line for line in problems), told


def test_a_history_that_was_shortened_is_found(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(copy / "mfg.db")) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("PRAGMA foreign_keys = OFF")
        last = connection.execute("SELECT max(seq) FROM entry").fetchone()[0]
        connection.execute("DELETE FROM signature WHERE seq >= ?", (last - 20,))
        connection.execute("DELETE FROM entry WHERE seq >= ?", (last - 20,))
        connection.commit()
    assert main(["verify", "--database", f"sqlite:///{copy / 'mfg.db'}"]) == 1
    assert "PROBLEM" in capsys.readouterr().out


def test_a_dossier_leaves_and_proves_itself(demonstration: Demonstration, copy: Path, tmp_path: Path,
                                            monkeypatch: pytest.MonkeyPatch,
                                            capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("MFG_HOME", str(copy))
    monkeypatch.delenv("MFG_DATABASE_URL", raising=False)
    file = tmp_path / "batch.zip"
    assert main(["dossier", "NK-26-001", "--to", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"file": str(file), "bytes": file.stat().st_size}
    assert main(["verify", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True
    assert main(["verify", str(file), "--key", str(copy / "checkpoint.pub")]) == 0
    spoiled = bytearray(file.read_bytes())
    spoiled[len(spoiled) // 2] ^= 1
    file.write_bytes(spoiled)
    capsys.readouterr()
    assert main(["verify", str(file)]) == 1
    assert "PROBLEM" in capsys.readouterr().out


def test_it_plays_again_in_the_same_folder(copy: Path) -> None:
    (copy / "labels" / "left over.pdf").write_bytes(b"old")
    done = play_demonstration(copy)
    assert done.returncode == 0, done.stderr
    assert not (copy / "labels" / "left over.pdf").exists() and len(list(copy.glob("labels/*.pdf"))) == 8


def test_a_folder_with_a_database_of_somebody_else_is_left_alone(tmp_path: Path,
                                                                 capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mfg.db").write_bytes(b"somebody's records")
    assert main(["demo", "--at", str(tmp_path)]) == 64
    assert "not a demonstration" in capsys.readouterr().err
    assert (tmp_path / "mfg.db").read_bytes() == b"somebody's records"
    assert [file.name for file in tmp_path.iterdir()] == ["mfg.db"]


def test_the_demonstration_as_json_is_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["demo", "--at", str(tmp_path / "demo"), "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert (code, answer["ok"]) == (0, True)
    assert any("RELEASED ON CONDITION" in line for line in answer["told"])
