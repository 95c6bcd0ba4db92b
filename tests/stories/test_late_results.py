"""What is found too late: growth after dose 1, a release taken back and recalled, one exceptional release."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from mfg.batches.records import Dose, bags_of
from mfg.batches.records import dose as dose_of
from mfg.batches.rules import BATCH
from mfg.batches.scans import as_scanned
from mfg.batches.stops import DoseStop, standing_stops
from mfg.custody import acts as custody
from mfg.custody import recall_acts, recall_pages, shipment_acts
from mfg.custody.api import VIEWS as CUSTODY_VIEWS
from mfg.custody.holders import holders
from mfg.custody.recall_records import recalled_in
from mfg.facts import Refused
from mfg.notices import acts as notices
from mfg.notices import api as notice_api
from mfg.notices import pages as notice_pages
from mfg.notices.records import Notice, notices_within
from mfg.qc import late_acts, late_api
from mfg.qc import late_pages as late_pages_qc
from mfg.qc import pages as qc_pages
from mfg.qc.acts import take_sample
from mfg.qc.oos_records import Oos
from mfg.qc.records import Sample
from mfg.quality import acts as quality
from mfg.quality import investigation_acts
from mfg.quality.records import Deviation
from mfg.release import acts as release
from mfg.release import closing, exceptional_acts, exceptional_api, exceptional_pages, late_pages, revoking
from mfg.release import pages as release_pages
from mfg.release.paper_facts import certificate_facts
from mfg.release.records import decisions_of
from tests.qc.investigated import Case
from tests.quality import walked
from tests.release.story import READY, Story, a_story, filled

READ = {"celsius": Decimal("5.0"), "seal": "S-1", "good": True, "ordered": "2-8 °C", "place_from": "Cell processing",
        "place_to": "Ward 3"}


@dataclass
class Late:
    """A story in which dose 1 is out on condition, held by the ward, and dose 2 is filled."""

    story: Story
    second: str

    def bag(self, dose: str) -> str:
        with self.story.office.look() as session:
            return bags_of(session, dose_of(session, dose))[0].container

    def state(self, dose: str) -> str:
        with self.story.office.look() as session:
            return dose_of(session, dose).state

    def give(self, dose: str, **change: Any) -> str:
        return self.story.office.do(custody.hand_over, self.story.office.who("operator"),
                                    things=[as_scanned(self.bag(dose))], **READ | change)

    def take(self, code: str, dose: str, role: str = "clinical coordinator", **change: Any) -> str:
        told = {name: READ[name] for name in ("celsius", "seal", "good")}
        return self.story.office.do(custody.accept_hand_over, self.story.office.who(role), hand_over=code,
                                    things=[as_scanned(self.bag(dose))], **told | change)

    def rows(self, kind: Any) -> list[Any]:
        with self.story.office.look() as session:
            return list(session.scalars(select(kind).order_by(kind.code)))


def refused(what: Callable[[], Any]) -> Refused:
    with pytest.raises(Refused) as caught:
        what()
    return caught.value


@pytest.fixture
def late(fresh_database: Any, tmp_path: Path) -> Iterator[Late]:
    with a_story(READY, fresh_database("sqlite", READY.prepare), tmp_path) as story:
        story.dispose()
        story.release_on_condition()
        second = story.plant.plan(story.batch, 2)
        story.plant.fill(second)
        yield Late(story, second)


def sterility_sample(late: Late) -> str:
    with late.story.office.look() as session:
        return str(session.scalars(select(Sample.code).where(Sample.dose == late.story.dose)).one())


def test_growth_after_dose_1_stops_doses_2_and_3_at_every_door(late: Late) -> None:
    story, office = late.story, late.story.office
    story.plant.check(late.second, late.bag(late.second))
    late.take(late.give(story.dose), story.dose)
    waiting = late.give(late.second)  # the sibling is on its way to the ward when growth is read
    office.later(days=2)
    sample = sterility_sample(late)
    story.read(sample, "growth suspect", day=2)
    # in the same act: dose 1 failed, everything stopped, four roles told with the place of every bag
    assert late.state(story.dose) == "released then failed" and office.last_entry().verb == "read sterility"
    (stop,) = late.rows(DoseStop)
    assert (stop.dose, stop.cause) == (None, sample)
    sent = late.rows(Notice)
    assert {one.to_role for one in sent} == {"principal investigator", "qa", "medical director", "qualified person"}
    assert all(one.acknowledge_by == office.now + timedelta(hours=2) and "in Ward 3" in one.what for one in sent)
    # the sibling: not taken over, not handed over, not packed, not cleared; dose 3, planned later, neither
    coordinator = refused(lambda: late.take(waiting, late.second))
    assert [one.rule for one in coordinator.findings] == ["CUS-07"]
    office.do(custody.refuse_hand_over, office.who("clinical coordinator", reason="growth"), hand_over=waiting)
    assert [one.rule for one in refused(lambda: late.give(late.second)).findings] == ["CUS-07"]
    packed = refused(lambda: office.do(
        shipment_acts.pack_shipment, office.who("operator"), things=[as_scanned(late.bag(late.second))],
        shipper="BOX-7", ordered="2-8 °C", interval_min=Decimal(10), logger="L-1", place_from="A", place_to="B"))
    assert "STOP-01" in {one.rule for one in packed.findings}
    third = story.plant.plan(story.batch, 3)
    with office.look() as session:
        assert [one.code for one in standing_stops(session, dose_of(session, third))] == [stop.code]
    sibling = Story(office, story.plant, story.recipient, story.batch, late.second)
    assert {"REL-14", "STOP-01", "REL-07"} <= {one.rule for one in refused(sibling.dispose).findings}
    assert "not possible" in refused(sibling.release_on_condition).why
    assert late.state(late.second) == "checked"
    # back to quality assurance it may go, and who else may take it
    back = late.give(late.second, back="yes", place_to="Quarantine")
    assert refused(lambda: late.take(back, late.second)).findings[0].rule == "CUS-07"
    late.take(back, late.second, "qa")


def test_a_notice_nobody_acknowledges_goes_to_the_next_role_and_late_stays_late(late: Late) -> None:
    story, office = late.story, late.story.office
    office.later(days=2)
    story.read(sterility_sample(late), "growth confirmed", day=2)
    first = next(one for one in late.rows(Notice) if one.to_role == "principal investigator")
    assert "holds the role" in refused(lambda: office.do(
        notices.acknowledge, office.who("operator"), notice=first.code)).findings[0].title
    quick = next(one for one in late.rows(Notice) if one.to_role == "qa")
    office.do(notices.acknowledge, office.who("qa"), notice=quick.code)
    assert "already" in refused(lambda: office.do(notices.acknowledge, office.who("qa", 2), notice=quick.code)).why
    assert notices.pass_overdue_on(office.engine, office.now) == ()
    office.later(hours=2, minutes=1)
    late_ones = notices.pass_overdue_on(office.engine, office.now, sealer=office.sealer, fin="A9999")
    assert first.code in late_ones and quick.code not in late_ones and len(late_ones) == 3
    assert notices.pass_overdue_on(office.engine, office.now) == (), "once each"
    passed_on = next(one for one in late.rows(Notice) if one.follows == first.code)
    assert passed_on.to_role == "medical director" and office.last_entry().person == "SYSTEM"
    office.do(notices.log_call, office.who("qa"), notice=first.code, told="principal investigator", means="telephone",
              words="Told of the growth; comes to the ward.")
    office.do(notices.acknowledge, office.who("principal investigator"), notice=first.code)
    with office.look() as session:
        page = notice_pages.list_notices(session, roles=["qualified person"])
        assert page["rows"][0][2]["tag"] == "yours" and page["rows"][0][1]["verdict"] == "FAIL"
        assert "overdue" in page["rows"][0][1]["text"]
        shown = notice_pages.show_notice(session, notice=first.code)
        assert shown["state"] == "acknowledged late" and shown["verdict"] == "FAIL"
        assert len(shown["sections"][0]["rows"]) == 1 and notice_pages.list_calls(session)["rows"]
        assert notice_pages.show_call(session, call="CALL-0001")["pairs"]
        assert all(view.read(session, **{"notice": first.code} if "<notice>" in view.path else
                             {"call": "CALL-0001"} if "<call>" in view.path else {}) for view in notice_api.VIEWS)


def test_a_positive_is_set_aside_only_for_a_proven_fault_once_and_unfails_nothing(late: Late) -> None:
    story, office = late.story, late.story.office
    sample = sterility_sample(late)
    office.later(days=2)
    story.read(sample, "growth suspect", day=2)
    (deviation,) = late.rows(Deviation)
    aside = {"sample": sample, "ground": "negative control", "evidence": "The control of media lot M-7 grew too."}
    qa = office.who("qa", 2, reason="The control of the same day grew.")
    assert "STE-06" in {one.rule for one in refused(
        lambda: office.do(late_acts.invalidate_sterility, qa, **aside)).findings}
    walked.classified(office, deviation.code)
    office.do(investigation_acts.investigate_deviation, office.who("qc reviewer"), deviation=deviation.code,
              **walked.FOUND)
    office.do(late_acts.invalidate_sterility, qa, **aside)
    assert "invalid" in refused(lambda: office.do(late_acts.invalidate_sterility, qa, **aside)).why
    with pytest.raises(Refused):
        story.read(sample, "no growth", day=2)
    assert late.state(story.dose) == "released then failed", "the dose is not un-failed by it"
    lift = office.who("qa", 2, reason="The growth was a fault of the test.")
    held = refused(lambda: office.do(late_acts.lift_stop, lift, stop="STP-0001"))
    assert deviation.code in held.why
    with office.look() as session:
        judged_page = qc_pages.show_sample(session, sample=sample)
        assert any("set aside" in str(row[0]) for section in judged_page["sections"] for row in section["rows"])
        assert late_pages_of_qc(session) and late_pages.list_conditional(session)["rows"][0][1]["verdict"] == "FAIL"
    office.do(quality.submit_deviation, office.who("qc reviewer"), deviation=deviation.code)
    office.do(quality.close_deviation, office.who("qa"), deviation=deviation.code, conclusion=walked.CONCLUSION,
              no_capa_why="The media lot is used up.")
    office.do(late_acts.lift_stop, lift, stop="STP-0001")
    assert late.rows(DoseStop)[0].lifted_at is not None
    # the one repeat: clean reads count again, growth in it stands
    repeat = office.do(take_sample, office.who("qc analyst"), container=as_scanned(late.bag(late.second)),
                       purpose="repeat of sterility")
    assert repeat != sample


def late_pages_of_qc(session: Any) -> bool:
    rows = late_pages_qc.list_sterility(session)["rows"]
    stop = late_pages_qc.show_stop(session, stop="STP-0001")
    views = [view.read(session, **{"stop": "STP-0001"} if "<stop>" in view.path else {})
             for view in late_api.LATE_VIEWS]
    return bool(rows) and stop["verdict"] == "FAIL" and bool(late_pages_qc.list_stops(session)["rows"]) and all(views)


def test_a_read_nobody_makes_is_told_and_the_batch_is_not_closed(late: Late) -> None:
    story, office = late.story, late.story.office
    office.later(days=3, minutes=1)
    assert late_acts.note_missing_reads(office.engine, office.now) == (sterility_sample(late),)
    assert late_acts.note_missing_reads(office.engine, office.now) == (), "once for each day"
    (missed,) = late.rows(Notice)
    assert missed.to_role == "qc analyst" and "not read on day 1, 2" in missed.what
    office.later(days=13, minutes=1)
    late_acts.note_missing_reads(office.engine, office.now, sealer=office.sealer, fin="A9999")
    assert {one.to_role for one in late.rows(Notice)} == {"qc analyst", "qc reviewer", "qa"}
    with office.look() as session:
        found = {one.rule: one.verdict.value for one in closing.findings(session, story.batch, office.now)}
        assert (found["STE-01"], found["STE-03"], found["CLS-01"], found["CLS-02"]) == (
            "FAIL", "CANNOT DETERMINE", "FAIL", "FAIL")
        assert late_pages.show_closing(session, batch=story.batch)["actions"] == []
    assert BATCH.after("close batch", "complete") == "closed"
    assert "not possible" in refused(lambda: office.do(closing.close_batch, office.who("qa"), batch=story.batch)).why


def test_a_release_is_taken_back_and_recalled_to_zero(late: Late) -> None:
    story, office = late.story, late.story.office
    late.take(late.give(story.dose), story.dose)
    office.later(minutes=5)
    office.do(revoking.revoke_release, office.who("qualified person", reason="The label names the wrong ward."),
              dose=story.dose)
    assert late.state(story.dose) == "revoked"
    assert refused(lambda: late.give(story.dose)).findings[0].rule == "CUS-07"
    with office.look() as session:
        assert decisions_of(session, story.dose)[-1].kind == "revoked"
        assert certificate_facts(session, story.dose, at=office.now)["decision"]["word"] == "RELEASE REVOKED"
        assert release_pages.show_decide(session, dose=story.dose)["verdict"] == "FAIL"
        (held,) = holders(session, [session.get_one(Dose, story.dose)])
        assert (held.holder, held.known) == (office.people["clinical.coordinator.1"], True)
    recall = office.do(recall_acts.recall_dose, office.who("qa", reason="The label names the wrong ward."),
                       dose=story.dose)
    assert "RCL-01" in {one.rule for one in refused(lambda: office.do(
        recall_acts.recall_dose, office.who("qa", reason="Again."), dose=story.dose)).findings}
    bag = f"{recall}-01"
    told = {"recalled": bag, "words": "It is not in the fridge."}
    assert refused(lambda: office.do(recall_acts.answer_recall, office.who("warehouse"), answer="destroyed",
                                     **told)).findings[0].rule == "RCL-02"
    office.do(recall_acts.answer_recall, office.who("clinical coordinator"), answer="cannot be found", **told)
    lost = late.rows(Deviation)[-1]
    assert (lost.severity, lost.on_code) == ("critical", late.bag(story.dose))
    assert "is not closed" in refused(lambda: office.do(recall_acts.close_recall, office.who("qa"), recall=recall)).why
    office.do(recall_acts.answer_recall, office.who("clinical coordinator"), recalled=bag, answer="destroyed",
              words="It was found behind the shelf and autoclaved; the nurse in charge saw it.")
    office.do(recall_acts.close_recall, office.who("qa"), recall=recall)
    with office.look() as session:
        assert [one.answer for one in recalled_in(session, recall)] == ["destroyed"]
        assert recall_pages.show_recall(session, recall=recall)["verdict"] == "PASS"
        assert recall_pages.show_recalled(session, recalled=bag)["actions"] == []
        assert recall_pages.show_holders(session, dose=story.dose)["rows"]
        assert recall_pages.list_recalls(session)["rows"][0][1]["text"] == "closed"
        assert recall_pages.show_list(session, batch=story.batch)["sections"][1]["rows"]
        assert recall_pages.recall_list_pdf(session, story.batch, office.now).startswith(b"%PDF")
        codes = {"recall": recall, "recalled": bag, "dose": story.dose, "batch": story.batch}
        for view in CUSTODY_VIEWS:
            names = {name: code for name, code in codes.items() if f"<{name}>" in view.path}
            if "recall" in view.path or "holders" in view.path:
                assert view.read(session, **names)


def test_what_was_infused_is_told_to_who_treats_and_not_taken_back(late: Late) -> None:
    story, office = late.story, late.story.office
    recall = office.do(recall_acts.recall_dose, office.who("qa", reason="A late result."), dose=story.dose)
    office.do(recall_acts.answer_recall, office.who("qa"), recalled=f"{recall}-01", answer="infused",
              words="The ward says by telephone that it was given at 09:00.")
    assert {"treating physician", "medical director"} <= {one.to_role for one in late.rows(Notice)}
    caught = refused(lambda: office.do(revoking.revoke_release, office.who("qa", reason="A late result."),
                                       dose=story.dose))
    assert [one.rule for one in caught.findings] == ["RVK-01"]


# --- exceptional ----------------------------------------------------------------------------------------------------


def play_low_viability(office: Any) -> Story:
    """Everything well but the viability, which is out of specification, confirmed, and its deviation closed."""
    story = filled(office)
    story.test_all("batch", story.plant.container(story.batch, "loaded cells"))
    sample = story.test_all("dose", story.bag(), viability="60")
    story.read(sample, "no growth")
    story.label()
    with office.look() as session:
        code, found = session.scalars(select(Deviation.code)).one(), session.scalars(select(Oos)).one()
    case = Case(story, sample, found.result, found.code).in_phase_two_again()
    case.conclude("confirmed", "No cause was found.")
    walked.closed(office, code)
    story.review()
    return story


@pytest.fixture
def allowing(fresh_database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Story]:
    """The same under a protocol that allows an exceptional release; the one that is shipped does not."""
    import tests.batches.plant as plant
    from mfg import identity
    from mfg.ledger import playing_at
    from tests.office import CHEAP, Office, prepare

    monkeypatch.setattr(plant, "PROTOCOL", plant.PROTOCOL + "\nexceptional_release: true\n")
    identity.ARGON2.update(CHEAP)
    office = Office(fresh_database("sqlite", prepare), tmp_path)
    with playing_at(lambda: office.now):
        yield play_low_viability(office)
    office.close()


def test_one_exceptional_release_by_all_its_parties_stays_red(allowing: Story) -> None:
    story, office = allowing, allowing.office
    do, who, dose = office.do, office.who, allowing.dose
    assert "REL-16" in {one.rule for one in refused(story.dispose).findings}
    request = do(exceptional_acts.request_exceptional, who("treating physician", reason="No other donor in 3 weeks; "
                 "relapse."), dose=dose, tests="viability")
    with office.look() as session:
        asked = release_pages.show_decide(session, dose=dose)["choices"][0]
    assert (asked["url"], asked["label"]) == (f"/exceptional/{request}", "Exceptional release asked for")
    early = refused(lambda: leave(story))
    assert {"EXC-08", "EXC-10"} == {one.rule for one in early.findings}
    evidence = story.judged().evidence_hash
    do(exceptional_acts.evaluate_risk, who("qa", 2), request=request, words="More debris; the dose itself matches.",
       evidence=evidence)
    do(exceptional_acts.authorise, who("medical director"), request=request, words="Benefit outweighs.")
    assert refused(lambda: do(exceptional_acts.record_contact, who("principal investigator"), request=request,
                              whom="sponsor", answered="no")).kind == "rule"
    do(exceptional_acts.record_contact, who("principal investigator"), request=request, whom="sponsor",
       answered="agrees")
    do(exceptional_acts.check_ethics, who("principal investigator"), request=request, words="Rule 7 of the vote.")
    with office.look() as session:
        page = exceptional_pages.show_request(session, request=request)
        assert page["verdict"] == "CANNOT DETERMINE" and page["actions"]
    do(exceptional_acts.note_consent, who("treating physician"), request=request, words="Told by the physician; signed "
       "form 12.")
    decision = leave(story)
    assert story.state() == "released exceptionally"
    with office.look() as session:
        facts = certificate_facts(session, dose, at=office.now)
        assert facts["decision"]["verdict"] == "FAIL" and "EXCEPTIONAL" in facts["decision"]["word"]
        assert "60" in decisions_of(session, dose)[-1].condition and "EXCEPTIONAL" in facts["condition"]["statement"]
        assert release_pages.show_decision(session, decision=decision)["verdict"] == "FAIL"
        assert release_pages.show_decide(session, dose=dose)["verdict"] == "FAIL"
        assert exceptional_pages.list_requests(session)["rows"][0][1]["verdict"] == "FAIL"
        assert [view.read(session, **{"request": request} if "<request>" in view.path else
                          {"batch": story.batch} if "<batch>" in view.path else {}) is not None
                for view in exceptional_api.LATE_VIEWS]
        assert len([one for one in notices_within(session, story.batch) if one.about == dose]) == 4
    office.do(revoking.revoke_release, who("qa", reason="The sponsor takes its word back."), dose=dose)
    assert story.state() == "revoked"


def leave(story: Story) -> str:
    return story.office.do(exceptional_acts.release_exceptionally, story.office.who(
        "qualified person", reason="Urgent need, all parties heard."), dose=story.dose,
        seen=story.judged().evidence_hash)


def test_under_the_shipped_protocol_nobody_can_even_ask(late: Late) -> None:
    office = late.story.office
    caught = refused(lambda: office.do(exceptional_acts.request_exceptional, office.who(
        "treating physician", reason="Urgent."), dose=late.second, tests="viability"))
    assert "EXC-01" in {one.rule for one in caught.findings}
    with office.look() as session:
        choices = release_pages.show_decide(session, dose=late.second)["choices"]
        assert release_pages.show_limits(session, dose=late.second)["sections"][0]["rows"]
    assert "request-exceptional" not in [one["value"] for one in choices], "no button to what the protocol forbids"
    assert release.KIND["release dose exceptionally"] == "released exceptionally"
