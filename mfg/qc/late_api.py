"""The doors of late results: sterility set aside, stops lifted; the plan of reads and stops to read."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.stops import DoseStop, dose_stop
from mfg.canonical import plain_data
from mfg.doors import Door, Pairs, View
from mfg.facts import judge
from mfg.fields import Body, Choice, Words
from mfg.ledger import now
from mfg.qc import late_acts as acts
from mfg.qc.records import Sample, reads_of_sample
from mfg.qc.records import sample as sample_of
from mfg.qc.sterility_records import running, under_test
from mfg.qc.sterility_rules import END, GROUNDS, PLAN


class InvalidateSterility(Body):
    """Why the growth was a fault of the test, and what proves it."""

    ground = Choice("What was wrong with the test", GROUNDS)
    evidence = Words("What proves it", kind="textarea", hint="The record that shows it: the control, the media lot, "
                     "the plates of the room, the step of the technique.")


def plan_data(session: Session, row: Sample) -> dict[str, Any]:
    """The plan of reads of one sample, and what is missing in it now."""
    facts = running(session, row, now())
    return {"sample": row.code, "batch": row.batch, "dose": row.dose, "state": facts.state, "days": facts.days,
            "inoculated_at": plain_data(row.taken_at), "final_due": plain_data(facts.final_due),
            "missed": list(facts.missed), "reads": [[day, reading] for day, reading in facts.reads],
            "findings": [one.as_dict() for one in (*judge(PLAN, facts), *judge(END, facts))]}


def all_stops(session: Session) -> list[DoseStop]:
    """All stops: those that stand first, then the newest."""
    return list(session.scalars(select(DoseStop).order_by(DoseStop.lifted_at.is_not(None), DoseStop.code.desc())))


def stop_data(row: DoseStop) -> dict[str, Any]:
    """One stop as plain data."""
    return {attribute.key: plain_data(getattr(row, attribute.key)) for attribute in row.__mapper__.column_attrs}


def _shows_sample(session: Session, *, sample: str) -> Pairs:
    row = sample_of(session, sample)
    return [("Sample", row.code), ("Of", row.dose or row.batch),
            *((f"Day {one.day}", f"{one.reading}, read by {one.read_by}") for one in reads_of_sample(session, sample))]


def _shows_stop(session: Session, *, stop: str) -> Pairs:
    row = dose_stop(session, stop)
    left = acts.unsettled(session, row)
    return [("Stop", row.code), ("On", row.dose or f"every dose of {row.batch}"), ("Because of", row.cause),
            ("Why", row.why), ("Still unsettled", " ".join(left) or "nothing")]


def _seen_stop(session: Session, *, stop: str) -> str:
    return str(dose_stop(session, stop).version)


LATE_DOORS = (
    Door("invalidate sterility test", "/samples/<sample>", acts.invalidate_sterility, "Set a sterility test aside",
         "Sign: the test was at fault", lambda code: f"/samples/{code}", body=InvalidateSterility, shows=_shows_sample,
         danger=True, intro="Only for a proven fault of the test itself, once. The growth stays readable; no dose is "
         "un-failed and no stop is lifted by it."),
    Door("lift stop", "/stops/<stop>", acts.lift_stop, "Lift the stop", "Sign: cause settled",
         lambda code: f"/stops/{code}", shows=_shows_stop, seen=_seen_stop, danger=True,
         intro="Every rule of release asks again after it."),
)

LATE_VIEWS = (
    View("/sterility", lambda session: [plan_data(session, row) for row in under_test(session)],
         "Sterility tests with their plan of reads"),
    View("/stops", lambda session: [stop_data(row) for row in all_stops(session)], "Stops on doses"),
    View("/stops/<stop>", lambda session, stop: stop_data(dose_stop(session, stop)), "One stop"),
)
