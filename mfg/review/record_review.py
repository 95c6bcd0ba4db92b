"""The review as the printed batch record tells it: exceptions, points of completeness, what each reviewer signed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.flow import Flow
from mfg.facts import judge
from mfg.paper.record_shape import ExceptionLine, Table
from mfg.review.batch_record import hash_of
from mfg.review.completeness import COMPLETENESS
from mfg.review.exceptions import RecordException, exceptions_of
from mfg.review.gather import batch_record
from mfg.review.record_names import Names, when
from mfg.review.record_steps import Hidden
from mfg.review.records import Review, ReviewMark, reviews_of
from mfg.review.unseen import Cover

_PERSON = re.compile(r"\bP-\d{4,}\b")


@dataclass(frozen=True)
class Reviewed:
    """What the review adds to the record."""

    exceptions: tuple[ExceptionLine, ...]
    points: Table
    coverage: tuple[str, ...]


def reviewed(session: Session, batch: str, names: Names) -> Reviewed:
    """Exceptions as they are now, the worst first, with what the last review said of each."""
    record, reviews = batch_record(session, batch), reviews_of(session, batch)
    marks = {one.key: one for one in session.scalars(select(ReviewMark).where(
        ReviewMark.review.in_([one.code for one in reviews])).order_by(ReviewMark.code))}
    points = tuple((one.rule, one.title, one.verdict.value, one.why) for one in judge(COMPLETENESS, record))
    return Reviewed(
        tuple(_line(one, marks.get(one.key), names) for one in exceptions_of(record)),
        Table(("Point", "21 CFR 211.188", "Verdict", "Found"), points, "No point of completeness is judged."),
        tuple(_told(reviews, hash_of(record), names)))


def _line(one: RecordException, mark: ReviewMark | None, names: Names) -> ExceptionLine:
    said = f"{mark.told} ({names(mark.by, mark.at, apart=', ')}, {mark.review})" if mark else ""
    return ExceptionLine(one.severity, one.kind, one.on, named(one.what, names), one.value, one.limit,
                         named(one.who, names), when(one.at), said)


def without(one: ExceptionLine, flow: Flow, unseen: Hidden) -> ExceptionLine:
    """The same line without a value that is still to be read again blind."""
    what, value, limit = Cover(flow, unseen).line(one.where, one.what, one.value, one.limit)
    return replace(one, what=what, value=value, limit=limit)


def named(text: str, names: Names) -> str:
    """A text with the printed name in the place of every person's code."""
    return _PERSON.sub(lambda found: names(found[0]), text)


def _told(reviews: Sequence[Review], now: str, names: Names) -> Iterable[str]:
    """Each review: how it ended, and whether the record is still what it covered."""
    for one in reviews:
        of = "the whole record" if one.stage is None else f"the record up to stage {one.stage}"
        ended = f"{one.state} {names(one.ended_by, one.ended_at, apart=', ')}" if one.ended_by else "not ended"
        changed = one.stage is None and one.state == "signed" and one.record_hash != now
        yield (f"{one.code}, {of}, begun by {names(one.begun_by, one.begun_at, apart=', ')}, {ended}"
               + (". VOID: the record has been changed since." if changed else ".")
               + (f"\n{one.statement}" if one.statement else ""))
