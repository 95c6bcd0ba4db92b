"""How the steps of one batch hang together: their shape, the values known so far, branches, loops, calculations.

It reads the batch once and answers from that; it judges no value and keeps nothing. Sequence is enforced by the
rules of `rules.py` with what is found here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from sqlalchemy.orm import Session

from mfg.batches.records import Batch, Redline, Step, StepEntry, current, entries_of, redlines_of, steps_of
from mfg.batches.redlines import added_step, approved, redlined_record, redlined_step
from mfg.batches.rules import DONE, NOT_NEEDED
from mfg.facts import Missing, Reading, Refused, Verdict
from mfg.recipes import master
from mfg.recipes.expressions import evaluate, holds
from mfg.recipes.master import FieldSpec, MasterRecord
from mfg.recipes.records import master_record_in

Known = Decimal | Reading | str | datetime
#: computed values are kept to so many decimals, the last one rounded half-even; what is kept is what is judged
KEPT = Decimal("0.000001")
NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Calculated:
    """The answer of a formula, or why there is none."""

    amount: Decimal | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """Whether the condition of a step leads there, and the sentence that says so."""

    verdict: Verdict
    why: str = ""


@dataclass
class Flow:
    """One batch: the record it pins, its redlines, its steps in order, and the entries that count."""

    pinned: MasterRecord
    redlines: Sequence[Redline]
    steps: Sequence[Step]
    #: step code -> field -> entry
    entries: dict[str, dict[str, StepEntry]]
    _branches: dict[str, Branch] = field(default_factory=dict)

    @cached_property
    def record(self) -> MasterRecord:
        """The master record with the approved redlines of this batch."""
        return redlined_record(self.pinned, self.redlines)

    @cached_property
    def _shapes(self) -> dict[str, master.Step]:
        """Every step as pinned, and those a redline added, without the redlines on them."""
        added = [added_step(json.loads(one.change)) for one in approved(self.redlines) if one.kind == "step"]
        return {step.id: step for step in (*(step for _, step in self.pinned.steps()), *added)}

    def shape(self, row: Step) -> master.Step:
        """What this repeat of a step asks for, in this batch."""
        return redlined_step(self._shapes[row.step_id], self.redlines, row.repeat)

    def of(self, row: Step) -> dict[str, StepEntry]:
        """The entries of a step that count, by field."""
        return self.entries.get(row.code, {})

    def put(self, entry: StepEntry) -> None:
        """An entry more: what it changes is worked out anew."""
        self.entries.setdefault(entry.step, {})[entry.field] = entry
        self._branches.clear()

    def before(self, row: Step) -> Iterator[Step]:
        """The steps before one, in order; of the staged part only those of the same stage."""
        return (one for one in self.steps if place(one) < place(row))

    # --- values -----------------------------------------------------------------------------------------------

    def known(self, row: Step) -> dict[str, Known]:
        """What a formula of this step may use: `field` of its own, `step.field` of what is done before."""
        own = dict(self._values(row))
        return self.known_before(row) | {f"{row.step_id}.{name}": value for name, value in own.items()} | own

    def known_before(self, row: Step) -> dict[str, Known]:
        """What a condition of this step may use: `step.field` of what is done before.

        Of a step that was repeated the last time counts. What nobody did, or a branch left out, has no value.
        """
        latest = {one.step_id: one for one in self.before(row) if one.stage in (0, row.stage) and one.state in DONE
                  and one.step_id != row.step_id and self.branch(one).verdict is Verdict.PASS}
        return {f"{id}.{name}": value for id, one in latest.items() for name, value in self._values(one)}

    def _values(self, row: Step) -> Iterator[tuple[str, Known]]:
        kinds = {one.id: one.kind for one in self.shape(row).fields}
        for name, entry in self.of(row).items():
            value = _value(entry, kinds.get(name, ""))
            if value is not None:
                yield name, value

    # --- branches and loops -------------------------------------------------------------------------------------

    def branch(self, row: Step) -> Branch:
        """PASS: the step is done. FAIL: its condition leaves it out. CANNOT DETERMINE: nobody can tell yet."""
        if row.code not in self._branches:
            self._branches[row.code] = self._branch(row)
        return self._branches[row.code]

    def _branch(self, row: Step) -> Branch:
        condition = self.shape(row).when
        if not condition:
            return Branch(Verdict.PASS)
        try:
            led = holds(condition, self.known_before(row))
        except Missing as missing:
            return Branch(Verdict.CANNOT_DETERMINE, f"Whether it is needed cannot be told yet: {missing}")
        except Refused as refused:
            return Branch(Verdict.CANNOT_DETERMINE, f"Whether it is needed cannot be told: {refused.why}")
        return Branch(Verdict.PASS, f"{condition} holds.") if led else Branch(
            Verdict.FAIL, f"it is done only when {condition}.")

    def standing(self, row: Step) -> str:
        """The state of a step as people see it: a step whose branch is not taken is not needed."""
        unbegun = row.state in ("todo", "paused")
        return NOT_NEEDED if unbegun and self.branch(row).verdict is Verdict.FAIL else row.state

    def begun(self, row: Step) -> bool:
        """Somebody has worked on this step; what the system calculated for it is no work."""
        return row.state != "todo" or any(one.how != "computed" for one in self.of(row).values())

    def in_the_way(self, row: Step) -> tuple[str, ...]:
        """Earlier steps that are still to do, by what follows the batch in their codes."""
        return tuple(short(one) for one in self.before(row) if self.standing(one) in ("todo", "paused"))

    def open_loops(self, row: Step) -> tuple[str, ...]:
        """Loops before this step that have not come to their end, each as a sentence."""
        return self._loops(one for one in self.before(row) if one.step_id != row.step_id
                           and one.stage in (0, row.stage))

    def loops(self) -> tuple[str, ...]:
        """Every loop of the batch that has not come to its end."""
        return self._loops(self.steps)

    def looping(self) -> frozenset[str]:
        """The codes of the steps that are to be done once more, because their loop has not come to its end."""
        last = {(one.step_id, one.stage): one for one in self.steps}
        return frozenset(one.code for one in last.values() if self._loop(one))

    def _loops(self, steps: Iterable[Step]) -> tuple[str, ...]:
        last = {(one.step_id, one.stage): one for one in steps}
        return tuple(said for one in last.values() if (said := self._loop(one)))

    def _loop(self, row: Step) -> str:
        until = self.shape(row).until
        if not until or self.standing(row) not in DONE:
            return ""
        try:
            if holds(until, self.known(row)):
                return ""
            why = "that is not so yet"
        except Missing as missing:
            why = f"that cannot be told: {missing}"
        except Refused as refused:
            why = f"that cannot be told: {refused.why}"
        return f"{row.step_id} repeats until {until}; {why}. Do it once more."

    # --- calculations ---------------------------------------------------------------------------------------------

    def calculate(self, row: Step, spec: FieldSpec) -> Calculated:
        """What a calculated field comes to, to six decimals; or why it cannot be determined."""
        try:
            answer = evaluate(spec.formula, self.known(row))
        except Missing as missing:
            return Calculated(None, f"{spec.label} cannot be determined: {missing}")
        except Refused as refused:
            return Calculated(None, f"{spec.label} cannot be determined: {refused.why}")
        if not isinstance(answer, Decimal):
            return Calculated(None, f"{spec.label} cannot be determined: its formula gives no number.")
        if abs(answer) >= Decimal(10) ** 12:
            return Calculated(None, f"{spec.label} cannot be determined: it would be 10^12 or more. Check what it is "
                                    "calculated from.")
        return Calculated(answer.quantize(KEPT))


def place(row: Step) -> tuple[int, int, int]:
    """Where a step stands in its batch."""
    return row.stage, row.ordinal, row.repeat


def short(row: Step) -> str:
    """The code without its batch."""
    return row.code.partition("/")[2]


def _value(entry: StepEntry, kind: str) -> Known | None:
    """What arithmetic may use of an entry: nothing of one that does not apply or could not be determined."""
    if entry.how == NOT_APPLICABLE:
        return None
    if kind == "reading":
        return Reading.parse(entry.value)
    if entry.amount is not None or kind in ("number", "calculated"):
        return entry.amount
    return entry.moment or entry.value


def by_step(entries: Sequence[StepEntry]) -> dict[str, dict[str, StepEntry]]:
    """The entries that count, by step and field."""
    found: dict[str, dict[str, StepEntry]] = {}
    for one in current(entries):
        found.setdefault(one.step, {})[one.field] = one
    return found


def flow_of(session: Session, batch: Batch, entries: Sequence[StepEntry] | None = None,
            steps: Sequence[Step] | None = None) -> Flow:
    """The batch as it stands. Four statements, however many steps and entries it has; fewer for what is read."""
    if entries is None:
        entries = entries_of(session, batch.code)
    return Flow(master_record_in(session, batch.master_record), redlines_of(session, batch.code),
                steps_of(session, batch.code) if steps is None else steps, by_step(entries))
