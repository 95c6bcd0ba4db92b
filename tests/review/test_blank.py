"""Blank records for an outage: issued with a reason, every sheet numbered, each one accounted for by people."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pypdf
import pytest
from sqlalchemy import select

from mfg.batches import runner
from mfg.codes.own import kind_of, with_check
from mfg.facts import Refused, Verdict, judge
from mfg.files import kept_file
from mfg.labelling.sheet_records import BlankIssue, PaperSheet, blank_issue, open_sheets, sheets_of
from mfg.labelling.sheet_rules import DESTROYED, ISSUE, SHEET, TRANSCRIBED, Issuing, Settling
from mfg.paper.record import batch_record
from mfg.qc.completing import complete_batch
from mfg.quality.records import deviations_of
from mfg.recipes.acts import draft_master_record
from mfg.review import blank_acts
from mfg.review.record_facts import batch_record_facts
from mfg.scan import place_of
from tests.batches.small import Small, planted_small, small_plant
from tests.conftest import FreshDatabase

WHY = "the network is down for maintenance"


@pytest.fixture
def plant(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Small]:
    with small_plant(fresh_database("sqlite", planted_small), tmp_path) as made:
        yield made


@pytest.fixture
def both(kind: str, fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Small]:
    with small_plant(fresh_database(kind, planted_small), tmp_path) as made:
        yield made


def printed(plant: Small, **more: Any) -> str:
    """A blank record of the batch, by the supervisor."""
    return plant.office.do(blank_acts.print_blank_of_batch, plant.office.who("production supervisor", reason=WHY),
                           **{"batch": plant.opened} | more)


def sheets(plant: Small, issue: str) -> list[PaperSheet]:
    with plant.office.look() as session:
        return sheets_of(session, issue)


def paper(plant: Small, issue: str) -> list[str]:
    """The text of every page of what was issued."""
    with plant.office.look() as session:
        content = kept_file(session, blank_issue(session, issue).file).content
    return ["".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(content)).pages]


def transcribed(plant: Small, sheet: str, *, number: int = 1) -> None:
    """One value entered from that sheet."""
    plant.enter(plant.at("weigh"), "tare", "50", number=number, read_at=plant.office.now, paper=sheet)


def back(plant: Small, sheet: str) -> str:
    return plant.office.do(blank_acts.return_sheet, plant.office.who("operator"), sheet=sheet)


def confirm(plant: Small, sheet: str, role: str = "verifier") -> str:
    return plant.office.do(blank_acts.confirm_transcription, plant.office.who(role), sheet=sheet)


# --- issuing ----------------------------------------------------------------------------------------------------


def test_a_blank_of_a_batch_is_issued_with_as_many_numbered_sheets_as_it_has_pages(both: Small) -> None:
    code = printed(both)
    found = paper(both, code)
    rows = sheets(both, code)
    assert code == "BLK-0001" and [row.code for row in rows] == [f"BLK-0001-{n:02d}" for n in range(1, len(found) + 1)]
    assert {row.state for row in rows} == {"issued"}
    with both.office.look() as session:
        issue = blank_issue(session, code)
        assert (issue.batch, issue.document, issue.sheets, issue.reason) == (both.opened, "SMALL/1", len(found), WHY)
        assert issue.file == sha256(kept_file(session, issue.file).content).hexdigest()
        assert open_sheets(session, both.opened) == len(found)
    assert both.office.last_entry().verb == "print blank record"
    for number, page in enumerate(found, 1):
        assert f"SheetBLK-0001-{number:02d}" in page and issue.document_hash in page


def test_every_step_and_every_field_of_the_batch_has_its_place(plant: Small) -> None:
    text = "".join(paper(plant, printed(plant)))
    for _, step in plant.record.steps():
        assert f"{plant.opened}/{step.id}\u00b7" in text
        for one in step.fields:
            assert "".join(one.label.split()) in text
    assert "10to1000g;alert20to900g" in text
    assert "".join('Only if look.clear == "no".'.split()) in text
    assert "Calculated:gross-tare." in text


def test_what_is_done_is_named_and_not_printed_again(plant: Small) -> None:
    plant.perform_it("weigh")
    plant.verify(plant.at("weigh"))
    plant.enter(plant.at("look"), "clear", "yes")
    text = "".join(paper(plant, printed(plant)))
    assert "Inthesystemalready:weigh" in text
    assert f"{plant.opened}/weigh\u00b7" not in text
    assert f"{plant.opened}/look\u00b7" in text and "Inthesystemalready:Clear." in text


def test_a_step_that_repeats_has_a_form_more(plant: Small) -> None:
    assert f"{plant.opened}/count~2\u00b7" in "".join(paper(plant, printed(plant)))


def test_a_blank_of_a_master_record_alone_has_every_repeat_and_empty_boxes_for_the_batch(plant: Small) -> None:
    code = plant.office.do(blank_acts.print_blank_record, plant.office.who("qa", reason=WHY), document="SMALL/1")
    text = "".join(paper(plant, code))
    assert "Time1ofatmost3" in text and "Time3ofatmost3" in text and "Time4" not in text
    assert plant.opened not in text and "Recipient" in text
    with plant.office.look() as session:
        assert blank_issue(session, code).batch is None


def test_a_blank_is_not_issued_without_a_reason_nor_by_everybody(plant: Small) -> None:
    office = plant.office
    for who in (office.who("production supervisor"), office.who("operator", reason=WHY),
                office.who("verifier", reason=WHY)):
        plant.refused(blank_acts.print_blank_of_batch, who, batch=plant.opened)
    assert office.last_entry().verb == "print blank record"


def test_a_blank_of_a_version_that_is_not_in_force_is_refused(plant: Small) -> None:
    other = plant.recipe.replace("A small", "Another small")
    draft = plant.office.do(draft_master_record, plant.office.who("qa"), text=other)
    refusal = plant.refused(blank_acts.print_blank_record, plant.office.who("qa", reason=WHY), document=draft)
    assert "draft" in refusal.why and "effective" in refusal.why
    for document in ("NK-RELEASE/1", plant.protocol):
        with pytest.raises(Refused, match="not a master record"):
            plant.office.do(blank_acts.print_blank_record, plant.office.who("qa", reason=WHY), document=document)


def test_a_blank_of_no_batch_is_refused(plant: Small) -> None:
    with pytest.raises(Refused, match="no batch"):
        printed(plant, batch="NK-26-999")


def test_every_issue_has_sheets_of_its_own(plant: Small) -> None:
    first, second = printed(plant), printed(plant)
    assert (first, second) == ("BLK-0001", "BLK-0002")
    codes = [row.code for issue in (first, second) for row in sheets(plant, issue)]
    assert len(set(codes)) == len(codes) > 2


def test_the_number_drawn_is_the_number_kept_or_nothing_is(plant: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = blank_acts.blank_record

    def somebody_is_faster(facts: Any) -> Any:
        monkeypatch.setattr(blank_acts, "blank_record", drawn)
        printed(plant)
        return drawn(facts)

    monkeypatch.setattr(blank_acts, "blank_record", somebody_is_faster)
    with pytest.raises(Refused, match="at the same moment"):
        printed(plant)
    with plant.office.look() as session:
        assert [one.code for one in session.scalars(select(BlankIssue))] == ["BLK-0001"]
    assert printed(plant) == "BLK-0002"


@pytest.mark.parametrize(("change", "rule"), [
    ({"kind": "specification"}, "SHE-01"), ({"state": "superseded"}, "SHE-01"), ({"drawn_from": "other"}, "SHE-02"),
    ({"batch": "NK-26-001", "pinned": "SMALL/2"}, "SHE-01"),
    ({"batch": "NK-26-001", "pinned": "SMALL/1", "batch_state": "complete"}, "SHE-03")])
def test_each_rule_of_issuing_refuses_what_it_is_for(change: dict[str, str], rule: str) -> None:
    good = {"issue": "BLK-0001", "document": "SMALL/1", "kind": "master record", "state": "effective",
            "document_hash": "h", "drawn_from": "h"}
    assert {one.verdict for one in judge(ISSUE, Issuing(**good))} == {Verdict.PASS}
    wrong = [one.rule for one in judge(ISSUE, Issuing(**good | change)) if one.verdict is not Verdict.PASS]
    assert wrong == [rule]


def test_a_batch_that_follows_a_superseded_version_gets_its_blank_of_that_version() -> None:
    facts = Issuing("BLK-0001", "SMALL/1", "master record", "superseded", "h", "h", "NK-26-001", "open", "SMALL/1")
    assert {one.verdict for one in judge(ISSUE, facts)} == {Verdict.PASS}


# --- accounting for every sheet ---------------------------------------------------------------------------------


def test_a_sheet_comes_back_is_entered_from_and_compared_by_another(both: Small) -> None:
    sheet = sheets(both, printed(both))[0].code
    transcribed(both, sheet)
    back(both, sheet)
    both.office.later(minutes=5)
    confirm(both, sheet)
    row = sheets(both, "BLK-0001")[0]
    assert (row.state, row.told) == ("transcribed", "1 values")
    assert row.settled_by == both.office.people["verifier.1"] and row.returned_by == both.office.people["operator.1"]
    with both.office.look() as session:
        assert open_sheets(session, both.opened) == len(sheets(both, "BLK-0001")) - 1


def test_a_sheet_nothing_was_entered_from_is_not_transcribed(plant: Small) -> None:
    sheet = sheets(plant, printed(plant))[0].code
    back(plant, sheet)
    refusal = plant.refused(blank_acts.confirm_transcription, plant.office.who("verifier"), sheet=sheet)
    assert [one.rule for one in refusal.findings] == ["SHE-04"]


def test_whoever_entered_from_a_sheet_does_not_compare_it(plant: Small) -> None:
    sheet = sheets(plant, printed(plant))[0].code
    plant.office.do(runner.enter_value, plant.office.who("production supervisor"), step=plant.at("weigh"),
                    field="tare", value="50", unit="g", read_at=plant.office.now, paper=sheet)
    back(plant, sheet)
    refusal = plant.refused(blank_acts.confirm_transcription, plant.office.who("production supervisor"), sheet=sheet)
    assert [one.rule for one in refusal.findings] == ["SHE-05"]
    confirm(plant, sheet)


def test_a_sheet_that_is_still_out_is_not_confirmed(plant: Small) -> None:
    sheet = sheets(plant, printed(plant))[0].code
    transcribed(plant, sheet)
    assert "is issued" in plant.refused(blank_acts.confirm_transcription, plant.office.who("verifier"), sheet=sheet).why


def test_an_empty_sheet_is_destroyed_with_a_reason_and_one_with_values_never(plant: Small) -> None:
    first, second, *_ = (row.code for row in sheets(plant, printed(plant)))
    office = plant.office
    plant.refused(blank_acts.destroy_sheet, office.who("qa"), sheet=first)
    office.do(blank_acts.destroy_sheet, office.who("qa", reason="not needed, shredded"), sheet=first)
    assert sheets(plant, "BLK-0001")[0].state == "destroyed"
    transcribed(plant, second)
    refusal = plant.refused(blank_acts.destroy_sheet, office.who("qa", reason="spilled on"), sheet=second)
    assert [one.rule for one in refusal.findings] == ["SHE-06"]


def test_a_lost_sheet_opens_a_deviation_in_the_same_act(plant: Small) -> None:
    sheet = sheets(plant, printed(plant))[0].code
    plant.office.do(blank_acts.report_sheet_lost, plant.office.who("operator", reason="looked in the waste too"),
                    sheet=sheet)
    with plant.office.look() as session:
        found = [one for one in deviations_of(session, plant.opened) if one.on_code == sheet]
    assert len(found) == 1 and found[0].severity == "major" and "looked in the waste too" in found[0].what
    assert sheets(plant, "BLK-0001")[0].state == "lost"


@pytest.mark.parametrize("verb", ["return_sheet", "confirm_transcription", "destroy_sheet", "report_sheet_lost"])
def test_what_is_accounted_for_stays_so(plant: Small, verb: str) -> None:
    sheet = sheets(plant, printed(plant))[0].code
    plant.office.do(blank_acts.destroy_sheet, plant.office.who("qa", reason="not needed"), sheet=sheet)
    who = plant.office.who("production supervisor", reason="again")
    assert "destroyed" in plant.refused(getattr(blank_acts, verb), who, sheet=sheet).why


def test_a_sheet_somebody_changed_meanwhile_is_looked_at_again(plant: Small) -> None:
    sheet = sheets(plant, printed(plant))[0].code
    refusal = plant.refused(blank_acts.return_sheet, plant.office.who("operator"), sheet=sheet, seen="7")
    assert refusal.kind == "stale"


def test_a_sheet_that_was_never_issued_is_refused(plant: Small) -> None:
    with pytest.raises(Refused, match="not a sheet that was issued here"):
        back(plant, "BLK-0001-01")


@pytest.mark.parametrize(("people", "verdicts"), [
    ((), (Verdict.CANNOT_DETERMINE, Verdict.PASS)), (("P-0003",), (Verdict.PASS, Verdict.PASS)),
    (("P-0004",), (Verdict.PASS, Verdict.FAIL)), (("P-0003", "P-0004"), (Verdict.PASS, Verdict.FAIL))])
def test_a_comparison_needs_values_and_another_person(people: tuple[str, ...], verdicts: tuple[Verdict, ...]) -> None:
    facts = Settling("BLK-0001-01", "P-0004", people)
    assert tuple(one.verdict for one in judge(TRANSCRIBED, facts)) == verdicts
    assert judge(DESTROYED, facts)[0].verdict is (Verdict.FAIL if people else Verdict.PASS)


def test_every_state_of_a_sheet_can_be_reached_and_left_to_an_end() -> None:
    reached, left = {SHEET.start}, set(SHEET.states)
    while left & {move.after for move in SHEET.moves if move.before & reached} - reached:
        reached |= {move.after for move in SHEET.moves if move.before & reached}
    assert reached == left
    assert all(any(state in move.before for move in SHEET.moves) for state in SHEET.states - SHEET.final)


# --- the record and the screen ----------------------------------------------------------------------------------


def test_the_batch_record_names_every_sheet_and_says_what_is_still_out(plant: Small) -> None:
    rows = [row.code for row in sheets(plant, printed(plant))]
    transcribed(plant, rows[0])
    back(plant, rows[0])
    confirm(plant, rows[0])
    with plant.office.look() as session:
        facts = batch_record_facts(session, plant.opened, at=plant.office.now)
    told = next(table for one in facts.sections for name, table in one.tables if name == "Sheets of blank records")
    assert [row[0] for row in told.rows] == rows
    assert told.rows[0][3] == "transcribed" and told.rows[1][3] == "issued: NOT ACCOUNTED FOR"
    assert ("Sheets still out", str(len(rows) - 1), "major") in facts.summary
    text = "".join("".join(page.extract_text().split())
                   for page in pypdf.PdfReader(io.BytesIO(batch_record(facts))).pages)
    assert f"frompapersheet{rows[0]}" in text


def test_a_scanned_sheet_leads_to_its_page(plant: Small) -> None:
    sheet = sheets(plant, printed(plant))[0].code
    assert (kind_of(sheet), kind_of("BLK-0001")) == ("paper sheet", "blank record")
    with plant.office.look() as session:
        assert place_of(session, with_check(sheet), typed=True) == f"/sheets/{sheet}"
        assert place_of(session, "BLK-0001", typed=False) == "/blanks/BLK-0001"


def test_sheets_of_a_batch_complete_since_can_still_be_accounted_for(plant: Small) -> None:
    sheet = sheets(plant, printed(plant))[0].code
    plant.through("sum")
    plant.office.later(hours=1)
    plant.office.do(complete_batch, plant.office.who("production supervisor"), batch=plant.opened)
    with pytest.raises(Refused, match="nothing is left to do"):
        printed(plant)
    plant.office.do(blank_acts.destroy_sheet, plant.office.who("qa", reason="nothing was written on it"), sheet=sheet)
    assert plant.office.now - timedelta(hours=2) < plant.office.last_entry().at
