"""The hard stop of a wrong identity: nothing is done, and a critical deviation stays. It decides nothing itself."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.db import next_code
from mfg.facts import Refused
from mfg.quality.records import Affected, Deviation, draft
from mfg.quality.rules import DONE

#: kind of the refusal that stops everything: another object, or cells of another chain of identity
STOP = "stop"


def identity_stop(why: str, *, within: str, on: str, also: str = "",
                  requirement: str = "Two identifiers match at every hand-over") -> Refused:
    """A refusal to raise: the attempt is recorded, and a critical deviation on `within` opens in the record of it.

    `also` is the batch whose cells were in the wrong place: the deviation holds it too, until quality assurance lifts
    it. The same mistake made twice is two recorded attempts and one deviation while that is open.
    """
    def leaves(session: Session, doing: Any) -> None:
        what = why[:2000]
        if _open(session, within, on, what):
            return
        row = draft(session, within=within, on=on, kind="identity mismatch", what=what, by=doing.by.code, at=doing.at,
                    requirement=requirement)
        session.flush()
        if also and also != within:
            session.add(Affected(code=next_code(session, Affected, "AFF", 4), deviation=row.code, record=also,
                                 why="Its cells were scanned where others were expected.", named_by=doing.by.code,
                                 named_at=doing.at))

    return Refused(why, kind=STOP, leaves=leaves)


def _open(session: Session, within: str, on: str, what: str) -> bool:
    """Whether this very mistake already has a deviation that nobody has closed."""
    return session.scalar(select(Deviation.code).where(
        Deviation.within == within, Deviation.on_code == on, Deviation.kind == "identity mismatch",
        Deviation.what == what, Deviation.state.not_in(DONE)).limit(1)) is not None
