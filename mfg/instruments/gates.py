"""Gates as data: what a gate file holds, whatever wrote it. It reads no file and counts no event."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mfg.instruments.gate_scales import Scale

#: the root above all gates
ALL = "All events"
_STEP = re.compile(r"(?:[^\\/]|\\.)+")


def path_above(path: str) -> str:
    """The whole path of the parent of a population; a slash behind a backslash is part of a name.

    >>> path_above("Live/NK"), path_above("Live"), path_above("Live/A\\\\/B")
    ('Live', 'All events', 'Live')
    """
    return "/".join(_STEP.findall(path)[:-1]) or ALL


@dataclass(frozen=True, slots=True)
class Dimension:
    """One axis of a gate: channel, compensation, scale, and the bounds on that scale (low <= x < high)."""

    channel: str
    compensation: str
    scale: Scale | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate. `operands` of a gate made of others are (gate, is it the others that are meant)."""

    id: str
    parent: str
    kind: str
    dimensions: tuple[Dimension, ...] = ()
    vertices: tuple[tuple[float, float], ...] = ()
    operands: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Matrix:
    """A compensation of the gate file: dye by dye its signal in every detector."""

    dyes: tuple[str, ...]
    detectors: tuple[str, ...]
    rows: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class GateFile:
    """A whole gate file. `sha256` is of its bytes."""

    name: str
    sha256: str
    gates: dict[str, Gate]
    matrices: dict[str, Matrix]

    def path(self, gate: str) -> str:
        """The whole path, such as Live/NK; the root of all is not part of it."""
        parent = self.gates[gate].parent
        return f"{self.path(parent)}/{gate}" if parent else gate

    def parent_path(self, gate: str) -> str:
        """The whole path of the parent, or that it is all events."""
        parent = self.gates[gate].parent
        return self.path(parent) if parent else ALL

    def channels(self) -> tuple[str, ...]:
        """Every channel of the file that the gates rest on, once, in the order of the gates."""
        found: list[str] = []
        for axis in (axis for gate in self.gates.values() for axis in gate.dimensions):
            table = self.matrices.get(axis.compensation)
            found += table.detectors if table else [axis.channel]
        return tuple(dict.fromkeys(found))
