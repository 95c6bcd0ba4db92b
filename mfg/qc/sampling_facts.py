"""What is known of the samples of a plan, as the rules see them. Pure values; they read and judge nothing.

None means not recorded, and never passes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from mfg.recipes.master import Sampled


@dataclass(frozen=True)
class TestFacts:
    """One test that a sample of the plan is for, and how far it is on this very sample."""

    __test__ = False

    id: str
    title: str
    #: before, conditional-after, characterisation
    timing: str
    #: a result is recorded, or a read of a running test
    begun: bool
    #: the result is reviewed, or the last read is made
    ended: bool


@dataclass(frozen=True)
class DrawnFacts:
    """One sample that was drawn for the plan."""

    sample: str
    state: str
    #: the dose and its fill, for samples of a dose; `superseded`: the dose was filled again since
    dose: str | None
    attempt: int | None
    superseded: bool
    taken_at: datetime
    received_at: datetime | None
    #: how its label was read at receipt: scanned or typed
    read: str
    temperature_c: Decimal | None
    condition: str
    seal: str
    #: kept in the store of retains
    stored: bool
    tests: tuple[TestFacts, ...]
    #: (code, ended) of the deviations on this sample
    deviations: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True)
class SlotFacts:
    """One sample of the plan at one step of the batch: what was drawn for it, or why nothing was."""

    step: str
    stage: int
    spec: Sampled
    #: it is of a dose and its present fill, so each dose needs one
    of_dose: bool
    drawn: tuple[DrawnFacts, ...] = ()
    #: why nothing was drawn, and when that was signed
    explained: str = ""
    explained_at: datetime | None = None

    @property
    def title(self) -> str:
        """The sample and its step, as people read them."""
        return f"{self.spec.title} of {self.step}"


@dataclass(frozen=True)
class SamplingFacts:
    """The samples of a batch. `planned` is False where its master record has no plan: then nothing is asked.

    `stage` is the harvest a dose comes from; None: not known, and the samples of every harvest are asked.
    """

    planned: bool
    slots: tuple[SlotFacts, ...] = ()
    stage: int | None = None
