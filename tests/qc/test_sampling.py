"""The samples of a plan from the step they are drawn at to their disposal, in a batch that follows a plan."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mfg.batches import acts as batches
from mfg.batches import runner
from mfg.batches.scans import as_scanned
from mfg.codes.own import with_check
from mfg.facts import Refused, Verdict, verdict_of
from mfg.qc import acts as qc
from mfg.qc import sampling_acts as acts
from mfg.qc import sampling_pages as pages
from mfg.qc.completing import complete_batch
from mfg.qc.sampling_api import expected, retains
from mfg.quality.records import deviations_of
from tests.qc.sampled import BEGUN, Lab


@pytest.fixture
def lab(fresh_database: Any, tmp_path: Path) -> Iterator[Lab]:
    """A batch done up to its in-process safety sample; the plan wants one there."""
    with BEGUN.standing(fresh_database("sqlite", BEGUN.prepare), tmp_path) as told:
        yield told


def drawn(lab: Lab) -> str:
    return lab.take("safety", lab.plant.container(lab.batch, "vessel"), "safety_sample")


def rules(refused: Refused) -> set[str]:
    return {one.rule for one in refused.findings}


def test_a_step_is_not_signed_while_a_sample_of_the_plan_is_neither_taken_nor_explained(lab: Lab) -> None:
    step = f"{lab.batch}/safety_sample"
    lab.plant.fill_in(step)
    caught = lab.refused(runner.perform_step, "operator", step=step, done_at=lab.office.now)
    assert rules(caught) == {"SMP-02"} and "In-process safety" in caught.why
    drawn(lab)
    assert lab.plant.perform(step) == step


def test_an_explained_sample_opens_a_deviation_and_lets_the_step_be_signed(lab: Lab) -> None:
    step = f"{lab.batch}/safety_sample"
    lab.plant.fill_in(step)
    told = {"step": step, "plan": "safety"}
    assert lab.refused(acts.explain_missing_sample, "operator", reason="the port leaked", **told).kind == "not allowed"
    assert lab.refused(acts.explain_missing_sample, "qa", **told).kind == "input"
    lab.office.do(acts.explain_missing_sample, lab.office.who("production supervisor", reason="the port leaked"),
                  **told)
    with lab.office.look() as session:
        (found,) = deviations_of(session, lab.batch)
        assert (found.kind, found.severity, found.on_code) == ("missing observation", "major", step)
        assert "the port leaked" in found.what
    lab.plant.perform(step)
    caught = lab.refused(acts.explain_missing_sample, "qa", reason="again", **told)
    assert rules(caught) == {"SMP-03"}


@pytest.mark.parametrize(("change", "said"), [
    ({"container": "collection bag"}, "is drawn from a vessel"),
    ({"planned": "/safety_sample/release"}, "is no sample of the plan"),
    ({"planned": "/nothing/safety"}, "There is no step"),
    ({"planned": "/qc_sample/reserve"}, "not performed yet"),
])
def test_a_sample_of_the_plan_is_the_one_it_wants(lab: Lab, change: dict[str, str], said: str) -> None:
    container = lab.plant.container(lab.batch, change.get("container", "vessel"))
    caught = lab.refused(qc.take_sample, "operator", container=as_scanned(container), purpose="x",
                         planned=lab.batch + change.get("planned", "/safety_sample/safety"))
    assert said in caught.why


def test_a_sample_of_the_plan_is_drawn_once_unless_the_laboratory_refused_it(lab: Lab) -> None:
    first = drawn(lab)
    vessel, planned = lab.plant.container(lab.batch, "vessel"), f"{lab.batch}/safety_sample/safety"
    caught = lab.refused(qc.take_sample, "operator", container=as_scanned(vessel), purpose="x", planned=planned)
    assert rules(caught) == {"SMP-04"} and first in caught.why
    lab.event(acts.refuse_sample, first, reason="the tube is broken", place="hatch 2")
    assert lab.state(first) == "refused"
    second = drawn(lab)
    assert second != first and lab.state(second) == "taken"
    caught = lab.refused(qc.record_result, "qc analyst", sample=first, test="mycoplasma", value="not detected")
    assert rules(caught) == {"SMP-09"}


def test_no_result_before_receipt(lab: Lab) -> None:
    sample = drawn(lab)
    caught = lab.refused(qc.record_result, "qc analyst", sample=sample, test="mycoplasma", value="not detected")
    assert rules(caught) == {"SMP-09"} and "receives it first" in caught.why
    lab.receive(sample, celsius="5")
    lab.report(sample, "mycoplasma")
    assert lab.state(sample) == "in testing"
    lab.report(sample, "sterility_ip", review=False)
    assert lab.state(sample) == "in testing"


def test_a_sample_in_order_is_received_by_its_label_and_opens_nothing(lab: Lab) -> None:
    sample = drawn(lab)
    lab.event(acts.send_sample, sample, "operator", place="lift to the laboratory")
    assert lab.state(sample) == "in transit"
    lab.receive(sample, after=120, celsius="2")
    held = lab.held(sample)
    assert held.state == "received" and held.received is not None
    assert [(one.kind, one.how) for one in held.events] == [("sent", ""), ("received", "scanned")]
    with lab.office.look() as session:
        assert deviations_of(session, lab.batch) == []


def test_a_typed_label_carries_its_check_and_is_told_as_typed(lab: Lab) -> None:
    sample = drawn(lab)
    caught = lab.refused(acts.receive_sample, "qc analyst", sample=sample, label=sample, place="hatch",
                         condition="intact", seal="intact")
    assert "check character" in caught.why
    lab.receive(sample, celsius="5", label=with_check(sample))
    received = lab.held(sample).received
    assert received is not None and received.how == "typed"


@pytest.mark.parametrize(("late", "celsius", "condition", "seal", "said"), [
    (121, "5", "intact", "intact", "121 min after"), (30, "8.1", "intact", "intact", "8.1 °C"),
    (30, "1.9", "intact", "intact", "1.9 °C"), (30, "5", "leaking", "intact", "leaking"),
    (30, "5", "intact", "broken", "seal broken"),
])
def test_late_warm_or_damaged_it_is_kept_and_its_deviation_opens_in_the_same_act(
        lab: Lab, late: int, celsius: str, condition: str, seal: str, said: str) -> None:
    sample = drawn(lab)
    lab.receive(sample, after=late, celsius=celsius, condition=condition, seal=seal)
    with lab.office.look() as session:
        (found,) = deviations_of(session, lab.batch)
        assert (found.on_code, found.severity, found.by_system) == (sample, "major", True) and said in found.what
    assert lab.state(sample) == "received"


def test_an_unknown_temperature_is_refused_where_the_plan_has_limits(lab: Lab) -> None:
    sample = drawn(lab)
    caught = lab.refused(acts.receive_sample, "qc analyst", sample=sample, label=as_scanned(sample), place="hatch",
                         condition="intact", seal="intact")
    assert [(one.rule, one.verdict) for one in caught.findings] == [("SMP-07", Verdict.CANNOT_DETERMINE)]


def test_the_label_of_another_sample_is_a_hard_stop(lab: Lab) -> None:
    sample, other = drawn(lab), lab.take("x", lab.plant.container(lab.batch, "vessel"))
    caught = lab.refused(acts.receive_sample, "qc analyst", sample=sample, label=as_scanned(other), place="hatch",
                         condition="intact", seal="intact")
    assert caught.kind == "stop" and other in caught.why and sample in caught.why
    assert lab.refused(acts.receive_sample, "qc analyst", sample=sample, label=as_scanned(lab.batch), place="hatch",
                       condition="intact", seal="intact").kind == "input"


def test_nothing_is_received_twice_before_it_was_drawn_or_by_who_saw_something_else(lab: Lab) -> None:
    sample = drawn(lab)
    earlier = {"sample": sample, "label": as_scanned(sample), "place": "h", "condition": "intact", "seal": "none"}
    caught = lab.refused(acts.receive_sample, "qc analyst", at=lab.office.now.replace(hour=0), **earlier)
    assert rules(caught) == {"SMP-05", "SMP-17"}
    assert lab.refused(acts.receive_sample, "qc analyst", seen="9.0.0", **earlier).kind == "stale"
    lab.receive(sample, celsius="5")
    assert "not possible" in lab.refused(acts.receive_sample, "qc analyst", **earlier).why


def test_what_the_laboratory_waits_for_is_listed_with_the_time_left(lab: Lab) -> None:
    sample = drawn(lab)
    with lab.office.look() as session:
        assert [one.row.code for one in expected(session)] == [sample]
        assert pages.list_expected(session)["rows"][0][1] == {"verdict": "TODO", "text": "120 min left"}
    lab.office.later(minutes=100)
    with lab.office.look() as session:
        assert pages.list_expected(session)["rows"][0][1] == {"verdict": "CANNOT DETERMINE", "text": "20 min left"}
    lab.office.later(minutes=45)
    with lab.office.look() as session:
        assert pages.list_expected(session)["rows"][0][1] == {"verdict": "FAIL", "text": "overdue by 25 min"}
    lab.receive(sample, celsius="5")
    with lab.office.look() as session:
        assert expected(session) == []


def test_a_sample_is_disposed_of_when_it_is_needed_no_more_and_another_person_sees_it(lab: Lab) -> None:
    sample = drawn(lab)
    lab.receive(sample, celsius="5")
    told = {"sample": sample, "label": as_scanned(sample), "place": "autoclave 1"}
    lab.report(sample, "mycoplasma")
    assert "not possible" in lab.refused(acts.dispose_sample, "qc analyst", reason="reported", **told).why
    lab.report(sample, "sterility_ip")
    assert lab.state(sample) == "reported"
    lab.office.do(acts.dispose_sample, lab.office.who("qc analyst", reason="reported"), **told)
    assert lab.state(sample) == "to be witnessed"
    assert lab.refused(acts.witness_disposal, "qc analyst", sample=sample).kind == "not allowed"
    lab.event(acts.witness_disposal, sample, number=2)
    assert lab.state(sample) == "disposed"
    caught = lab.refused(qc.record_result, "qc analyst", sample=sample, test="identity", value="matches the donor")
    assert rules(caught) == {"SMP-10"}


def test_a_plan_that_asks_for_what_the_specification_does_not_have_opens_no_batch(lab: Lab) -> None:
    from mfg.recipes.acts import draft_master_record
    from tests.qc.sampled import RECORD

    lab.plant.document(draft_master_record, "master record", RECORD.replace("mycoplasma]", "pyrogens]"))
    recipient = lab.plant.recipient()
    collection = lab.plant.collection(recipient, 1)
    caught = lab.refused(batches.open_batch, "production supervisor", recipient=recipient, collection=collection,
                         master_record=lab.plant.record.key, specification="NK-RELEASE")
    assert rules(caught) == {"SMP-01"} and "pyrogens" in caught.why and "Mycoplasma" in caught.why


def test_one_dose_with_every_sample_in_order_leaves_and_the_batch_is_completed(lab: Lab) -> None:
    """The whole plan: release needs each sample, completion needs each answer, the retain is kept."""
    office = lab.office
    lab.answer("safety_sample")
    lab.plant.do(f"{lab.batch}/safety_sample")
    lab.go_on_to_qc()
    lab.weigh()
    lab.fill()
    assert _said(lab) == "CANNOT DETERMINE"
    release, reserve = (lab.take(id, lab.bag(), "qc_sample") for id in ("release", "reserve"))
    lab.plant.do(f"{lab.batch}/qc_sample")
    lab.receive(release, after=10)
    assert "SMP-12" in rules(lab.refused(complete_batch, "production supervisor", batch=lab.batch))
    lab.receive(reserve, after=5, celsius=None)
    tests = ("appearance", "viability", "viable_count", "nk_percent", "cd3_percent", "loaded", "endotoxin", "gram")
    lab.report(release, *tests)
    assert _said(lab) == "CANNOT DETERMINE"
    lab.read(release, "no growth")
    assert _said(lab) == "PASS"
    lab.label()
    lab.review()
    assert {one.rule for one in lab.judged().conditional if one.verdict is not Verdict.PASS} == set()
    lab.dispose()
    assert verdict_of(lab.judged().for_condition) is Verdict.PASS
    lab.release_on_condition()
    assert "SMP-12" in rules(lab.refused(complete_batch, "production supervisor", batch=lab.batch))
    stored = {"sample": reserve, "label": as_scanned(reserve), "place": "freezer 3, box 7"}
    caught = lab.refused(acts.store_retain, "qc analyst", keep="room", **stored)
    assert rules(caught) == {"SMP-14"}
    lab.event(acts.store_retain, reserve, label=as_scanned(reserve), place="freezer 3, box 7", keep="frozen")
    with pytest.raises(TypeError, match="asks"):  # nobody completes a batch without asking the laboratory
        office.do(batches.complete_batch, office.who("production supervisor"), batch=lab.batch)
    office.do(complete_batch, office.who("production supervisor"), batch=lab.batch)
    _kept(lab, reserve)


def _said(lab: Lab) -> str:
    return next(one.verdict.value for one in lab.judged().conditional if one.rule == "SMP-15")


def _kept(lab: Lab, reserve: str) -> None:
    told = {"sample": reserve, "label": as_scanned(reserve), "place": "autoclave 1"}
    with lab.office.look() as session:
        assert [one.row.code for one in retains(session)] == [reserve]
        assert pages.list_retains(session)["rows"][0][1]["verdict"] == "PASS"
    lab.event(acts.inspect_retain, reserve, place="freezer 3, box 7", note="intact, frozen")
    assert rules(lab.refused(acts.dispose_sample, "qc analyst", reason="space", **told)) == {"SMP-11"}
    lab.office.later(days=366)
    with lab.office.look() as session:
        assert "due for disposal" in pages.list_retains(session)["rows"][0][1]["text"]
    lab.event(acts.remove_retain, reserve, reason="its time is over", label=as_scanned(reserve), place="bench 1")
    lab.office.do(acts.dispose_sample, lab.office.who("qc analyst", reason="its time is over"), **told)
    lab.event(acts.witness_disposal, reserve, "qa")
    with lab.office.look() as session:
        assert retains(session) == [] and pages.show_plan(session, batch=lab.batch)["verdict"] == "PASS"
