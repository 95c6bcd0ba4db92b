"""What the printed batch record says is what people did: every value, correction, mark, file and signature."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pypdf
import pytest
from PIL import Image
from sqlalchemy import func, select

from bench.big_batch import Crew, big_batch
from mfg.batches import handling, redlining, runner
from mfg.batches.records import Step, StepEntry
from mfg.db import look
from mfg.facts import Refused
from mfg.ledger import Entry, Signature
from mfg.paper.record import batch_record
from mfg.paper.record_shape import FieldLine, RecordFacts, StepPart, Table, content_hash
from mfg.quality.records import deviations_of
from mfg.release.printing import print_batch_record, record_pdf
from mfg.review.record_facts import batch_record_facts
from mfg.review.record_steps import HIDDEN
from mfg.uploads import read_upload
from tests.batches.small import Small, planted_small, small_plant
from tests.conftest import FreshDatabase
from tests.office import Office, user_id
from tests.statements import asked_of

#: what a whole record takes, whatever its size; pages people live on have their own, lower measure
MOST = 75


@pytest.fixture
def plant(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Small]:
    with small_plant(fresh_database("sqlite", planted_small), tmp_path) as made:
        yield made


def facts_of(office: Office, batch: str) -> RecordFacts:
    with office.look() as session:
        return batch_record_facts(session, batch, at=office.now)


def told(plant: Small) -> RecordFacts:
    return facts_of(plant.office, plant.opened)


def step(facts: RecordFacts, code: str) -> StepPart:
    return next(one for one in facts.steps() if one.code.endswith(f"/{code}"))


def line(facts: RecordFacts, code: str, label: str) -> FieldLine:
    return next(one for one in step(facts, code).fields if one.label == label)


def section(facts: RecordFacts, title: str, table: str = "") -> Table:
    return next(found for one in facts.sections if one.title == title for name, found in one.tables if name == table)


def text_of(pdf: bytes) -> str:
    return "".join("".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def photograph(size: tuple[int, int] = (1600, 1200)) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize(size).save(out, "JPEG")
    return out.getvalue()


# --- values -----------------------------------------------------------------------------------------------------


def test_every_value_is_told_with_unit_limits_verdict_and_who_entered_it_when(plant: Small) -> None:
    plant.through("sum")
    facts = told(plant)
    with plant.office.look() as session:
        entries = session.scalars(select(StepEntry).join(Step, Step.code == StepEntry.step).where(
            Step.batch == plant.opened)).all()
    values = [one for part in facts.steps() for one in part.fields if one.value]
    assert len(values) == len(entries) >= 10
    gross = line(facts, "weigh", "Gross weight")
    assert (gross.value, gross.unit, gross.verdict, gross.how) == ("250", "g", "PASS", "typed")
    assert gross.limits == "10 to 1000 g\nalert 20 to 900 g"
    assert gross.entered == f"Operator 1\n{plant.office.now:%Y-%m-%d %H:%M} UTC"
    assert gross.second == f"the same value read again by\nVerifier 1\n{plant.office.now:%Y-%m-%d %H:%M} UTC"
    assert line(facts, "weigh", "Tare").second == ""
    assert line(facts, "weigh", "Net weight").how == "computed"


def test_a_corrected_value_is_told_with_all_it_was_the_oldest_first(plant: Small) -> None:
    plant.type_in("weigh")
    plant.office.later(minutes=2)
    plant.correct("weigh", "tare", "51", reason="read the wrong line")
    plant.office.later(minutes=2)
    plant.correct("weigh", "tare", "52", reason="read again")
    tare = line(told(plant), "weigh", "Tare")
    assert [(one.was, one.reason) for one in tare.corrections] == [("50 g", "read the wrong line"),
                                                                   ("51 g", "read again")]
    assert (tare.value, tare.unit) == ("52", "g")
    assert tare.corrections[0].by == "Operator 1"
    assert tare.corrections[0].at == f"{plant.office.now - timedelta(minutes=2):%Y-%m-%d %H:%M} UTC"
    assert tare.corrections[0].entered == f"Operator 1, {plant.office.now - timedelta(minutes=4):%Y-%m-%d %H:%M} UTC"


def test_a_value_beyond_its_alert_limit_and_one_kept_outside_its_limits_are_marked(plant: Small) -> None:
    plant.enter(plant.at("weigh"), "gross", "950")
    assert line(told(plant), "weigh", "Gross weight").remarks == ("beyond the alert limit",)
    plant.enter(plant.at("weigh"), "tare", "300")
    plant.correct("weigh", "gross", "1001", accept_breach=True)
    gross = line(told(plant), "weigh", "Gross weight")
    assert gross.verdict == "FAIL" and [one.was for one in gross.corrections] == ["950 g"]


def test_a_value_read_earlier_than_it_was_entered_says_both_and_why(plant: Small) -> None:
    plant.office.later(hours=2)
    read = plant.office.now - timedelta(hours=1)
    plant.enter(plant.at("weigh"), "tare", "50", read_at=read, late_reason="gloves were being changed")
    tare = line(told(plant), "weigh", "Tare")
    assert tare.entered.endswith(f"\nread {read:%Y-%m-%d %H:%M} UTC")
    assert tare.remarks == ("LATE ENTRY: gloves were being changed",)


def test_a_value_that_does_not_apply_says_so_with_its_reason(plant: Small) -> None:
    plant.office.do(handling.mark_not_applicable, plant.office.who("operator", reason="nothing to remark"),
                    step=plant.at("weigh"), field="note")
    note = line(told(plant), "weigh", "Note")
    assert note.how == "not applicable" and note.remarks == ("N/A: nothing to remark",)


def test_a_field_left_empty_in_a_step_that_is_done_is_told_and_one_still_to_do_is_not(plant: Small) -> None:
    assert step(told(plant), "weigh").fields == ()
    plant.perform_it("weigh")
    note = line(told(plant), "weigh", "Note")
    assert (note.value, note.remarks) == ("", ("optional",))


def test_what_is_to_be_read_again_blind_is_told_to_nobody_before(plant: Small) -> None:
    plant.type_in("weigh", gross="777.5")
    plant.perform(plant.at("weigh"))
    facts = told(plant)
    for label in ("Gross weight", "Bag", "Medium", "Net weight"):
        assert line(facts, "weigh", label).value == HIDDEN
    assert line(facts, "weigh", "Tare").value == "50"
    paper = text_of(batch_record(facts))
    assert "777.5" not in paper and "727.5" not in paper and "".join(HIDDEN.split()) in paper
    plant.verify(plant.at("weigh"), gross="777.5")
    assert line(told(plant), "weigh", "Gross weight").value == "777.5"


def test_an_exception_about_a_value_still_to_be_read_again_does_not_tell_it(plant: Small) -> None:
    plant.type_in("weigh", gross="955.5", tare="300")
    plant.correct("weigh", "gross", "933.5")
    told_before = [one for one in told(plant).exceptions if one.what.startswith("Gross weight")]
    assert {"933.5 g", "was 955.5"} & {text for one in told_before for text in (one.value, one.limit)}
    plant.perform(plant.at("weigh"))
    facts = told(plant)
    about = [one for one in facts.exceptions if one.what.startswith(("Gross weight", "Net weight"))]
    assert len(about) >= 2 and {(one.value, one.limit) for one in about} == {(HIDDEN, "")}
    paper = text_of(batch_record(facts))
    assert not [number for number in ("955.5", "933.5", "633.5", "655.5") if number in paper]


# --- steps ------------------------------------------------------------------------------------------------------


def test_a_step_says_when_the_work_was_done_when_it_was_entered_and_who_verified_it(plant: Small) -> None:
    plant.type_in("weigh")
    plant.office.later(hours=1)
    done = plant.office.now - timedelta(minutes=40)
    plant.perform(plant.at("weigh"), done_at=done, late_reason="the alarm rang")
    plant.verify(plant.at("weigh"))
    weigh = step(told(plant), "weigh")
    assert weigh.performed == (f"Operator 1, work done {done:%Y-%m-%d %H:%M} UTC, entered "
                               f"{plant.office.now:%Y-%m-%d %H:%M} UTC")
    assert weigh.verified == f"Verifier 1, {plant.office.now:%Y-%m-%d %H:%M} UTC"
    assert "LATE ENTRY: the alarm rang" in weigh.remarks
    assert (weigh.state, weigh.critical, weigh.number) == ("verified", True, "1.1")


def test_steps_skipped_not_needed_and_repeated_are_told_as_such(plant: Small) -> None:
    plant.through("rest")
    plant.perform_it("count", cells="50")
    plant.verify(plant.at("count"), cells="50")
    plant.office.do(runner.repeat_step, plant.office.who("operator"), step=plant.at("count"))
    facts = told(plant)
    assert step(facts, "rest").state == "skipped"
    assert any(one.startswith("SKIPPED by Operator 1") and one.endswith("no time to lose")
               for one in step(facts, "rest").remarks)
    assert step(facts, "filter").state == "not needed"
    assert [one.title for one in facts.steps() if "Count" in one.title] == ["Count, time 1", "Count, time 2"]
    assert step(facts, "count~2").fields == () and step(facts, "count~2").state == "todo"


def test_a_redline_is_told_at_its_step_with_who_asked_and_who_approved(plant: Small) -> None:
    code = plant.office.do(redlining.propose_redline, plant.office.who("production supervisor", reason="old balance"),
                           step=plant.at("weigh"), kind="instruction", instruction="Weigh it on balance 2.")
    assert step(told(plant), "weigh").redlines[0].state == "instruction, proposed"
    plant.office.do(redlining.approve_redline, plant.office.who("qa"), redline=code)
    facts = told(plant)
    line_, = step(facts, "weigh").redlines
    assert (line_.was, line_.now, line_.reason) == ("Weigh the bag with its contents.", "Weigh it on balance 2.",
                                                    "old balance")
    assert line_.by.startswith("Production supervisor 1") and line_.approved.startswith("Qa 1")
    assert step(facts, "weigh").instruction == "Weigh it on balance 2."
    assert "redline" in [one.kind for one in facts.exceptions]


def test_a_photograph_is_told_with_its_hash_and_drawn_small(plant: Small) -> None:
    content = photograph()
    upload = read_upload("bag.jpg", content)
    plant.office.do(handling.attach_file, plant.office.who("operator"), step=plant.at("weigh"), file=upload,
                    caption="the bag")
    plant.office.do(handling.attach_file, plant.office.who("operator"), step=plant.at("weigh"),
                    file=read_upload("log.txt", b"12:00 12.5 g\n"), caption="")
    facts = told(plant)
    photo, log = step(facts, "weigh").attachments
    assert (photo.name, photo.kind, photo.sha256) == ("bag.jpg: the bag", "image/jpeg", upload.code)
    assert photo.size == f"{len(content)} bytes" and log.picture is None
    assert photo.picture is not None
    with Image.open(io.BytesIO(photo.picture)) as small:
        assert max(small.size) == 480
    pdf = batch_record(facts)
    assert upload.code in text_of(pdf)
    assert sum(len(page.images) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages) == 1


# --- the whole --------------------------------------------------------------------------------------------------


def test_exceptions_stand_first_in_the_order_of_their_severity_and_lead_to_their_step(plant: Small) -> None:
    plant.enter(plant.at("weigh"), "gross", "1001", accept_breach=True, breach_reason="two people read it")
    facts = told(plant)
    order = [("critical", "major", "minor").index(one.severity) for one in facts.exceptions]
    assert order == sorted(order) and order
    breach = next(one for one in facts.exceptions if one.kind == "limit breach")
    assert breach.where == plant.at("weigh") and breach.who == "Operator 1"
    assert dict((label, figure) for label, figure, _ in facts.summary)["Open deviations"] == "1"
    with plant.office.look() as session:
        deviation, = deviations_of(session, plant.opened)
    assert deviation.code in [row[0] for row in section(facts, "Deviations").rows]


def test_every_signature_of_the_batch_is_told_and_one_voided_by_a_correction_says_so(plant: Small) -> None:
    plant.through("look")
    assert not [one for one in told(plant).signatures if one.void]
    plant.correct("look", "clear", "no", reason="seen again")
    facts = told(plant)
    with plant.office.look() as session:
        codes = select(Entry.on_code).where(Entry.within == plant.opened)
        expected = session.scalar(select(func.count()).select_from(Signature).where(Signature.on_code.in_(codes)))
    assert len(facts.signatures) == expected
    void = [(one.on, one.meaning) for one in facts.signatures if one.void]
    assert (plant.at("look"), "Performed") in void and (plant.at("look"), "Verified") in void
    assert not [on for on, _ in void if on == plant.at("weigh")]
    assert ("Void signatures", str(len(void)), "major") in facts.summary


def test_the_audit_extract_is_every_ledger_entry_of_the_batch_refused_ones_too(plant: Small) -> None:
    plant.through("weigh")
    plant.enter_refused("look", "clear", "perhaps")
    facts = told(plant)
    with plant.office.look() as session:
        rows = session.execute(select(Entry.seq, Entry.verb, Entry.on_code, Entry.outcome).where(
            Entry.within == plant.opened).order_by(Entry.seq)).all()
    assert [(row[0], row[3], row[4]) for row in facts.ledger.rows] == [
        (str(seq), verb, on) for seq, verb, on, _ in rows]
    refused = [row for row in facts.ledger.rows if row[5].startswith("refused: ")]
    assert len(refused) == sum(one.outcome == "refused" for one in rows) == 1
    done = len(rows) - 1
    assert facts.version == f"version {done}, up to ledger entry {rows[-1].seq}"


def test_the_same_records_give_the_same_hash_and_any_act_in_the_batch_another(plant: Small) -> None:
    plant.through("weigh")
    once = content_hash(told(plant))
    plant.office.later(days=1)
    assert content_hash(told(plant)) == once
    plant.enter(plant.at("look"), "clear", "yes")
    assert content_hash(told(plant)) != once


def test_lots_scanned_are_told_with_supplier_lot_and_expiry(plant: Small) -> None:
    plant.through("weigh")
    rows = section(told(plant), "Materials").rows
    assert [(row[0], row[5]) for row in rows] == [(plant.lots["medium"], plant.at("weigh"))]
    assert "lot X" in rows[0][2] and rows[0][4].endswith("UTC")


def test_printing_the_record_is_itself_in_the_record(plant: Small) -> None:
    code = plant.office.do(print_batch_record, plant.office.who("qa"), batch=plant.opened)
    facts = told(plant)
    assert [row[:3] for row in section(facts, "Labels and papers", "Papers").rows] == [
        (code, "batch record", plant.opened)]
    assert facts.ledger.rows[-1][3] == "print record"


def test_a_batch_that_is_not_there_is_refused(plant: Small) -> None:
    with pytest.raises(Refused, match="no batch"):
        facts_of(plant.office, "NK-26-999")


def test_a_batch_nobody_has_begun_is_a_record_too(plant: Small) -> None:
    pdf = batch_record(told(plant))
    assert "Batchopen" in text_of(pdf) and "Nothingisrecordedforthisstep." in text_of(pdf)


# --- size -------------------------------------------------------------------------------------------------------


def statements(office: Office, batch: str) -> list[str]:
    """What the whole record asks the database."""
    with asked_of(office.engine) as said, look(office.engine) as session:
        batch_record_facts(session, batch, at=office.now)
    return said


def test_a_record_of_600_values_takes_no_statement_more_than_one_of_ten(sqlite_office: Office, plant: Small) -> None:
    plant.through("sum")
    few = statements(plant.office, plant.opened)
    people = sqlite_office.people
    crew = Crew(people[user_id("production supervisor")], people[user_id("operator")], people[user_id("verifier")])
    batch = big_batch(sqlite_office.engine, crew)
    with sqlite_office.look() as session:
        assert (session.scalar(select(func.count()).select_from(StepEntry)) or 0) >= 590
    many = statements(sqlite_office, batch)
    assert len(many) <= len(few) <= MOST, "\n".join(many)


def test_the_record_of_600_values_is_printed_whole(sqlite_office: Office) -> None:
    people = sqlite_office.people
    crew = Crew(people[user_id("production supervisor")], people[user_id("operator")], people[user_id("verifier")])
    batch = big_batch(sqlite_office.engine, crew)
    with sqlite_office.look() as session:
        reader = pypdf.PdfReader(io.BytesIO(record_pdf(session, batch)))
    pages = ["".join(page.extract_text().split()) for page in reader.pages]
    assert sum(page.count("50mL0to100mLPASS") for page in pages) == 600
    assert all(f"page{number}of{len(pages)}" in page for number, page in enumerate(pages, 1))
