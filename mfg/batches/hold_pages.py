"""Hold times to look at: time left with its absolute deadline, on step, batch and floor. It decides nothing.

Everything is worked out on the server; script only makes the seconds run.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from mfg.batches.hold_records import HoldTime, hold_time, holds_of
from mfg.batches.hold_rules import told
from mfg.batches.records import Batch
from mfg.batches.records import batch as load_batch
from mfg.batches.told import record_of
from mfg.codes.own import coi_text
from mfg.doors import Page, Pairs
from mfg.facts import plain
from mfg.ledger import now
from mfg.recipes.master import Hold, MasterRecord
from mfg.trial.records import recipient as load_recipient

#: states of a line: what it looks like while script does nothing
OK, SOON, OVER = "ok", "soon", "over"


@dataclass(frozen=True)
class Line:
    """One hold time of a batch as people read it at a moment."""

    row: HoldTime
    shape: Hold
    deviation_state: str | None
    at: datetime

    @property
    def url(self) -> str:
        """Its own page."""
        return f"/holds/{self.row.code}"

    @property
    def look(self) -> str:
        """How pressing it is."""
        row = self.row
        if row.state == "breached" or (row.state == "running" and row.limit_at and row.limit_at < self.at):
            return OVER
        return SOON if row.state == "running" and row.warn_at and row.warn_at <= self.at else OK

    @property
    def verdict(self) -> str:
        """The shape that goes with the words: a breach fails, what is let continue or runs out soon is open."""
        if self.look == OVER:
            return "FAIL"
        unsettled = self.row.state == "stopped in time" and self.deviation_state != "closed"
        if self.look == SOON or self.row.state == "continued" or unsettled:
            return "OPEN"
        return "TODO" if self.row.state == "running" else "PASS"

    @property
    def left(self) -> timedelta:
        """Time left while it runs; below zero once it is over."""
        assert self.row.limit_at is not None
        return self.row.limit_at - self.at

    @property
    def words(self) -> str:
        """Its state in words, with the time left or used."""
        row, limit = self.row, f"{plain(self.shape.limit_minutes)} min"
        used = told(timedelta(microseconds=int(row.used_seconds * 10**6)))
        if row.state == "continued":
            return f"continued under {row.deviation}"
        if row.limit_at is not None:
            return f"OVER by {told(self.left)}" if self.left < timedelta(0) else \
                f"{'soon: ' if self.look == SOON else ''}{told(self.left)} left"
        if row.state == "breached":
            return f"OVER: {used} of {limit}"
        late = f", recorded late ({row.deviation})" if row.state == "stopped in time" else ""
        return f"in time: {used} of {limit}{late}"

    @property
    def deadline(self) -> str:
        """Until when, with date and zone."""
        return when(self.row.limit_at) if self.row.limit_at else "not running"


def when(moment: datetime | None) -> str:
    """A moment as pages write it, with its zone."""
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "not yet"


def lines(record: MasterRecord, kept: Iterable[tuple[HoldTime, str | None]], at: datetime) -> list[Line]:
    """The hold times of a batch, what is pressing first."""
    shapes = {one.id: one for one in record.holds}
    found = [Line(row, shapes[row.hold_id], deviation, at) for row, deviation in kept]
    press = {OVER: 0, SOON: 1, OK: 2}
    return sorted(found, key=lambda one: (press[one.look], one.row.limit_at is None, one.row.limit_at or one.at))


def tiles(found: Iterable[Line]) -> list[dict[str, Any]]:
    """What the strip of a page says: every clock that runs, and every breach nobody has let continue."""
    shown = []
    for one in found:
        row = one.row
        if row.limit_at is not None and row.state != "continued":
            shown.append({"k": one.shape.title, "v": one.words, "state": one.look,
                          "timer_until": row.limit_at.isoformat(),
                          "warn_at": row.warn_at.isoformat() if row.warn_at else None})
        elif row.state == "breached":
            shown.append({"k": one.shape.title, "v": one.words, "state": OVER, "note": row.deviation})
    return shown


HEADERS = ["hold time", "stands", "deadline", "started", "deviation"]


def section(found: Iterable[Line]) -> dict[str, Any]:
    """A table of the hold times of a batch."""
    rows = [[{"text": one.shape.title, "url": one.url, "sub": one.shape.temperature or None},
             {"verdict": one.verdict, "text": one.words}, one.deadline, when(one.row.started_at),
             {"text": one.row.deviation, "url": f"/deviations/{one.row.deviation}", "sub": one.deviation_state}
             if one.row.deviation else "none"] for one in found]
    return {"title": "Hold times", "headers": HEADERS, "rows": rows, "empty": "No hold time has begun."}


def facts(found: Iterable[Line]) -> list[tuple[str, dict[str, Any]]]:
    """For a card on the floor: what runs, and what is over and waits for quality assurance."""
    return [(one.shape.title, {"verdict": one.verdict, "text": one.words, "sub": f"until {one.deadline}"})
            for one in found if one.row.limit_at is not None or one.row.state == "breached"]


def batch_lines(session: Session, row: Batch, at: datetime) -> list[Line]:
    """The hold times of a batch, read from the database."""
    return lines(record_of(session, row), holds_of(session, row.code), at)


def _line(session: Session, hold: str) -> tuple[Line, Batch]:
    row = hold_time(session, hold)
    batch = load_batch(session, row.batch)
    return next(one for one in batch_lines(session, batch, now()) if one.row.code == hold), batch


def show_hold(session: Session, *, hold: str) -> dict[str, Any]:
    """One hold time: where it stands, since when, and what became of a breach."""
    one, batch = _line(session, hold)
    row, shape = one.row, one.shape
    segments = [[start, stop] for start, stop in shape.segments]
    pairs = [("batch", row.batch, False), ("limit", f"{plain(shape.limit_minutes)} min", bool(shape.because)),
             ("warned after", f"{plain(shape.warn_minutes)} min", bool(shape.because)),
             ("at", shape.temperature or "any temperature", False), ("started", when(row.started_at), False),
             ("stopped", when(row.stopped_at), False), ("deadline", one.deadline, False),
             ("deviation", row.deviation or "none", False),
             ("continued by", f"{row.continued_by}, {when(row.continued_at)}" if row.continued_by else "nobody", False)]
    act = {"url": f"/holds/{row.code}/continue-after-breach", "label": "Let it continue under the deviation",
           "danger": False, "main": True}
    see = {"url": f"/deviations/{row.deviation}", "label": "Open the deviation", "danger": False, "main": False}
    return {"code": row.code, "title": shape.title, "state": one.words, "verdict": one.verdict, "pairs": pairs,
            "strip": [{"k": "Chain of identity", "v": coi_text(load_recipient(session, batch.recipient).coi),
                       "code": True}, {"k": "Batch", "v": batch.code, "code": True}, *tiles([one])],
            "back": f"/batches/{row.batch}",
            "actions": ([act] if row.state == "breached" else []) + ([see] if row.deviation else []),
            "sections": [{"title": "Segments", "headers": ["starts with", "stops with"], "rows": segments}]}


def shows_hold(session: Session, *, hold: str) -> Pairs:
    """What quality assurance is about to let continue."""
    one, _batch = _line(session, hold)
    return [("Hold time", one.shape.title), ("Batch", one.row.batch), ("Stands", one.words),
            ("Limit", f"{plain(one.shape.limit_minutes)} min"), ("Started", when(one.row.started_at)),
            ("Deviation", one.row.deviation or "none")]


def hold_version(session: Session, *, hold: str) -> str:
    """The version of the hold time that the person sees."""
    return str(hold_time(session, hold).version)


HOLD_PAGES: tuple[Page, ...] = (Page("/holds/<hold>", show_hold),)
