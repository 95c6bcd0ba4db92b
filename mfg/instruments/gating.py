"""Which events lie in which gate. It compares floats and gives whole counts; no float leaves but the points of a
picture.

A bound belongs to the gate below and not above (low <= x < high), and the edge of a polygon is inside, as Gating-ML
2.0 says. A gate that refers to another means that population with all its parents.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from mfg.facts import Refused, shown
from mfg.instruments.fcs import Flow
from mfg.instruments.gates import ALL, Dimension, Gate, GateFile

Inverse = tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[float, ...], ...]]
_PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Population:
    """One gate counted: whole path, whole path of its parent, and the events in both."""

    path: str
    parent: str
    events: int
    of_events: int


def share(events: int, of_events: int) -> Decimal | None:
    """Percent of the parent to four decimals; None where the parent is empty. The counts are the raw data."""
    if of_events <= 0:
        return None
    with localcontext() as exact:
        exact.prec = 40
        return (Decimal(events) * 100 / Decimal(of_events)).quantize(_PLACES, ROUND_HALF_EVEN)


def populations(gated: Gated) -> tuple[Population, ...]:
    """Every gate of the file counted, in its order."""
    gates = gated.gates
    return tuple(Population(gates.path(one.id), gates.parent_path(one.id), len(gated.members(one.id)),
                            len(gated.members(one.parent)) if one.parent else gated.flow.events)
                 for one in gates.gates.values())


class Gated:
    """One file under one set of gates; each gate is worked out once."""

    def __init__(self, flow: Flow, gates: GateFile) -> None:
        self.flow, self.gates = flow, gates
        self._members: dict[str, array[int]] = {}
        self._values: dict[tuple[str, str], array[float]] = {}
        self._inverses: dict[str, Inverse] = {}

    def members(self, gate: str) -> array[int]:
        """The events of a gate by their place in the file, from 0; of all events for a blank gate."""
        if not gate:
            return array("I", range(self.flow.events))
        if gate not in self._members:
            one = self.gates.gates[gate]
            inside = self.members(one.parent) if one.parent else range(self.flow.events)
            found = {"rectangle": self._rectangle, "polygon": self._polygon}.get(one.kind, self._made_of)(one, inside)
            self._members[gate] = array("I", found)
        return self._members[gate]

    def _rectangle(self, gate: Gate, inside: Sequence[int]) -> Sequence[int]:
        for axis in gate.dimensions:
            values = self.values(axis)
            back = axis.scale.forms().back if axis.scale else float
            low = back(axis.low) if axis.low is not None else -math.inf
            high = back(axis.high) if axis.high is not None else math.inf
            inside = [event for event in inside if low <= values[event] < high]
        return inside

    def _polygon(self, gate: Gate, inside: Sequence[int]) -> Sequence[int]:
        axes = [self.values(axis) for axis in gate.dimensions]
        forms = [axis.scale.forms() if axis.scale else None for axis in gate.dimensions]
        # only what lies in the box around the polygon is looked at closely; a hair wider, against rounding
        for place in (0, 1):
            ends = [corner[place] for corner in gate.vertices]
            hair = (max(ends) - min(ends)) * 1e-9
            form = forms[place]
            back: Callable[[float], float] = form.back if form else float
            low, high, values = back(min(ends) - hair), back(max(ends) + hair), axes[place]
            inside = [event for event in inside if low <= values[event] <= high]
        on: list[Callable[[float], float]] = [one.on if one else float for one in forms]
        xs, ys = axes
        return [event for event in inside if within(on[0](xs[event]), on[1](ys[event]), gate.vertices)]

    def _made_of(self, gate: Gate, inside: Sequence[int]) -> Sequence[int]:
        every = set(inside)
        parts = [every - set(self.members(name)) if turned != (gate.kind == "not") else every & set(self.members(name))
                 for name, turned in gate.operands]
        return sorted(set.union(*parts) if gate.kind == "or" else set.intersection(*parts))

    # the values of an axis

    def values(self, axis: Dimension) -> array[float]:
        """Every event's value on an axis: scaled as the instrument says, and compensated as the gate says."""
        key = (axis.compensation, axis.channel)
        if key not in self._values:
            raw = axis.compensation == "uncompensated" or (
                axis.compensation == "FCS" and axis.channel not in self._inverse("FCS")[0])
            self._values[key] = self._scaled(axis.channel) if raw else self._compensated(*key)
        return self._values[key]

    def _scaled(self, name: str) -> array[float]:
        key = ("uncompensated", name)
        if key not in self._values:
            channel = self.flow.channel(name)
            if channel is None:
                there = ", ".join(one.name for one in self.flow.channels[:40])
                raise self._fault(f"the gates use the channel {shown(name)}, which the file does not have",
                                  f"one of {there} was expected")
            if name.lower() == "time" and self.flow.has_time_step:
                raise self._fault("a gate uses the time of a file that counts it in steps",
                                  "gates on time are supported only where the file has no $TIMESTEP")
            self._values[key] = self.flow.scaled(channel)
        return self._values[key]

    def _compensated(self, compensation: str, name: str) -> array[float]:
        dyes, detectors, inverse = self._inverse(compensation)
        place = dyes.index(name)
        total = array("d", bytes(8 * self.flow.events))
        for row, detector in zip(inverse, detectors, strict=True):
            if factor := row[place]:
                total = array("d", [a + factor * b for a, b in zip(total, self._scaled(detector), strict=True)])
        return total

    def _inverse(self, compensation: str) -> Inverse:
        if compensation not in self._inverses:
            self._inverses[compensation] = self._turned(compensation)
        return self._inverses[compensation]

    def _turned(self, compensation: str) -> Inverse:
        if compensation == "FCS":
            spill = self.flow.spillover
            if spill is None and self.flow.other_compensation:
                raise self._fault("the file keeps its compensation in the older form ($COMP)",
                                  "$SPILLOVER is supported; give the compensation in the gate file")
            # a file without a compensation is used as it is, as Gating-ML 2.0 says
            return (spill.names, spill.names, self._solved(spill.rows)) if spill else ((), (), ())
        found = self.gates.matrices[compensation]
        return found.dyes, found.detectors, self._solved(found.rows)

    def _solved(self, rows: tuple[tuple[float, ...], ...]) -> tuple[tuple[float, ...], ...]:
        answer = inverted(rows)
        if answer is None:
            raise self._fault("a compensation cannot be turned round, its rows are not independent",
                              "a table with one dye for each detector was expected")
        return answer

    def _fault(self, wrong: str, expected: str) -> Refused:
        return Refused(f"{self.flow.name} with {self.gates.name}: {wrong}; {expected}. Nothing was counted. Choose the "
                       "gate file of this panel.", kind="input")


def within(x: float, y: float, corners: Sequence[tuple[float, float]]) -> bool:
    """Is the point in the polygon or on its edge? Where edges cross, twice round counts as outside."""
    inside = False
    px, py = corners[-1]
    for cx, cy in corners:
        if (cy > y) != (py > y):
            cross = (x - cx) * (py - cy) - (px - cx) * (y - cy)
            if cross == 0:
                return True
            inside ^= (cross < 0) == (py > cy)
        elif cy == y == py and min(cx, px) <= x <= max(cx, px):
            return True
        if cx == x and cy == y:
            return True
        px, py = cx, cy
    return inside


def inverted(rows: tuple[tuple[float, ...], ...]) -> tuple[tuple[float, ...], ...] | None:
    """The inverse of a small square table by elimination with pivots; None where there is none."""
    size = len(rows)
    work = [[*row, *(1.0 if place == other else 0.0 for other in range(size))] for place, row in enumerate(rows)]
    for column in range(size):
        best = max(range(column, size), key=lambda row: abs(work[row][column]))
        work[column], work[best] = work[best], work[column]
        pivot = work[column][column]
        if abs(pivot) < 1e-12:
            return None
        work[column] = [value / pivot for value in work[column]]
        for row in range(size):
            if row != column and (factor := work[row][column]):
                work[row] = [a - factor * b for a, b in zip(work[row], work[column], strict=True)]
    return tuple(tuple(row[size:]) for row in work)


__all__ = ["ALL", "Gated", "Population", "inverted", "populations", "share", "within"]
