"""Decisions over a dose, on both databases: done, refused without trace, not allowed, twice, in a race."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from mfg.facts import Refused
from mfg.labelling.records import PrintedLabel
from mfg.ledger import Entry, Signature
from mfg.people import acts as people
from mfg.quality import acts as quality
from mfg.quality.records import Deviation, deviations_of
from mfg.release import acts as release
from mfg.release.printing import print_container_label
from mfg.release.records import Decision, decisions_of
from mfg.trial import acts as trial
from tests.quality import walked
from tests.release.story import READY, Story, a_story


@pytest.fixture
def story(kind: str, fresh_database: Any, tmp_path: Path) -> Iterator[Story]:
    with a_story(READY, fresh_database(kind, READY.prepare), tmp_path) as told:
        yield told


def refused(story: Story, what: Callable[[], Any]) -> Refused:
    """What it says, after making sure that nothing but the attempt was kept."""
    before, state = story.office.counts(), story.state()
    with pytest.raises(Refused) as caught:
        what()
    assert story.office.counts() == before and story.state() == state
    assert story.office.last_entry().outcome == "refused"
    return caught.value


def rules_of(caught: Refused) -> set[str]:
    return {one.rule for one in caught.findings}


def test_a_dose_goes_out_on_condition_and_is_certified_when_sterility_is_final(story: Story) -> None:
    office = story.office
    disposition = story.dispose()
    assert story.state() == "cleared"
    conditional = story.release_on_condition()
    assert story.state() == "released on condition"
    office.later(days=14)
    story.read(sterility_sample(story), "no growth, final", day=14)
    certified = story.certify(2)
    assert story.state() == "certified"
    with office.look() as session:
        kept = decisions_of(session, story.dose)
        assert [(one.code, one.kind) for one in kept] == [
            (disposition, "disposition"), (conditional, "released on condition"), (certified, "certified")]
        row = kept[1]
        assert sha256(row.dossier.encode()).hexdigest() == row.dossier_hash == kept[0].dossier_hash
        assert {one["verdict"] for one in json.loads(row.findings)} == {"PASS"}
        assert "Sterility" in row.condition and "treating physician" in row.condition
        signature = session.get_one(Signature, office.last_entry().seq)
        assert (signature.meaning, signature.on_code) == ("Certified final", story.dose)


def sterility_sample(story: Story) -> str:
    with story.office.look() as session:
        reads = [one.sample for one in story.judged().dossier.reads]
        assert session is not None
    return reads[0]


def test_a_checkpoint_is_sealed_with_the_release(story: Story) -> None:
    before = set(story.office.sealer.folder.glob("*"))
    story.dispose()
    story.release_on_condition()
    assert set(story.office.sealer.folder.glob("*")) - before


def test_without_a_disposition_the_qualified_person_cannot_release(story: Story) -> None:
    caught = refused(story, story.release_on_condition)
    assert "not possible" in caught.why


def test_certification_is_refused_while_sterility_runs(story: Story) -> None:
    story.dispose()
    caught = refused(story, story.certify)
    assert rules_of(caught) == {"REL-18"}


def test_every_finding_is_in_the_refusal_and_in_the_recorded_attempt(story: Story) -> None:
    opened(story)
    story.weigh("95.0")
    caught = refused(story, story.dispose)
    assert rules_of(caught) == {"DOSE-01", "REL-07", "REL-11", "REL-24"}
    leaf = json.loads(story.office.last_entry().leaf)
    assert set(leaf["refusal"]["findings"]) == {"DOSE-01", "REL-07", "REL-11", "REL-24"}


def opened(story: Story) -> str:
    return story.office.do(quality.open_deviation, story.office.who("operator", 2), within=story.batch,
                           on_code=story.bag(), severity="minor", what="The label was put on crooked.")


def test_evidence_that_changed_since_it_was_seen_is_refused_as_stale(story: Story) -> None:
    seen = story.judged().evidence_hash
    story.weigh("69.5")
    caught = refused(story, lambda: story.dispose(seen=seen))
    assert caught.kind == "stale"


def test_a_decision_without_saying_what_was_seen_is_refused(story: Story) -> None:
    assert refused(story, lambda: story.dispose(seen=None)).kind == "input"


def test_a_new_weight_after_the_disposition_must_be_disposed_of_again(story: Story) -> None:
    story.dispose()
    story.weigh("69.5")
    caught = refused(story, story.release_on_condition)
    assert rules_of(caught) == {"REL-11", "REL-19"}
    assert "viable nk per kg" in str(caught.findings)
    story.label("The recipient was weighed again.")
    story.dispose()
    story.release_on_condition()
    assert story.state() == "released on condition"


def test_a_heavier_recipient_stops_the_dose_until_it_is_filled_again(story: Story) -> None:
    story.dispose()
    story.office.later(hours=1)
    story.weigh("90.0")
    assert "DOSE-01" in rules_of(refused(story, story.release_on_condition))
    story.fill("140")
    sample = story.test_all("dose", story.bag())
    story.read(sample, "no growth")
    story.label()
    assert "REL-24" in rules_of(refused(story, story.dispose)), "bags filled after it are not what was reviewed"
    story.review()
    story.dispose()
    story.release_on_condition()
    assert story.state() == "released on condition"
    assert story.judged().dossier.attempt == 2


def test_a_condition_names_a_physician_who_acknowledged(story: Story) -> None:
    story.dispose()
    caught = refused(story, lambda: story.release_on_condition(acknowledged=False))
    assert rules_of(caught) == {"REL-21"}


def test_growth_after_a_conditional_release_fails_the_dose_in_the_same_act(story: Story) -> None:
    story.dispose()
    story.release_on_condition()
    story.office.later(days=3)
    story.read(sterility_sample(story), "growth suspect", day=3)
    assert story.state() == "released then failed"
    with story.office.look() as session:
        found = deviations_of(session, story.batch)
        assert [(one.severity, one.by_system, one.state) for one in found] == [("critical", True, "draft")]
    caught = refused(story, story.certify)
    assert "final" in caught.why


def test_a_dose_is_rejected_with_a_reason_by_the_qualified_person(story: Story) -> None:
    who = story.office.who("qualified person")
    assert refused(story, lambda: story.office.do(release.reject_dose, who, dose=story.dose)).kind == "input"
    who = story.office.who("qualified person", reason="The bag leaks.")
    code = story.office.do(release.reject_dose, who, dose=story.dose)
    assert story.state() == "rejected"
    with story.office.look() as session:
        row = session.get_one(Decision, code)
        assert (row.kind, row.reason) == ("rejected", "The bag leaks.")
    assert "final" in refused(story, story.dispose).why


def test_whoever_worked_on_the_batch_decides_nothing(story: Story) -> None:
    office = story.office
    for role, verb in (("qa", story.dispose), ("qualified person", story.release_on_condition)):
        office.do(people.grant_role, office.who("administrator"), person=office.people["operator.1"], role=role)
        worker = office.who("operator")
        act = release.give_disposition if role == "qa" else release.release_on_condition
        more = {} if role == "qa" else {"informed": "treating physician", "acknowledged": True}
        seen = story.judged().evidence_hash
        caught = refused(story, lambda act=act, worker=worker, seen=seen, more=more: office.do(  # type: ignore[misc]
            act, worker, dose=story.dose, seen=seen, **more))
        assert caught.kind == "not allowed" and "same person" in caught.why
        if role == "qa":
            verb()


def test_the_one_who_disposed_of_it_does_not_release_it(story: Story) -> None:
    office = story.office
    office.do(people.grant_role, office.who("administrator"), person=office.people["qa.1"], role="qualified person")
    story.dispose()
    caught = refused(story, lambda: office.do(
        release.release_on_condition, office.who("qa"), dose=story.dose, seen=story.judged().evidence_hash,
        informed="treating physician", acknowledged=True))
    assert caught.kind == "not allowed" and "give disposition" in caught.why


def test_an_operator_releases_nothing(story: Story) -> None:
    caught = refused(story, lambda: story.office.do(release.release_dose, story.office.who("operator", 2),
                                                    dose=story.dose, seen=story.judged().evidence_hash))
    assert caught.kind == "not allowed"


def test_a_code_that_is_no_dose_is_refused_in_words(office: Any) -> None:
    with pytest.raises(Refused, match="not the code of a dose"):
        office.do(release.reject_dose, office.who("qualified person", reason="x"), dose="nonsense")
    with pytest.raises(Refused, match="There is no dose"):
        office.do(release.reject_dose, office.who("qualified person", reason="x"), dose="NK-26-999-D1")


def test_of_two_qualified_persons_one_releases_and_the_other_is_told(story: Story) -> None:
    story.dispose()
    seen = story.judged().evidence_hash
    answers: list[str] = []
    gate = threading.Barrier(2)

    def release_it(number: int) -> None:
        gate.wait()
        try:
            answers.append(story.release_on_condition(number, seen=seen))
        except Refused as caught:
            answers.append(f"refused: {caught.why}")

    clock = story.office.now
    threads = [threading.Thread(target=in_time(clock, release_it), args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([one for one in answers if one.startswith("DEC-")]) == 1
    assert len([one for one in answers if one.startswith("refused:")]) == 1
    with story.office.look() as session:
        kinds = [one.kind for one in decisions_of(session, story.dose)]
    assert kinds == ["disposition", "released on condition"]


def in_time(clock: Any, work: Callable[[int], None]) -> Callable[[int], None]:
    """A thread has a clock of its own; give it the story's."""
    from mfg.ledger import playing_at

    def run(number: int) -> None:
        with playing_at(lambda: clock):
            work(number)
    return run


def test_an_expired_dose_does_not_leave_although_its_evidence_is_the_same(story: Story) -> None:
    story.dispose()
    seen = story.judged().evidence_hash
    story.office.later(days=4)
    assert story.judged().evidence_hash == seen
    assert "REL-12" in rules_of(refused(story, story.release_on_condition))


def test_a_label_is_drawn_recorded_and_reprinted_with_a_reason(story: Story) -> None:
    office, container = story.office, story.bag()
    with pytest.raises(Refused, match="already has the label LBL-0001. Ask for a reprint"):
        office.do(print_container_label, office.who("operator", reason="Another one."), container=container)
    code = story.label("Now the counts are known.", put_on=False)
    assert "REL-11" in rules_of(refused(story, story.dispose))  # scanned back by nobody
    with office.look() as session:
        row = session.get_one(PrintedLabel, code)
        facts = json.loads(row.facts)
        assert (row.copy, facts["dose_number"], facts["release"], facts["donor_status"]) == (
            2, "1", "quarantine", "eligible")
        # what its symbols say: which label it is, and that another one was printed before
        assert facts["din"][-2:] == "05" and "&,200000000000LBL0002" in facts["datamatrix"]
        # 6.5e6 per mL x 92 % x 118 mL, and by 70 kg
        assert facts["viable_nk_total"].startswith("7.06") and facts["viable_nk_per_kg"].startswith("1.01")


def test_no_label_for_a_rejected_dose(story: Story) -> None:
    story.office.do(release.reject_dose, story.office.who("qualified person", reason="Leaks."), dose=story.dose)
    with pytest.raises(Refused, match="rejected"):
        story.office.do(print_container_label, story.office.who("operator", reason="Again."), container=story.bag())


def test_an_older_weight_that_waits_for_its_second_person_changes_nothing_until_it_is_confirmed(
        story: Story) -> None:
    before = story.judged().evidence_hash
    story.office.do(trial.record_weight, story.office.who("clinical coordinator"), recipient=story.recipient,
                    kg=Decimal("69.0"), measured_at=story.office.now - timedelta(days=2))
    assert story.judged().evidence_hash == before


def test_a_newer_weight_that_waits_for_its_second_person_holds_the_dose(story: Story) -> None:
    """The newest weight decides: one that is measured and not yet confirmed may not be passed over."""
    before = story.judged().evidence_hash
    weight = story.office.do(trial.record_weight, story.office.who("clinical coordinator"), recipient=story.recipient,
                             kg=Decimal("140.0"), measured_at=story.office.now - timedelta(minutes=5))
    caught = refused(story, story.dispose)
    assert {"DOSE-01", "DOSE-03"} <= rules_of(caught)
    assert "waits for its second person" in str(caught.findings) and "140" not in str(caught.findings)
    story.office.do(trial.confirm_weight, story.office.who("principal investigator"), weight=weight,
                    kg=Decimal("140.0"))
    assert story.judged().evidence_hash != before
    assert "DOSE-03" not in rules_of(refused(story, story.dispose))


def test_closing_the_deviation_lets_the_dose_go_on(story: Story) -> None:
    code = opened(story)
    assert rules_of(refused(story, story.dispose)) == {"REL-07", "REL-24"}
    walked.closed(story.office, code)
    assert rules_of(refused(story, story.dispose)) == {"REL-24"}, "it was opened after the record was reviewed"
    story.review()
    story.dispose()
    with story.office.look() as session:
        assert session.get_one(Deviation, code).state == "closed"
        assert session.get_one(Entry, story.office.last_entry().seq).within == story.batch
