"""The doors of quality: opening and closing deviations, and reading them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.canonical import plain_data
from mfg.doors import Door, Pairs, View
from mfg.fields import Body, Choice, Words
from mfg.quality.acts import close_deviation, open_deviation
from mfg.quality.records import SEVERITIES, Deviation
from mfg.quality.records import deviation as record_of


class OpenDeviation(Body):
    """Something went otherwise than the record demands."""

    within = Words("Batch, donor or recipient", limit=80, hint="The code it touches, for instance NK-26-001.")
    on_code = Words("Record", limit=80, hint="The very step, container, dose or lot it happened on.")
    severity = Choice("Severity", SEVERITIES)
    what = Words("What happened", hint="What was expected, what was found, what was done at once.", kind="textarea")


class CloseDeviation(Body):
    """What was found, and what it means for the product."""

    conclusion = Words("Conclusion", hint="What was found, and what it means for the product.", kind="textarea")


def as_data(row: Deviation) -> dict[str, Any]:
    """One deviation as plain data."""
    kept = ("code", "within", "on_code", "severity", "what", "by_system", "opened_by", "opened_at", "state",
            "conclusion", "closed_by", "closed_at", "version")
    return {name: plain_data(getattr(row, name)) for name in kept}


def all_deviations(session: Session) -> list[Deviation]:
    """Open ones first, newest first within each."""
    return list(session.scalars(select(Deviation).order_by(Deviation.state.desc(), Deviation.code.desc())))


def _signs(session: Session, *, deviation: str) -> Pairs:
    row = record_of(session, deviation)
    return [("Deviation", row.code), ("Touches", row.within), ("Record", row.on_code),
            ("Severity", row.severity), ("What happened", row.what)]


def _version(session: Session, *, deviation: str) -> str:
    return str(record_of(session, deviation).version)


def _where(code: str) -> str:
    return f"/deviations/{code}"


DOORS = (
    Door("open deviation", "/deviations", open_deviation, "Open a deviation", "Open the deviation", _where,
         body=OpenDeviation, danger=True,
         intro="It stays open, and holds every dose it touches, until quality assurance closes it."),
    Door("close deviation", "/deviations/<deviation>", close_deviation, "Close the deviation",
         "Sign and close", _where, body=CloseDeviation, shows=_signs, seen=_version),
)

VIEWS = (
    View("/deviations", lambda session: [as_data(row) for row in all_deviations(session)], "All deviations"),
    View("/deviations/<deviation>",
         lambda session, deviation: as_data(record_of(session, deviation)), "One deviation"),
)
