"""One step of gating as a small table of counts, for a picture: what of the parent lies where, and where the gate is.

It draws nothing (`paper/gate_picture.py` does). Bins are laid on the scale of the gate and taken back to that of the
instrument, so no event is transformed. Positions are parts of the picture's side, 0 to 1; they decide nothing.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from mfg.facts import Refused, shown
from mfg.instruments.gate_scales import Forms
from mfg.instruments.gates import Dimension, Gate
from mfg.instruments.gating import Gated

BINS = 40
_KEEP = 0.002  # of the events at either end that may lie beyond the picture's edge; they are drawn at it


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the picture: the channel, its marker, the scale in a word, and marks as (position, text)."""

    channel: str
    marker: str
    scale: str
    marks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One gate among the events of its parent.

    `bins` are rows from the bottom of (events of the parent, of them in the gate); a gate on one channel has one row.
    `outline` are lines: the sides a gate has; where it is open there is none.
    """

    path: str
    parent: str
    events: int
    of_events: int
    sides: tuple[Side, ...]
    bins: tuple[tuple[tuple[int, int], ...], ...]
    outline: tuple[tuple[tuple[float, float], ...], ...]
    #: channels of the gate that the picture cannot show
    unseen: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Axis:
    """A dimension laid out: where values lie between the ends of the picture, on the gate's scale."""

    axis: Dimension
    values: Sequence[float]
    low: float
    high: float
    forms: Forms | None

    def back(self, at: float) -> float:
        return self.forms.back(at) if self.forms else at

    def place(self, at: float) -> float:
        """A value on the scale as part of the side; what lies beyond its ends is beyond 0 and 1."""
        return (at - self.low) / (self.high - self.low)

    def edges(self) -> list[float]:
        return [self.back(self.low + (self.high - self.low) * n / BINS) for n in range(1, BINS)]


def step_of(counted: Gated, gate_id: str) -> Step:
    """The picture's numbers of one gate; a gate made of others, or of an empty parent, has none and is refused."""
    gate = counted.gates.gates.get(gate_id)
    if gate is None or not gate.dimensions:
        raise Refused(f"{shown(gate_id)} cannot be drawn: it is no gate on channels. Choose one of the gates it is "
                      "made of.", kind="input")
    above, inside = counted.members(gate.parent), set(counted.members(gate_id))
    if not above:
        raise Refused(f"{shown(gate_id)} cannot be drawn: its parent {counted.gates.parent_path(gate_id)} has no "
                      "events.", kind="input")
    axes = [_laid_out(counted, gate, n, above) for n in range(min(2, len(gate.dimensions)))]
    rows = BINS if len(axes) == 2 else 1
    bins = [[[0, 0] for _ in range(BINS)] for _ in range(rows)]
    edges = [one.edges() for one in axes]
    for event in above:
        column = bisect_right(edges[0], axes[0].values[event])
        row = bisect_right(edges[1], axes[1].values[event]) if rows > 1 else 0
        cell = bins[row][column]
        cell[0] += 1
        cell[1] += event in inside
    return Step(counted.gates.path(gate_id), counted.gates.parent_path(gate_id), len(inside), len(above),
                tuple(_side(counted, one) for one in axes), tuple(tuple((a, b) for a, b in row) for row in bins),
                _outline(gate, axes), tuple(one.channel for one in gate.dimensions[2:]))


def _laid_out(counted: Gated, gate: Gate, place: int, above: Sequence[int]) -> _Axis:
    axis = gate.dimensions[place]
    values = counted.values(axis)
    forms = axis.scale.forms() if axis.scale else None
    ordered = sorted(values[event] for event in above)
    spare = int(len(ordered) * _KEEP)
    ends = [ordered[spare], ordered[-1 - spare]]
    found = [one for one in (forms.on(end) if forms else end for end in ends) if math.isfinite(one)]
    bounds = [corner[place] for corner in gate.vertices] or [one for one in (axis.low, axis.high) if one is not None]
    span = (max(found) - min(found) if found else 0) or 1.0
    middle = found or bounds
    # a bound far away from every event does not squeeze the picture; it is drawn at the edge
    near = [one for one in bounds if min(middle) - span / 2 <= one <= max(middle) + span / 2]
    low, high = min([*middle, *near]), max([*middle, *near])
    hair = (high - low) * 0.04 or abs(high) * 0.01 or 0.5
    if not math.isfinite(high - low):
        raise Refused(f"{shown(gate.id)} cannot be drawn: its events lie too far apart.", kind="input")
    return _Axis(axis, values, low - hair, high + hair, forms)


def _side(counted: Gated, one: _Axis) -> Side:
    channel = counted.flow.channel(one.axis.channel)
    scale = one.axis.scale.kind if one.axis.scale else "linear"
    return Side(one.axis.channel, channel.marker if channel else "",
                {"fasinh": "asinh", "flin": "linear", "flog": "log"}.get(scale, scale), _marks(one))


def _marks(one: _Axis) -> tuple[tuple[float, str], ...]:
    """Powers of ten of the instrument's own values on a curved scale, round values on a straight one."""
    if one.forms is None or (one.axis.scale and one.axis.scale.kind == "flin"):
        return _round_marks(one)
    found = []
    for sign, power in [(-1, n) for n in range(12, 0, -1)] + [(0, 0)] + [(1, n) for n in range(13)]:
        value = sign * 10.0 ** power if sign else 0.0
        at = one.forms.on(value)
        if one.low < at < one.high:
            text = "0" if not sign else f"{'-' if sign < 0 else ''}1e{power}" if power > 1 else str(sign * 10 ** power)
            found.append((one.place(at), text))
    return tuple(found)


def _round_marks(one: _Axis) -> tuple[tuple[float, str], ...]:
    low, high = one.back(one.low), one.back(one.high)
    rough = (high - low) / 5
    unit = 10.0 ** math.floor(math.log10(rough))
    gap = next(unit * n for n in (1, 2, 5, 10) if unit * n >= rough)
    first = math.ceil(low / gap)
    values = [(first + n) * gap for n in range(6) if (first + n) * gap < high]
    return tuple(((value - low) / (high - low), f"{value:.6g}") for value in values)


def _outline(gate: Gate, axes: Sequence[_Axis]) -> tuple[tuple[tuple[float, float], ...], ...]:
    if gate.vertices:
        corners = _clipped([(axes[0].place(x), axes[1].place(y)) for x, y in gate.vertices])
        return (tuple([*corners, corners[0]]),) if corners else ()
    spans = [(_held(one, one.axis.low, 0.0), _held(one, one.axis.high, 1.0)) for one in axes]
    (left, right), (bottom, top) = spans[0], spans[1] if len(spans) > 1 else (0.0, 1.0)
    lines = [((at, bottom), (at, top)) for at, end in ((left, axes[0].axis.low), (right, axes[0].axis.high))
             if end is not None]
    if len(axes) > 1:
        lines += [((left, at), (right, at)) for at, end in ((bottom, axes[1].axis.low), (top, axes[1].axis.high))
                  if end is not None]
    return tuple(lines)


def _held(one: _Axis, bound: float | None, otherwise: float) -> float:
    return min(1.0, max(0.0, one.place(bound))) if bound is not None else otherwise


def _clipped(corners: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """What of a polygon lies in the picture, cut at its four sides one after the other."""
    for place, end, up in ((0, 0.0, True), (0, 1.0, False), (1, 0.0, True), (1, 1.0, False)):
        kept: list[tuple[float, float]] = []
        for a, b in zip(corners, [*corners[1:], *corners[:1]], strict=True):
            a_in, b_in = ((one[place] >= end) == up or one[place] == end for one in (a, b))
            if a_in:
                kept.append(a)
            if a_in != b_in:
                part = (end - a[place]) / (b[place] - a[place])
                kept.append((a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1])))
        corners = kept
    return corners
