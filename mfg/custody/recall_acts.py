"""Recalling a dose: begun by quality, answered bag by bag by who holds it, closed when nothing is left.

Material lots are recalled in `batches/recall.py`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.records import Dose
from mfg.batches.records import dose as dose_of
from mfg.batches.stops import stop
from mfg.custody.holders import holder, holders
from mfg.custody.recall_records import (
    DoseRecall,
    RecalledBag,
    recall,
    recalled_bag,
    recalled_in,
    running_recall,
)
from mfg.custody.recall_rules import (
    ANSWER,
    BEGIN,
    CLOSE,
    RECALL,
    RECALLED,
    Answering,
    Beginning,
    Reconciling,
)
from mfg.db import next_code
from mfg.facts import judge, refuse_unless
from mfg.identity import roles_of
from mfg.ledger import Doing, Who, act, fresh
from mfg.notices.records import notify
from mfg.quality.records import Deviation, draft, is_done
from mfg.verbs import RECALL_ANSWERERS

#: who is told of a recall beside those who hold a bag
TOLD = ("principal investigator", "qa", "medical director", "qualified person", "warehouse")


def recall_dose(session: Session, who: Who, *, dose: str, seen: str | None = None) -> str:
    """Recall every bag of a dose, with the reason: stop it, say where each bag is, tell everybody. Returns RCL-0001."""
    with act(session, "recall dose", on=dose, **who.how) as doing:
        row = dose_of(session, dose)
        fresh(row, seen)
        doing.within = row.batch
        doing.result = begin(session, doing, row, doing.how.reason).code
    return doing.result


def begin(session: Session, doing: Doing, dose: Dose, why: str) -> DoseRecall:
    """A recall inside the act that causes it."""
    held = holders(session, [dose])
    running = running_recall(session, dose.code)
    refuse_unless(judge(BEGIN, Beginning(dose.code, tuple(one.bag for one in held), running.code if running else None)))
    row = DoseRecall(code=next_code(session, DoseRecall, "RCL", 4), dose=dose.code, batch=dose.batch, why=why,
                     begun_by=doing.by.code, begun_at=doing.at, state=RECALL.start)
    session.add(row)
    session.flush()
    for number, one in enumerate(held, 1):
        session.add(RecalledBag(code=f"{row.code}-{number:02d}", recall=row.code, container=one.bag,
                                holder=one.holder or None, place=one.where, place_known=one.known,
                                answer=RECALLED.start))
    stop(session, batch=dose.batch, dose=dose.code, cause=row.code, why=f"Recalled: {why}", by=doing.by.code,
         at=doing.at)
    places = "; ".join(f"{one.bag}: {one.where}" for one in held)
    notify(session, to=(*TOLD, *_roles(session, [one.holder for one in held])), about=row.code, within=dose.batch,
           at=doing.at, because_of=doing.verb.name, what=f"{dose.code} is recalled: {why} {places}.",
           todo=f"Stop its use. Answer for each bag of {row.code}: returned, destroyed, infused, or cannot be found.")
    doing.signs({"recall": row.code, "dose": dose.code, "why": why, "bags": [[one.bag, one.where] for one in held]})
    return row


def _roles(session: Session, people: list[str]) -> list[str]:
    """The roles of who holds a bag, as far as they are roles that answer."""
    return [role for code in people if code for role in sorted(roles_of(session, code)) if role in RECALL_ANSWERERS]


def answer_recall(session: Session, who: Who, *, recalled: str, answer: str, words: str,
                  happened_at: datetime | None = None, seen: str | None = None) -> str:
    """Say what became of one bag. One that cannot be found opens a critical deviation. Returns the recall's code."""
    with act(session, "answer recall", on=recalled, **who.how) as doing:
        row = recalled_bag(session, recalled)
        fresh(row, seen)
        of = recall(session, row.recall)
        doing.within, at = of.batch, happened_at or doing.at
        RECALL.after("answer recall", of.state)
        state = RECALLED.after(answer, row.answer)
        refuse_unless(judge(ANSWER, Answering(
            row.container, answer, doing.by.code, roles_of(session, doing.by.code),
            _holder_apart_from_answers(session, row), words, at, doing.at)))
        row.answer, row.words, row.happened_at = state, words, at
        row.answered_by, row.answered_at = doing.by.code, doing.at
        if answer == "cannot be found":
            draft(session, within=of.batch, on=row.container, kind="custody gap", severity="critical",
                  by=doing.by.code, at=doing.at, what=f"{row.container} of {of.dose}, recalled in {of.code}, cannot be "
                                                      f"found: {words}"[:2000])
        if answer == "infused":
            _infused(session, doing, of, row)
        doing.signs({"recall": of.code, "bag": row.container, "answer": answer, "words": words, "happened_at": at})
        doing.result = of.code
    return doing.result


def _holder_apart_from_answers(session: Session, row: RecalledBag) -> str:
    """Who holds the bag by hand-overs and shipments; who answered that it cannot be found does not hold it."""
    found = holder(session, row.container)
    return "" if found.record == row.recall else found.holder


def _infused(session: Session, doing: Doing, of: DoseRecall, row: RecalledBag) -> None:
    """A recalled bag that was given needs the physician now (domain dossier 4.4, rule 4)."""
    notify(session, to=("treating physician", "principal investigator", "medical director", "qa"), about=of.code,
           within=of.batch, at=doing.at, because_of=doing.verb.name,
           what=f"{row.container} of the recalled dose {of.dose} was infused: {row.words}",
           todo="Assess the patient, take cultures, treat by what is known of the cause. Tell sponsor and authority.")


def close_recall(session: Session, who: Who, *, recall: str, seen: str | None = None) -> str:
    """Close a recall that is reconciled to zero. Returns its code."""
    with act(session, "close recall", on=recall, **who.how) as doing:
        row = _recall(session, recall)
        fresh(row, seen)
        doing.within = row.batch
        state = RECALL.after("close recall", row.state)
        facts = reconciling(session, row)
        refuse_unless(judge(CLOSE, facts))
        row.state, row.closed_by, row.closed_at = state, doing.by.code, doing.at
        doing.signs({"recall": row.code, "dose": row.dose, "bags": [list(one) for one in facts.bags]})
        doing.result = row.code
    return doing.result


def _recall(session: Session, code: str) -> DoseRecall:
    return recall(session, code)


def reconciling(session: Session, row: DoseRecall) -> Reconciling:
    """A recall as the rules see it."""
    bags = recalled_in(session, row.code)
    lost = [one.container for one in bags if one.answer == "cannot be found"]
    opened = session.scalars(select(Deviation).where(
        Deviation.on_code.in_(lost), Deviation.within == row.batch).order_by(Deviation.code))
    return Reconciling(row.code, tuple((one.container, one.answer) for one in bags),
                       tuple(one.code for one in opened if not is_done(one)))
