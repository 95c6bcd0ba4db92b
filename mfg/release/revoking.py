"""Taking a release back: the dose is stopped at every door, everybody concerned is told, and nothing is undone."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mfg.batches.records import dose as dose_of
from mfg.batches.rules import DOSE
from mfg.batches.stops import stop
from mfg.custody.holders import holders
from mfg.custody.recall_records import was_infused
from mfg.facts import judge, refuse_unless
from mfg.ledger import Who, act, fresh
from mfg.notices.records import notify
from mfg.release.acts import batch_around, keep_decision
from mfg.release.gather import decide
from mfg.release.revoking_rules import REVOKE, Revoking

TOLD = ("principal investigator", "treating physician", "qa", "qualified person", "medical director", "warehouse")


def revoke_release(session: Session, who: Who, *, dose: str, seen: str | None = None) -> str:
    """Take the release of a dose back, with the reason, and stop its bags. Returns the decision's code."""
    with act(session, "revoke release", on=dose, within=batch_around(dose), **who.how) as doing:
        row, why = dose_of(session, dose), doing.how.reason
        fresh(row, seen)
        DOSE.after("revoke release", row.state)
        refuse_unless(judge(REVOKE, Revoking(dose, was_infused(session, dose))))
        judged = decide(session, dose, doing.at)
        keep_decision(session, doing, row, judged, judged.for_release)
        stop(session, batch=row.batch, dose=dose, cause=doing.result or dose, why=f"Release revoked: {why}",
             by=doing.by.code, at=doing.at)
        places = "; ".join(f"{one.bag}: {one.where}" for one in holders(session, [row]))
        notify(session, to=TOLD, about=dose, within=row.batch, at=doing.at, because_of=doing.verb.name,
               what=f"The release of {dose} is revoked: {why} Bags: {places}.",
               todo=f"Do not use it. Keep every bag apart. Recall it where it has left: /doses/{dose}/holders.")
    return doing.result
