"""What is in a container, as plain arithmetic: put in or measured, less what was taken out since. Pure.

A number nobody knows stays unknown: it becomes no zero. Volumes in mL, viable cells as a plain number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Content:
    """What is in a container. None: not known."""

    volume_ml: Decimal | None
    cells: Decimal | None = None

    def share(self, part_ml: Decimal) -> Decimal | None:
        """The whole viable cells in this part of it, mixed well; None when they are not known."""
        if self.cells is None or self.volume_ml is None or self.volume_ml <= 0:
            return None
        return (self.cells * part_ml / self.volume_ml).to_integral_value(ROUND_FLOOR)

    def less(self, volume_ml: Decimal | None, cells: Decimal | None) -> Content:
        """What stays when this is taken out. Taking an unknown volume leaves an unknown one."""
        if self.volume_ml is None or volume_ml is None:
            return Content(None)
        rest = self.volume_ml - volume_ml
        if not rest:
            return Content(rest, NOTHING)
        return Content(rest, None if self.cells is None or cells is None else self.cells - cells)


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that says what is in a container: a measurement of it (`sets`), or a part taken out of it.

    Of what happened at one moment the measurements come first: then a part that was taken before one was made leaves
    too little on paper, never too much.
    """

    at: datetime
    sets: bool
    volume_ml: Decimal | None
    cells: Decimal | None = None


def content(first: Content, happened: Iterable[Happened]) -> Content:
    """What is in a container that began with `first`, after everything that happened to it."""
    now = first
    for one in sorted(happened, key=lambda event: (event.at, not event.sets)):
        now = Content(one.volume_ml, one.cells) if one.sets else now.less(one.volume_ml, one.cells)
    return now
