"""Random people do random things to one batch. Whatever they do, the promises hold, read from the rows themselves.

It begins just before the release of a dose. An act that is refused is as good as one that is done: what counts is
what the records say afterwards. Deterministic and bounded, so that it is the same on every machine.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from mfg.batches import filling, runner, transforming
from mfg.batches.records import Container, Dose, DoseBag, Step, steps_of
from mfg.batches.scans import as_scanned
from mfg.facts import Refused
from mfg.identity import Person
from mfg.ledger import Entry
from mfg.people import acts as people
from mfg.qc import acts as qc
from mfg.qc.records import Result, Sample
from mfg.quality import acts as quality
from mfg.quality import investigation_acts as finding_out
from mfg.quality.records import Deviation, NoImpact
from mfg.release import acts as release
from mfg.release.gather import decide
from mfg.release.printing import print_container_label
from mfg.release.records import Decision
from mfg.review import acts as reviews
from mfg.review.records import Review
from mfg.tables import METADATA
from mfg.trial import acts as trial
from mfg.trial.records import Weight
from mfg.verbs import ADMINISTRATOR, ROLES
from mfg.verify import verify
from tests.databases import Databases
from tests.quality import walked
from tests.release.story import REPORTED, SPECIFICATION, Story, reviewed
from tests.stories.prepared import released_soon

pytestmark = pytest.mark.slow
LEFT = ("released on condition", "certified", "released then failed")
#: work on a batch that keeps a person from deciding about it
WORK = {"perform step", "verify step", "correct entry", "record result", "review result", "take sample", "open batch",
        "fill dose", "check fill", "print label", "read sterility", "plan dose", "enter value", "make container",
        "repeat step"}
#: work that changes what a review of the batch record covers
PRODUCTION = {"enter value", "perform step", "verify step", "correct entry", "fill dose", "check fill"}
DECISIONS = {"give disposition", "release dose on condition", "release dose", "reject dose"}
ROLE = st.sampled_from([role for role in ROLES if role != ADMINISTRATOR])
NUMBER = st.sampled_from([1, 1, 2])
VOLUME = st.sampled_from(["120", "120", "119", "60", "200"])
KG = st.sampled_from(["70.0", "69.0", "90.0", "50"])
TEST = st.sampled_from([one.id for one in SPECIFICATION.tests])
VALUE = st.sampled_from(["good", "good", "good", "0", "<0.1", "1e9", "no growth", "detected"])
READING = st.sampled_from(["no growth", "no growth", "no growth", "growth suspect", "no growth, final"])


class RandomPeople(RuleBasedStateMachine):
    """One office of its own for each run."""

    databases: ClassVar[Databases]
    folder: ClassVar[Path]
    numbers: ClassVar[count[int]] = count()
    done: ClassVar[dict[str, int]] = {}

    @initialize(decided=st.booleans())
    def given_a_dose_just_before_or_after_its_release(self, decided: bool) -> None:
        self.stack = ExitStack()
        home = self.folder / str(next(self.numbers))
        self.story: Story = self.stack.enter_context(released_soon(self.databases, home))
        self.office = self.story.office
        if decided:
            self.the_right_people_decide(1, True)

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            self.stack.close()

    # --- trying

    def attempt(self, verb: Callable[..., str], by: str, number: int, /, **arguments: Any) -> str | None:
        """Somebody tries; refused or done, time goes on by a minute."""
        self.office.later(minutes=1)
        try:
            result = self.office.do(verb, self.office.who(by, number, reason="Because."), **arguments)
        except Refused:
            return None
        self.done[verb.__name__] = self.done.get(verb.__name__, 0) + 1
        return result

    def newest(self, kind: Any, *where: Any) -> str | None:
        with self.office.look() as session:
            key = list(kind.__table__.primary_key)[0]
            return session.scalar(select(key).where(*where).order_by(key.desc()).limit(1))

    def seen(self, dose: str) -> str:
        with self.office.look() as session:
            return decide(session, dose, self.office.now).evidence_hash

    # --- what people do

    @rule(minutes=st.sampled_from([5, 60, 60 * 8, 60 * 24 * 3]))
    def time_passes(self, minutes: int) -> None:
        self.office.later(minutes=minutes)

    @rule(role=ROLE, number=NUMBER, more=ROLE)
    def somebody_gets_another_role(self, role: str, number: int, more: str) -> None:
        login = f"{role.replace(' ', '.')}.{number}"
        self.attempt(people.grant_role, "administrator", 1, person=self.office.people[login], role=more)

    @rule(role=ROLE, number=NUMBER, verb=st.sampled_from([release.give_disposition, release.release_on_condition,
                                                          release.release_dose, release.reject_dose]),
          fresh=st.sampled_from([True, True, True, False]))
    def somebody_decides(self, role: str, number: int, verb: Any, fresh: bool) -> None:
        self._decide(role, number, verb, fresh)

    @rule(number=NUMBER)
    def the_record_is_reviewed(self, number: int) -> None:
        self.office.later(minutes=1)
        left = self.newest(Review, Review.state == "begun")
        if left is not None:  # one that could not be signed; another begins only after it is given back
            self.attempt(reviews.return_review, "qa", number, review=left)
        with suppress(Refused):
            reviewed(self.office, self.story.batch, 1, number)
            self.done["sign_review"] = self.done.get("sign_review", 0) + 1

    @rule(number=NUMBER, again=st.booleans())
    def the_right_people_decide(self, number: int, again: bool) -> None:
        self.the_record_is_reviewed(number)
        self._decide("qa", number, release.give_disposition, True)
        if again:
            self._decide("qualified person", number, release.release_on_condition, True)

    def _decide(self, role: str, number: int, verb: Any, fresh: bool) -> None:
        dose = self.newest(Dose) or self.story.dose
        more: dict[str, Any] = {} if verb is release.reject_dose else {"seen": self.seen(dose) if fresh else "0" * 64}
        if verb is release.release_on_condition:
            more |= {"informed": "treating physician", "acknowledged": True}
        self.attempt(verb, role, number, dose=dose, **more)

    @rule(role=ROLE, number=NUMBER, kg=KG)
    def somebody_weighs(self, role: str, number: int, kg: str) -> None:
        self.attempt(trial.record_weight, role, number, recipient=self.story.recipient, kg=Decimal(kg),
                     measured_at=self.office.now - timedelta(minutes=1))

    @rule(kg=KG, number=NUMBER)
    def a_weight_is_read_by_two(self, kg: str, number: int) -> None:
        weight = self.attempt(trial.record_weight, "clinical coordinator", 1, recipient=self.story.recipient,
                              kg=Decimal(kg), measured_at=self.office.now - timedelta(minutes=1))
        if weight:
            self.attempt(trial.confirm_weight, "clinical coordinator", number, weight=weight, kg=Decimal(kg))

    @rule(number=NUMBER, infusion=st.sampled_from([1, 2, 3]))
    def a_dose_is_planned(self, number: int, infusion: int) -> None:
        self.attempt(filling.plan_dose, "production supervisor", number, batch=self.story.batch, infusion=infusion)

    @rule(role=ROLE, volume=VOLUME, number=NUMBER)
    def a_dose_is_filled_and_perhaps_checked(self, role: str, volume: str, number: int) -> None:
        dose = self.newest(Dose) or self.story.dose
        source = self.story.plant.container(self.story.batch, "loaded cells")
        if self.attempt(filling.fill_dose, "operator", number, dose=dose, source=as_scanned(source),
                        volumes_ml=[Decimal(volume)], residuals_ml=[Decimal(2)], filled_at=self.office.now):
            bag = self.newest(DoseBag, DoseBag.dose == dose) or ""
            self.attempt(filling.check_fill, role, number, dose=dose, bag=as_scanned(bag), volume_ml=Decimal(volume))
            self.attempt(print_container_label, "operator", number, container=bag)

    @rule(role=ROLE, number=NUMBER, how=st.sampled_from(["sample", "seed", "harvest", "load", "transfer"]))
    def a_container_is_made(self, role: str, number: int, how: str) -> None:
        parent = self.newest(Container) or ""
        self.attempt(transforming.make_container, role, number, batch=self.story.batch, transformation=how,
                     parents=[as_scanned(parent)], taken_ml=[Decimal(1)], volume_ml=Decimal(1))

    @rule(number=NUMBER, bag=st.booleans())
    def a_sample_is_taken(self, number: int, bag: bool) -> None:
        container = self.newest(DoseBag) if bag else self.newest(Container)
        self.attempt(qc.take_sample, "qc analyst", number, container=as_scanned(container or "NK-26-001-C99"),
                     purpose="more tests")

    @rule(test=TEST, value=VALUE, role=ROLE, number=NUMBER)
    def a_result_is_recorded_and_perhaps_reviewed(self, test: str, value: str, role: str, number: int) -> None:
        asked = next(one for one in SPECIFICATION.tests if one.id == test)
        told = (REPORTED.get(test) or asked.equals) if value == "good" else value
        sample = self.newest(Sample) or ""
        if self.attempt(qc.record_result, "qc analyst", number, sample=sample, test=test, value=told):
            self.attempt(qc.review_result, role, number, result=self.newest(Result) or "")

    @rule(reading=READING, day=st.sampled_from([0, 1, 3, 14]), number=NUMBER)
    def sterility_is_read(self, reading: str, day: int, number: int) -> None:
        self.attempt(qc.read_sterility, "qc analyst", number, sample=self.newest(Sample) or "", day=day,
                     reading=reading)

    @rule(role=ROLE, number=NUMBER, severity=st.sampled_from(["minor", "major", "critical"]))
    def a_deviation_is_opened(self, role: str, number: int, severity: str) -> None:
        self.attempt(quality.open_deviation, role, number, within=self.story.batch, on_code=self.story.dose,
                     severity=severity, what="Something happened.")

    @rule(number=NUMBER, severity=st.sampled_from(["minor", "major", "critical"]), closer=NUMBER,
          role=st.sampled_from(["production supervisor", "qa"]), way=st.sampled_from(
              ["apart", "closed", "closed and reopened", "void"]))
    def a_deviation_goes_on(self, number: int, severity: str, closer: int, role: str, way: str) -> None:
        """Judged, investigated, closed, set apart from the dose, reopened, voided: as far as these people get."""
        code = self.newest(Deviation, Deviation.state.not_in(("closed", "void", "QA review"))) or self.attempt(
            quality.open_deviation, "operator", number, within=self.story.batch, on_code=self.story.dose,
            severity=severity, what="Something happened.")
        assert code is not None
        apart = (finding_out.find_no_impact, "qa", closer, {"dose": self.story.dose, "why": "It was another bag."})
        close = [(quality.submit_deviation, role, number, {}), (quality.close_deviation, "qa", closer, {
            "conclusion": walked.CONCLUSION, "no_capa_why": "Not again."})]
        void = (quality.void_deviation, "qa", closer, {"ground": "recorded in error"})
        reopen = (quality.reopen_deviation, "qa", closer, {})
        ends: dict[str, list[Any]] = {"closed": close, "closed and reopened": [*close, reopen], "apart": [apart],
                                      "void": [void, reopen]}
        for verb, does, who, told in [
                (quality.confirm_deviation, "operator", number, {"requirement": "As written.", "immediate": "Kept."}),
                (quality.classify_deviation, "qa", number, {"kind": "other", "severity": severity, "why": "By table."}),
                *([] if way == "void" else [(finding_out.investigate_deviation, role, number, walked.FOUND)]),
                *ends[way]]:
            self.attempt(verb, does, who, deviation=code, **told)

    @rule(role=st.sampled_from(["operator", "production supervisor", "qa"]), number=NUMBER,
          other=st.sampled_from(["verifier", "operator", "production supervisor"]), repeat=st.booleans())
    def a_step_is_worked_on(self, role: str, number: int, other: str, repeat: bool) -> None:
        if repeat:
            self.attempt(runner.repeat_step, "operator", number, step=f"{self.story.batch}/harvest")
        plant, batch = self.story.plant, self.story.batch
        with self.office.look() as session:
            branches = {step.id for _, step in plant.record.steps() if step.when}
            step = next((one.code for one in steps_of(session, batch) if one.state != "verified"
                         and one.step_id not in branches), f"{batch}/harvest")
        shape = plant.record.step(step.partition("/")[2].partition("~")[0])
        assert shape is not None
        good = {one.id: plant.good(batch, shape.id, one) for one in shape.fields
                if not one.optional and one.kind != "calculated"}
        for one in shape.fields:
            if one.id in good:
                self.attempt(runner.enter_value, "operator", number, step=step, field=one.id, value=good[one.id],
                             unit=one.unit or "")
        self.attempt(runner.perform_step, role, number, step=step, done_at=self.office.now)
        self.attempt(runner.verify_step, other, number, step=step,
                     readings={one.id: good[one.id] for one in shape.fields if one.blind})

    # --- what must hold

    @invariant()
    def the_ledger_verifies(self) -> None:
        report = verify(self.office.engine, METADATA, verifier=self.office.sealer.verifier,
                        notes=self.office.sealer.folder)
        assert report.problems == []

    @invariant()
    def no_dose_left_without_every_rule_passing(self) -> None:
        """Only final sterility may have been open, and only of a conditional release."""
        with self.office.look() as session:
            for dose in session.scalars(select(Dose).where(Dose.state.in_(LEFT))):
                made = session.scalars(select(Decision).where(
                    Decision.dose == dose.code, Decision.kind.in_(("released on condition", "certified")))).all()
                assert made, f"{dose.code} is {dose.state} and nobody decided it"
                for one in made:
                    findings = json.loads(one.findings)
                    assert {found["verdict"] for found in findings} == {"PASS"}
                    needed = {"DOSE-01", "DOSE-02", "DOSE-03", "DOSE-05", "REL-03", "REL-04", "REL-07", "REL-08",
                              "REL-12", "REL-14"}
                    assert needed <= {found["rule"] for found in findings}
                    assert ("Sterility" in one.condition) is (one.kind == "released on condition")

    @invariant()
    def no_dose_left_while_a_deviation_was_open(self) -> None:
        with self.office.look() as session:
            deviations = session.scalars(select(Deviation)).all()
            for one in session.scalars(select(Decision).where(Decision.kind != "rejected")):
                for touching in deviations:
                    if touching.opened_at < one.decided_at and not ended_by(session, touching.code, one.decided_at):
                        apart = [word for word in session.scalars(select(NoImpact).where(
                            NoImpact.deviation == touching.code, NoImpact.dose == one.dose))
                            if word.found_at <= one.decided_at
                            and (word.withdrawn_at is None or word.withdrawn_at > one.decided_at)]
                        assert apart, f"{one.code} was made while {touching.code} was open"
                        assert all(word.severity in ("minor", "major") for word in apart)

    @invariant()
    def nobody_did_both_halves(self) -> None:
        with self.office.look() as session:
            steps, bags = session.scalars(select(Step)).all(), session.scalars(select(DoseBag)).all()
            results, weights = session.scalars(select(Result)).all(), session.scalars(select(Weight)).all()
        pairs = [(one.performed_by, one.verified_by) for one in steps]
        pairs += [(one.filled_by, one.checked_by) for one in bags]
        pairs += [(one.tested_by, one.reviewed_by) for one in results]
        pairs += [(one.recorded_by, one.confirmed_by) for one in weights]
        assert [pair for pair in pairs if pair[0] is not None and pair[0] == pair[1]] == []

    @invariant()
    def whoever_decided_did_nothing_else_before(self) -> None:
        """Read from the history alone: who did what within the batch, in order."""
        with self.office.look() as session:
            told = session.execute(select(Entry.person, Entry.verb, Entry.on_code).where(
                Entry.outcome == "done", Entry.within == self.story.batch).order_by(Entry.seq)).all()
        worked: set[str] = set()
        disposed: dict[str, set[str]] = {}
        reviewed_since = False
        for person, verb, on in told:
            if verb in PRODUCTION:
                reviewed_since = False
            if verb == "sign review":
                reviewed_since = True
            if verb in DECISIONS - {"reject dose"}:
                assert reviewed_since, f"“{verb}” over a record that was changed since it was reviewed"
            if verb in DECISIONS:
                assert person not in worked, f"{person} worked on the batch and then did “{verb}”"
            if verb == "give disposition":
                disposed.setdefault(on, set()).add(person)
            if verb in ("release dose", "release dose on condition"):
                assert disposed.get(on) and person not in disposed[on]
            if verb in WORK:
                worked.add(person)

    @invariant()
    def every_container_of_the_batch_has_one_recipient_and_donor(self) -> None:
        with self.office.look() as session:
            held = session.execute(select(Container.recipient, Container.donor).where(
                Container.batch == self.story.batch).distinct()).all()
            assert len(held) == 1
            assert session.scalar(select(Person.code).limit(1)) is not None


def ended_by(session: Any, code: str, at: Any) -> bool:
    """Whether the last word of history on a deviation, up to then, was that it ends; read from the ledger alone."""
    last = session.scalars(select(Entry.verb).where(
        Entry.on_code == code, Entry.outcome == "done", Entry.at <= at,
        Entry.verb.in_(("close deviation", "void deviation", "reopen deviation"))).order_by(Entry.seq)).all()
    return bool(last) and last[-1] != "reopen deviation"


def test_whatever_random_people_do_the_promises_hold(databases: Databases, tmp_path: Path) -> None:
    RandomPeople.databases, RandomPeople.folder = databases, tmp_path
    RandomPeople.done.clear()
    run_state_machine_as_test(RandomPeople, settings=settings(
        max_examples=20, stateful_step_count=25, derandomize=True, deadline=None, database=None,
        phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck)))
    # a run in which nothing was ever done, or nothing released, would prove nothing
    done = RandomPeople.done
    assert {"give_disposition", "release_on_condition", "fill_dose", "open_deviation", "perform_step",
            "close_deviation", "find_no_impact", "reopen_deviation", "sign_review"} <= set(done)
    assert sum(done.values()) > 60
