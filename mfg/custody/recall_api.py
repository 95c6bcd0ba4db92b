"""The doors of recalls, and reading who holds which bag."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.records import Dose
from mfg.batches.records import batch as batch_of
from mfg.batches.records import dose as dose_of
from mfg.batches.stops import DoseStop, stops_within
from mfg.canonical import plain_data
from mfg.custody import recall_acts as acts
from mfg.custody.holders import Held, holder, holders
from mfg.custody.recall_records import DoseRecall, recall, recalled_bag, recalled_in
from mfg.custody.recall_rules import ANSWERS
from mfg.doors import Door, Pairs, View
from mfg.fields import Body, Choice, Moment, Words

ONE, BAG = "/recalls/<recall>", "/recalled/<recalled>"


class AnswerRecall(Body):
    """What became of one bag."""

    answer = Choice("What became of it", ANSWERS)
    happened_at = Moment("When", required=False, hint="Leave it empty for now; else with its zone.")
    words = Words("What happened", limit=1000, kind="textarea", hint="Who saw it by role, and where; no name.")


def doses_of(session: Session, batch: str) -> list[Dose]:
    """The doses of a batch, or a refusal."""
    batch_of(session, batch)
    return list(session.scalars(select(Dose).where(Dose.batch == batch).order_by(Dose.infusion)))


def held_in_batch(session: Session, batch: str) -> list[Held]:
    """Every bag of every dose of a batch, with who holds it."""
    return holders(session, doses_of(session, batch))


def held_of_dose(session: Session, dose: str) -> list[Held]:
    """Every bag of a dose, with who holds it."""
    return holders(session, [dose_of(session, dose)])


def all_recalls(session: Session) -> list[DoseRecall]:
    """All recalls: what is not closed first, then the newest."""
    return list(session.scalars(select(DoseRecall).order_by(DoseRecall.state != "open", DoseRecall.code.desc())))


def columns(row: Any) -> dict[str, Any]:
    """One row as plain data."""
    return {attribute.key: plain_data(getattr(row, attribute.key)) for attribute in row.__mapper__.column_attrs}


def recall_data(session: Session, row: DoseRecall) -> dict[str, Any]:
    """One recall with its bags."""
    return columns(row) | {"bags": [columns(one) for one in recalled_in(session, row.code)]}


def _list_data(session: Session, batch: str) -> dict[str, Any]:
    stops: list[DoseStop] = stops_within(session, batch)
    return {"batch": batch, "bags": [plain_data(one) for one in held_in_batch(session, batch)],
            "stops": [columns(one) for one in stops]}


def _shows_dose(session: Session, *, dose: str) -> Pairs:
    row = dose_of(session, dose)
    return [("Dose", f"{row.code}, fill {row.attempt}, {row.state}"),
            *((one.bag, one.where) for one in holders(session, [row]))]


def _seen_dose(session: Session, *, dose: str) -> str:
    return str(dose_of(session, dose).version)


def _shows_bag(session: Session, *, recalled: str) -> Pairs:
    row = recalled_bag(session, recalled)
    return [("Recall", row.recall), ("Bag", row.container), ("Where it was", row.place),
            ("Where it is now", holder(session, row.container).where), ("Answered so far", row.answer)]


def _seen_bag(session: Session, *, recalled: str) -> str:
    return str(recalled_bag(session, recalled).version)


def _shows_recall(session: Session, *, recall: str) -> Pairs:
    row = _recall(session, recall)
    return [("Recall", row.code), ("Dose", row.dose), ("Because", row.why),
            *((one.container, one.answer) for one in recalled_in(session, row.code))]


def _recall(session: Session, code: str) -> DoseRecall:
    return recall(session, code)


def _seen_recall(session: Session, *, recall: str) -> str:
    return str(_recall(session, recall).version)


def recall_page(code: str) -> str:
    """The page of a recall."""
    return f"/recalls/{code}"


RECALL_DOORS = (
    Door("recall dose", "/doses/<dose>", acts.recall_dose, "Recall the dose", "Sign and recall", recall_page,
         shows=_shows_dose, seen=_seen_dose, danger=True,
         intro="Every bag is stopped and asked for, and everybody concerned is told."),
    Door("answer recall", BAG, acts.answer_recall, "Answer for the bag", "Sign the answer", recall_page, AnswerRecall,
         shows=_shows_bag, seen=_seen_bag, intro="Who holds the bag answers, or quality assurance does."),
    Door("close recall", ONE, acts.close_recall, "Close the recall", "Sign: reconciled", recall_page,
         shows=_shows_recall, seen=_seen_recall, intro="Possible only when every bag is answered for."),
)

RECALL_VIEWS = (
    View("/recalls", lambda session: [recall_data(session, row) for row in all_recalls(session)], "Recalls of doses"),
    View(ONE, lambda session, recall: recall_data(session, _recall(session, recall)), "One recall with its bags"),
    View(BAG, lambda session, recalled: columns(recalled_bag(session, recalled)), "One recalled bag"),
    View("/doses/<dose>/holders", lambda session, dose: [plain_data(one) for one in held_of_dose(session, dose)],
         "Who holds which bag of a dose"),
    View("/batches/<batch>/recall-list", lambda session, batch: _list_data(session, batch),
         "Who holds which bag of a batch, and what stops it"),
)
