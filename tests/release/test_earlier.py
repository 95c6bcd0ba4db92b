"""CD3+ cells of the doses released before: from the evidence that was signed, each as filled."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from mfg.batches.records import Dose, batch
from mfg.release.earlier import cd3_before
from mfg.trial.protocol_file import load
from tests.conftest import FreshDatabase
from tests.release.cases import PROTOCOL
from tests.release.story import READY, Story, a_story

LIMITED = load('id: T\ntitle: t\nsources: [ours]\ndose:\n  cohorts:\n  - {name: "1", cells_per_kg: "1e7"}\n'
               'limits:\n  cd3_per_kg_cumulative_max: "1e5"\n')
UNKNOWN = load('id: T\ntitle: t\nsources: [ours]\ndose:\n  cohorts:\n  - {name: "1", cells_per_kg: "1e7"}\n'
               'limits:\n  cd3_per_kg_cumulative_max: null\n')


def before(story: Story, code: str, protocol: Any = LIMITED, left_at: Any = None, cohort: str = "1") -> Any:
    of = Dose(code=code, batch=story.batch, infusion=2, attempt=1, state="checked")
    with story.office.look() as session:
        return cd3_before(session, of, batch(session, story.batch), protocol, cohort, left_at)


def test_a_released_dose_counts_for_the_next_one_and_never_for_itself(fresh_database: FreshDatabase, tmp_path: Path
                                                                       ) -> None:
    with a_story(READY, fresh_database("sqlite", READY.prepare), tmp_path) as story:
        second = f"{story.batch}-D2"
        assert before(story, second) == 0, "nothing was released yet: known to be nothing"
        story.dispose()
        assert before(story, second) == 0, "a disposition lets nothing out"
        story.office.later(minutes=5)
        story.release_on_condition()
        # <0.2 % of 6.5e6 viable/mL in 120 mL, 70 kg: at most 22285.71 /kg
        assert abs(Fraction(before(story, second)) - Fraction(1560000, 70)) < Fraction(1, 10**15)
        assert before(story, story.dose) == 0, "not of itself"
        assert before(story, second, left_at=story.office.now) == 0, "released later than that dose left"
        assert before(story, second, PROTOCOL) is None and before(story, second, cohort="9") is None, "no such rule"
        assert isinstance(before(story, second, UNKNOWN), Decimal), "the limit is not known, the cells are"
