"""What must be true before anything is done to a container of cells. Pure.

What each transformation does to identity and quantity is the table in `transformations.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mfg.batches.transformations import CHANGES, FEWER, SAME, TRANSFORMATIONS, Transformation
from mfg.facts import Move, Moves, need, passed, plain, rule, significant

CONTAINER = Moves("container", "in use", frozenset({"discarded"}), (
    Move("freeze container", frozenset({"in use"}), "frozen"),
    Move("thaw container", frozenset({"frozen"}), "in use"),
    Move("discard container", frozenset({"in use", "frozen"}), "discarded"),
))
#: kinds in which cells grow: a later count may find more than went in
GROWING = frozenset({"vessel"})


@dataclass(frozen=True)
class Origin:
    """A container that another one is to be made from, what is in it, and how much is to be taken out."""

    code: str
    kind: str
    recipient: str
    donor: str
    batch: str
    #: why it may not be opened; empty when it may
    closed: str = ""
    left_ml: Decimal | None = None
    taken_ml: Decimal | None = None
    #: viable cells in what is taken; None: not known
    taken_cells: Decimal | None = None
    #: how its label was read: scanned, or typed with its check character
    how: str = ""


@dataclass(frozen=True)
class Making:
    """Containers about to be made from others, by one transformation of the table."""

    transformation: str
    batch: str
    recipient: str
    donor: str
    parents: tuple[Origin, ...]
    #: volume in each new container
    parts_ml: tuple[Decimal, ...] = ()
    #: viable cells counted in the new container; None: not counted
    cells: Decimal | None = None
    #: do cells of this process carry an antibody? Then only loaded ones are filled
    loads: bool = True

    @property
    def codes(self) -> tuple[str, ...]:
        """The containers it is made from."""
        return tuple(one.code for one in self.parents)


@rule("CON-01", "One recipient, one listed donor")
def one_chain(f: Making) -> Any:
    """A container holds cells of one recipient's batch and its listed donor; nothing else is ever mixed in
    (21 CFR 1271.220(b))."""
    need(f.parents, "No container is named that the cells come from. Scan one.")
    strange = [one for one in f.parents if (one.recipient, one.donor) != (f.recipient, f.donor)]
    return passed(not strange), (f"All cells are of donor {f.donor} for {f.recipient}." if not strange else
                                 "; ".join(f"{one.code} is for {one.recipient} from {one.donor}" for one in strange) +
                                 f"; this batch is for {f.recipient} from {f.donor}. Stop: put it aside and call the "
                                 "supervisor."), \
        ", ".join(one.code for one in strange), f.recipient, f.codes


@rule("CON-02", "Of the same batch")
def same_batch(f: Making) -> Any:
    """Containers of one batch come from containers of that batch."""
    other = [f"{one.code} of {one.batch or 'no batch'}" for one in f.parents if one.batch != f.batch]
    return passed(not other), (f"Everything comes from {f.batch}." if not other else
                               f"{', '.join(other)} is not of {f.batch}. Scan a container of this batch."), \
        ", ".join(other), f.batch, f.codes


@rule("CON-03", "A transformation of the table")
def declared(f: Making) -> Any:
    """Only what is declared can happen to cells: a transformation takes the kinds and the number of containers it
    names, and makes one kind."""
    how: Transformation = need(TRANSFORMATIONS.get(f.transformation), f"“{f.transformation}” is not a transformation "
                               f"of cells. Possible: {', '.join(TRANSFORMATIONS)}.")
    origins = _origins(how, f.loads)
    wrong = [f"{one.code} is a {one.kind}" for one in f.parents if one.kind not in origins]
    if wrong:
        return passed(False), (f"To {how.name}, a {' or '.join(sorted(origins)) or 'collection'} is taken; "
                               f"{', '.join(wrong)}."), f.transformation, ", ".join(sorted(origins)), f.codes
    low, high = how.parents
    if not low <= len(f.parents) <= high:
        return passed(False), (f"To {how.name} takes {low}{'' if high == low else f' to {high}'} containers; "
                               f"{len(f.parents)} were scanned."), str(len(f.parents)), f"{low} to {high}", f.codes
    kinds = sorted({one.kind for one in f.parents})
    if how.makes == SAME and len(kinds) > 1:
        return passed(False), (f"{' and '.join(kinds)} cannot go into one container. Scan containers of one kind."), \
            ", ".join(kinds), "one kind", f.codes
    return passed(True), f"{how.name}: {how.about}", how.name, ", ".join(sorted(origins)), f.codes


def _origins(how: Transformation, loads: bool) -> frozenset[str]:
    """What it is made from; of a process that loads cells only loaded ones are filled, of another none are."""
    return frozenset({"loaded cells" if loads else "harvest"}) if how.makes == "dose bag" else how.origins


def kind_made(how: Transformation, parents: Sequence[str]) -> str:
    """The kind of the new container, from the kinds of those it is made from."""
    return parents[0] if how.makes == SAME and parents else how.makes


@rule("CON-04", "Not more is taken than is there")
def enough_there(f: Making) -> Any:
    """Nobody takes more out of a container than is in it; an unknown content gives nothing."""
    for one in f.parents:
        need(one.left_ml, f"It is not known how much is in {one.code}. Measure its content on its page first.")
        need(one.taken_ml, f"It is not said how much is taken out of {one.code}.")
    much = [f"{plain(one.taken_ml or Decimal(0))} mL are to be taken out of {one.code}, which holds "
            f"{plain(one.left_ml or Decimal(0))} mL" for one in f.parents if _takes_wrongly(one)]
    return passed(not much), ("There is enough in each." if not much else
                              f"{'; '.join(much)}. Take less, or measure what is in it again."), \
        ", ".join(plain(one.taken_ml or Decimal(0)) for one in f.parents), \
        ", ".join(plain(one.left_ml or Decimal(0)) for one in f.parents), f.codes


def _takes_wrongly(one: Origin) -> bool:
    taken, left = one.taken_ml or Decimal(0), one.left_ml or Decimal(0)
    return not 0 < taken <= left


@rule("CON-05", "No volume comes from nothing")
def volume_kept(f: Making) -> Any:
    """Where no liquid is added, the new containers together hold no more than was taken; the rest is the loss."""
    how: Transformation = need(TRANSFORMATIONS.get(f.transformation), "Nothing is known of what was done.")
    if any(one <= 0 for one in f.parts_ml) or not f.parts_ml:
        return passed(False), "Every new container holds more than 0 mL. Say how much is in it.", "", "more than 0"
    if how.volume == CHANGES:
        return passed(True), "Liquid is added or taken off.", plain(sum(f.parts_ml)), "", f.codes
    taken = sum((need(one.taken_ml, f"It is not said how much is taken out of {one.code}.") for one in f.parents),
                Decimal(0))
    made, ok = sum(f.parts_ml, Decimal(0)), sum(f.parts_ml, Decimal(0)) <= taken
    return passed(ok), (f"{plain(taken)} mL taken - {plain(made)} mL = {plain(taken - made)} mL lost." if ok else
                        f"{plain(made)} mL cannot come of {plain(taken)} mL; nothing is added to {f.transformation}. "
                        "Measure again."), plain(made), f"at most {plain(taken)} mL", f.codes


@rule("CON-06", "Never more cells than went in")
def no_cell_from_nothing(f: Making) -> Any:
    """A new container holds at most the viable cells that were taken for it; they grow in culture only."""
    how: Transformation = need(TRANSFORMATIONS.get(f.transformation), "Nothing is known of what was done.")
    if f.cells is None:
        return passed(True), "No count of the new container is told.", "", "", f.codes
    if how.cells != FEWER:
        return passed(False), (f"Cells are shared as the volume is when you {how.name}; no count is told here. Leave "
                               "it empty."), significant(f.cells), "", f.codes
    given = sum((need(one.taken_cells, f"What went in from {one.code} was never counted, so a count of what came out "
                      "proves nothing here. Leave it empty and count in a step.") for one in f.parents), Decimal(0))
    ok = 0 <= f.cells <= given
    return passed(ok), (f"{significant(f.cells)} of {significant(given)} viable cells." if ok else
                        f"{significant(f.cells)} viable cells cannot come of {significant(given)}. Count again."), \
        significant(f.cells), f"at most {significant(given)}", f.codes


@rule("CON-07", "It may be opened")
def may_be_opened(f: Making) -> Any:
    """Nothing is taken out of a container that is frozen, discarded, or a bag that is released."""
    shut = [one for one in f.parents if one.closed]
    return passed(not shut), ("Each may be opened." if not shut else " ".join(one.closed for one in shut)), \
        ", ".join(one.code for one in shut), "in use", f.codes


@dataclass(frozen=True)
class Losing:
    """What went into a transformation and what came out, in mL where no liquid is added, else in viable cells."""

    transformation: str
    went_in: Decimal | None
    came_out: Decimal | None
    unit: str
    #: percent that may be lost, by the master record; None: it does not say
    most_percent: Decimal | None
    made: str = ""


@rule("CON-11", "No more is lost than stated")
def loss_within(f: Losing) -> Any:
    """Of what went in, at most the share is lost that the master record states; more opens a deviation."""
    went_in: Decimal = need(f.went_in, "What went in is not known, so the loss is not either.")
    came_out: Decimal = need(f.came_out, "What came out was not counted when it was made; the loss is not known.")
    most: Decimal = need(f.most_percent, f"The master record does not say how much may be lost to {f.transformation}.")
    if went_in <= 0:
        return passed(False), "Nothing went in.", plain(went_in), "more than 0", (f.made,)
    lost = (went_in - came_out) / went_in * 100
    unit = "mL" if f.unit == "mL" else "viable cells"
    if lost < 0:
        return passed(False), (f"{significant(came_out)} {unit} cannot come of {significant(went_in)}. Look at both "
                               "counts."), significant(lost), "0 or more", (f.made,)
    return passed(lost <= most), (f"{significant(went_in)} {unit} in, {significant(came_out)} out: "
                                  f"{significant(lost)} % lost; at most {plain(most)} % was stated."), \
        significant(lost), f"at most {plain(most)} %", (f.made,)


# --- what happens to a container itself ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Changing:
    """Something about to happen to a container from which no new one comes."""

    transformation: str
    code: str
    kind: str
    #: kinds the master record freezes
    frozen_kinds: tuple[str, ...] = ()
    #: for a dose bag: the state of its dose while the bag is one of its present fill; empty: nobody waits for it
    waited_for: str = ""
    closed: str = ""
    #: what was measured, mL and viable cells
    volume_ml: Decimal | None = None
    cells: Decimal | None = None
    #: viable cells that were taken for it when it was made; None: not known
    given: Decimal | None = None


@rule("CON-08", "The process freezes it")
def process_freezes(f: Changing) -> Any:
    """Cells are frozen and thawed only where the master record of the batch says so."""
    ok = f.kind in f.frozen_kinds
    return passed(ok), (f"The master record freezes a {f.kind}." if ok else
                        f"The master record of this batch freezes no {f.kind}. Change the master record first."), \
        f.kind, ", ".join(f.frozen_kinds), (f.code,)


@rule("CON-09", "Nobody waits for it")
def nobody_waits(f: Changing) -> Any:
    """A bag of the present fill of a dose is discarded only once that dose is rejected or filled again."""
    ok = f.waited_for in ("", "rejected", "released then failed", "revoked")
    return passed(ok), ("No dose needs it." if ok else
                        f"{f.code} belongs to a dose that is {f.waited_for}. Reject the dose, or fill it again, "
                        "first."), f.waited_for, "", (f.code,)


@rule("CON-10", "A measurement that can be")
def measurable(f: Changing) -> Any:
    """A content is weighed and counted where it can be opened; outside culture it holds no more cells than went in."""
    kinds = TRANSFORMATIONS["measure"].origins
    if f.closed or f.kind not in kinds:
        return passed(False), f.closed or (f"What is in a {f.kind} is what was filled into it and checked; it is not "
                                           "measured again here."), f.kind, ", ".join(sorted(kinds)), (f.code,)
    volume: Decimal = need(f.volume_ml, f"It is not said how much is in {f.code}. Measure its volume.")
    if volume < 0 or (f.cells is not None and f.cells < 0):
        return passed(False), "Less than nothing cannot be in a container. Measure again.", plain(volume), "0 or more"
    if f.cells is None or f.kind in GROWING or f.given is None:
        return passed(True), f"{plain(volume)} mL in {f.code}.", plain(volume), "", (f.code,)
    ok = f.cells <= f.given
    return passed(ok), (f"{significant(f.cells)} of the {significant(f.given)} viable cells that went in." if ok else
                        f"{significant(f.cells)} viable cells cannot be in {f.code}: {significant(f.given)} went in. "
                        "Count again."), significant(f.cells), f"at most {significant(f.given)}", (f.code,)


MAKE = (one_chain, same_batch, declared, may_be_opened, enough_there, volume_kept, no_cell_from_nothing)
LOSE = (loss_within,)
FREEZE = (process_freezes,)
DISCARD = (nobody_waits,)
MEASURE = (measurable,)
