"""What must be true before the instructions of one batch are changed, and the states of such a change. Pure.

How a change is made is `redlines.py`; here stands what no redline may do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mfg.facts import Move, Moves, need, passed, rule
from mfg.recipes.master import FieldSpec, Step

REDLINE = Moves("redline", "proposed", frozenset({"approved", "rejected"}), (
    Move("approve redline", frozenset({"proposed"}), "approved"),
    Move("reject redline", frozenset({"proposed"}), "rejected"),
))
#: what stands for the identity of cells and materials, or of the place
IDENTITY = ("scan container", "scan lot", "scan equipment", "scan room")
#: what no redline changes of a step
HELD = ("critical", "optional", "repeat", "when", "until", "open", "clearance", "qualifications", "sop")


@dataclass(frozen=True)
class Redlining:
    """A redline about to be proposed or approved: the step as it is and as it would be."""

    step: str
    before: Step
    after: Step
    #: what is done already and would be changed behind the back of whoever did it, each in words
    begun: tuple[str, ...] = ()
    #: what is wrong with the record as it would be, each as a sentence
    faults: tuple[str, ...] = ()
    #: a step that is added behind this one; this one stays as it is
    added: Step | None = None
    batch_state: str = "open"


@rule("RED-01", "A redline comes before the work")
def before_the_work(f: Redlining) -> Any:
    """Instructions are changed before they are followed, never to fit what was done (21 CFR 211.100(b))."""
    ok = not f.begun
    return passed(ok), (f"Nothing of {f.step} that would change is done yet." if ok else
                        f"{'; '.join(f.begun[:4])}. What was done stays judged by what held then: open a deviation."), \
        str(len(f.begun)), "0", (f.step,)


@rule("RED-02", "A redline leaves identity alone")
def identity_untouched(f: Redlining) -> Any:
    """What is scanned for the identity of cells, materials, equipment and rooms stays exactly as approved."""
    ok = _scans(f.before.fields) == _scans(f.after.fields) and not _scans(f.added.fields if f.added else ())
    return passed(ok), ("What is scanned stays as it is." if ok else
                        f"This would change what is scanned in {f.step}. Identity is not redlined; change the master "
                        "record."), "", "", (f.step,)


def _scans(fields: tuple[FieldSpec, ...]) -> list[FieldSpec]:
    return [one for one in fields if one.kind in IDENTITY]


@rule("RED-03", "A redline asks for no less care")
def no_less_care(f: Redlining) -> Any:
    """A redline takes away no field, no second reading and no second person, and lets nothing required stay empty
    (EU GMP chapter 4; 21 CFR 211.101(d))."""
    lost = [one.label for one in f.before.fields if _less(one, f.after.field(one.id))]
    lost += [name for name in HELD if getattr(f.before, name) != getattr(f.after, name)]
    return passed(not lost), ("Every field, second reading and second person stays." if not lost else
                              f"This would ask for less: {', '.join(lost)}. Change the master record instead."), \
        str(len(lost)), "0", (f.step,)


def _less(before: FieldSpec, after: FieldSpec | None) -> bool:
    return after is None or (before.blind, before.optional, before.kind, before.severity, before.formula) != (
        after.blind, after.optional, after.kind, after.severity, after.formula)


@rule("RED-04", "A redline changes something")
def changes_something(f: Redlining) -> Any:
    """A redline says something else than the record says already."""
    ok = f.added is not None or f.before != f.after
    return passed(ok), ("It changes something." if ok else
                        f"{f.step} already says so. Nothing would change."), "", "", (f.step,)


@rule("RED-05", "The redlined record holds together")
def holds_together(f: Redlining) -> Any:
    """A batch record as redlined keeps to the rules of a master record: ids, units, limits, kinds."""
    return passed(not f.faults), ("It holds together." if not f.faults else
                                  f"The record would not hold together: {' '.join(f.faults)}"), \
        str(len(f.faults)), "0", (f.step,)


@rule("RED-06", "There is still something to instruct")
def batch_is_open(f: Redlining) -> Any:
    """Only a batch that is being made has instructions to change."""
    ok = need(f.batch_state, "The state of the batch is not known.") == "open"
    return passed(ok), ("The batch is open." if ok else
                        f"The batch is {f.batch_state}. Nothing is left to instruct."), f.batch_state, "open", (f.step,)


REDLINING = (before_the_work, identity_untouched, no_less_care, changes_something, holds_together, batch_is_open)
