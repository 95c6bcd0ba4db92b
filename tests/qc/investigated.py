"""A dose with a failing result, and people who investigate it, for tests. Everything is made by acts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from mfg.batches.scans import as_scanned
from mfg.qc import acts, oos_acts, slot_acts
from mfg.qc.oos_records import Oos, oos_of_result, slots_after, slots_of
from mfg.qc.oos_records import oos as oos_of
from mfg.qc.oos_rules import AS_REQUIRED, CHECKLIST, ERROR, NONE_FOUND, NOT_AS_REQUIRED
from mfg.recipes.acts import draft_specification
from mfg.recipes.reading import example
from tests.office import Office
from tests.release.story import CarefulPlant, Story, Told

#: the shipped specification with three retests of one test, fixed beforehand, and none of any other
RETESTED = example("specification").replace("{id: nk_percent,", "{id: nk_percent, retests: 3, retest_policy: SOP-440,")
IMPACT = {"others_affected": "no", "others_looked_at": "NK-26-001-D2 and the batches of the same day and kit: none."}
REVIEW = {"review": "Every step of the batch was done as written.", "plan": "Three retests of the kept sample."}


def with_retests(office: Office) -> Story:
    """A dose filled and checked under a specification that fixes three retests; its other tests are passed."""
    plant = CarefulPlant(office)
    plant.document(draft_specification, "specification", RETESTED)
    recipient = plant.recipient()
    story = Story(office, plant, recipient, plant.open(recipient, plant.collection(recipient)))
    story.dose = plant.plan(story.batch)
    plant.run(story.batch)
    story.weigh()
    story.fill()
    return story


RETESTS = Told(with_retests)


@dataclass
class Case:
    """One failing result and what is done about it."""

    story: Story
    sample: str
    result: str
    oos: str = ""

    @property
    def office(self) -> Office:
        return self.story.office

    def row(self) -> Oos:
        with self.office.look() as session:
            return oos_of(session, self.oos)

    def slots(self, kind: str, *, of_result: str = "") -> list[str]:
        """The slots of a kind, of the OOS or after a result."""
        with self.office.look() as session:
            found = slots_after(session, of_result) if of_result else slots_of(session, oos_of(session, self.oos))
            return [one.code for one in found if one.kind == kind]

    def begin(self) -> str:
        return self.office.do(oos_acts.begin_laboratory_investigation, self.office.who("qc reviewer"), oos=self.oos)

    def investigate(self, error: str = "", **change: Any) -> str:
        """Phase I by the book: every point answered; with an error, the point that shows it."""
        answers = dict.fromkeys(CHECKLIST, AS_REQUIRED)
        told = answers | {"outcome": ERROR if error else NONE_FOUND, "error": error}
        if error:
            told |= {"method": NOT_AS_REQUIRED, "method_found": "The tube was stained twice."}
        return self.office.do(oos_acts.record_laboratory_investigation, self.office.who("qc reviewer"), oos=self.oos,
                              **(told | change))

    def review(self, result: str) -> str:
        return self.office.do(acts.review_result, self.office.who("qc reviewer"), result=result)

    def invalidate(self, number: int = 1, **change: Any) -> str:
        return self.office.do(oos_acts.invalidate_result, self.office.who("qa", number, reason="The error is shown."),
                              oos=self.oos, **(IMPACT | change))

    def phase_two(self, **change: Any) -> str:
        return self.office.do(oos_acts.open_phase_two, self.office.who("qa"), oos=self.oos, **(REVIEW | change))

    def retest(self, slot: str, value: str, number: int = 2, *, review: bool = True, **more: Any) -> str:
        code = self.office.do(slot_acts.record_retest, self.office.who("qc analyst", number), slot=slot, value=value,
                              **more)
        return self.review(code) and code if review else code

    def repeat(self, slot: str, value: str, number: int = 1, *, review: bool = True, **more: Any) -> str:
        code = self.office.do(slot_acts.record_repeat, self.office.who("qc analyst", number), slot=slot, value=value,
                              **more)
        return self.review(code) and code if review else code

    def conclude(self, conclusion: str, cause: str = "", number: int = 1, **change: Any) -> str:
        return self.office.do(oos_acts.conclude_oos, self.office.who("qa", number), oos=self.oos,
                              conclusion=conclusion, cause=cause, **(IMPACT | change))

    def in_phase_two(self) -> Case:
        """Reviewed, investigated without finding an error, and opened for retests."""
        self.review(self.result)
        return self.in_phase_two_again()

    def in_phase_two_again(self) -> Case:
        """The same where the result is reviewed already."""
        self.begin()
        self.investigate()
        self.phase_two()
        return self


def sampled(story: Story, container: str = "") -> str:
    return story.office.do(acts.take_sample, story.office.who("qc analyst"), purpose="release tests",
                           container=as_scanned(container or story.bag()))


def failing(story: Story, test: str = "nk_percent", value: str = "61.5") -> Case:
    """A result out of specification, not yet reviewed, and its OOS."""
    sample = sampled(story)
    case = Case(story, sample, story.record(sample, test, value, review=False))
    with story.office.look() as session:
        found = oos_of_result(session, case.result)
    return replace(case, oos=found.code if found else "")
