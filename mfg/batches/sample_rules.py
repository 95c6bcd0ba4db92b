"""What must be true of a plan of samples before a batch follows it, and of its samples before a step is signed. Pure.

What must be true of a sample once it is drawn is asked by the laboratory: `mfg.qc.sampling_rules`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mfg.facts import passed, rule
from mfg.recipes.master import Sampled


@dataclass(frozen=True)
class Planned:
    """A master record and a specification about to be pinned by one batch."""

    master_record: str
    specification: str
    #: what of the plan does not fit the specification, each as a sentence
    faults: tuple[str, ...] = ()


@rule("SMP-01", "The plan of samples fits the specification")
def plan_fits(f: Planned) -> Any:
    """Every test the plan of samples asks for is one of the specification the batch pins, and every mandatory test has
    a sample (21 CFR 211.160(b), 211.165(a)): a test without a sample would be missing only at the end."""
    ok = not f.faults
    return passed(ok), (f"The samples of {f.master_record} fit {f.specification}." if ok else
                        " ".join(f.faults) + " Make a new version of one of them effective first."), \
        None, None, (f.master_record, f.specification)


@dataclass(frozen=True)
class Drawing:
    """A step about to be signed, and the samples the plan wants drawn at it that nobody drew or explained."""

    step: str
    planned: tuple[str, ...]
    missing: tuple[str, ...]


@rule("SMP-02", "Every sample of the plan is drawn at its step")
def all_drawn(f: Drawing) -> Any:
    """A step is signed only when every sample the plan wants at it was drawn, or it was explained why not, signed
    (21 CFR 211.160(a), 211.188(b)(10)): what was not drawn then can never be drawn of the same cells."""
    ok = not f.missing
    return passed(ok), (f"{len(f.planned)} of {len(f.planned)} samples of the plan are drawn or explained." if ok else
                        f"{f.step} still needs: {', '.join(f.missing)}. Take each sample; or production supervisor or "
                        "quality assurance signs why it was not taken."), \
        str(len(f.planned) - len(f.missing)), str(len(f.planned)), (f.step,)


@dataclass(frozen=True)
class Explaining:
    """A sample of the plan about to be explained as not taken; `drawn` is the sample there is nevertheless."""

    title: str
    drawn: str | None
    explained: bool


@rule("SMP-03", "Only a sample that was not taken is explained")
def not_drawn(f: Explaining) -> Any:
    """What is explained as missing is missing: a sample that was taken is tested or refused, never explained away."""
    if f.drawn:
        return passed(False), f"{f.title} was taken: {f.drawn}. Test it; or the laboratory refuses it, with a reason."
    return passed(not f.explained), (f"{f.title} was not taken." if not f.explained else
                                     f"{f.title} is explained already. Look at the step again.")


DRAWN = (all_drawn,)
EXPLAIN = (not_drawn,)


def drawing(step: str, planned: tuple[Sampled, ...], answered: frozenset[str]) -> Drawing:
    """The facts of a step whose plan was answered for these ids."""
    return Drawing(step, tuple(one.title for one in planned),
                   tuple(one.title for one in planned if one.id not in answered))
