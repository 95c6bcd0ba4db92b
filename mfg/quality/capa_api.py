"""The doors of CAPA, and reading them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from mfg.canonical import plain_data
from mfg.doors import Door, Pairs, View
from mfg.fields import Body, Choice, Moment, Words
from mfg.identity import Person
from mfg.quality import capa_acts as acts
from mfg.quality.capa_records import Capa
from mfg.quality.capa_records import capa as capa_record
from mfg.quality.capa_rules import CAPA, KINDS, SOURCES


class ProposeCapa(Body):
    """An action against the cause of something."""

    kind = Choice("Kind", KINDS)
    source_kind = Choice("It comes from", SOURCES)
    source = Words("Which", limit=80, hint="DEV-0001, or the name of the audit.")
    problem = Words("The cause it is against", kind="textarea")
    action = Words("What shall be done", kind="textarea")
    owner = Words("Owner", limit=20)
    due_at = Moment("Due")


class SetCriterion(Body):
    """What will show that it worked."""

    criterion = Words("Criterion of effectiveness", kind="textarea",
                      hint="What is measured, over which time, and which value shows that it worked.")
    check_at = Moment("Looked at from", hint="After the CAPA is due, for instance 2027-03-01T08:00Z.")


class ImplementCapa(Body):
    """What was done."""

    done = Words("What was done", kind="textarea")


class FindEffective(Body):
    """What was measured against the criterion."""

    evidence = Words("What was measured", kind="textarea", hint="Against the criterion, with its numbers.")


class FindIneffective(FindEffective):
    """What was measured, and what shall be done instead."""

    next_action = Words("What shall be done instead", kind="textarea")
    next_due_at = Moment("Due")


class HandOverCapa(Body):
    """Who does it now, and by when."""

    owner = Words("Owner", limit=20)
    due_at = Moment("Due")


def columns(row: Capa) -> dict[str, Any]:
    """One CAPA as plain data."""
    return {attribute.key: plain_data(getattr(row, attribute.key)) for attribute in row.__mapper__.column_attrs}


def all_capa(session: Session, *, state: str = "") -> list[Capa]:
    """Those that go on first, the next due first. `state` may be one, or “not ended”."""
    wanted = select(Capa)
    if state == "not ended":
        wanted = wanted.where(Capa.state.not_in(sorted(CAPA.final)))
    elif state in CAPA.states:
        wanted = wanted.where(Capa.state == state)
    ended = case((Capa.state.in_(sorted(CAPA.final)), 1), else_=0)
    return list(session.scalars(wanted.order_by(ended, Capa.due_at, Capa.code)))


def _signs(session: Session, *, capa: str) -> Pairs:
    row = capa_record(session, capa)
    return [("CAPA", row.code), ("Comes from", row.source), ("Against", row.problem), ("Action", row.action),
            ("Owner", row.owner), ("Due", f"{row.due_at:%Y-%m-%d %H:%M} UTC"),
            ("Criterion of effectiveness", row.criterion or "not set"),
            ("Looked at from", f"{row.check_at:%Y-%m-%d %H:%M} UTC" if row.check_at else "not set")]


def _people(session: Session) -> list[tuple[str, str]]:
    found = session.execute(select(Person.code, Person.printed_name).where(Person.active).order_by(Person.code))
    return [(code, f"{name} ({code})") for code, name in found]


def _proposing(session: Session) -> Mapping[str, Mapping[str, Any]]:
    return {"owner": {"kind": "choice", "choices": _people(session)}}


def _owner(session: Session, *, capa: str) -> Mapping[str, Mapping[str, Any]]:
    row = capa_record(session, capa)
    return {"owner": {"kind": "choice", "choices": _people(session), "value": row.owner},
            "due_at": {"value": plain_data(row.due_at)}}


def _version(session: Session, *, capa: str) -> str:
    return str(capa_record(session, capa).version)


def _where(code: str) -> str:
    return f"/capa/{code}"


def _door(verb: str, call: Any, title: str, main: str, body: type[Body] = Body, **more: Any) -> Door:
    given: dict[str, Any] = {"shows": _signs, "seen": _version, "body": body} | more
    return Door(verb, "/capa/<capa>", call, title, main, _where, **given)


DOORS = (
    Door("propose CAPA", "/capa", acts.propose_capa, "Propose a CAPA", "Propose it", _where, body=ProposeCapa,
         prepares=_proposing),
    _door("set criterion", acts.set_criterion, "Set what will show that it worked", "Sign the criterion", SetCriterion,
          intro="Before it starts. A criterion set after its approval is approved again with it."),
    _door("approve CAPA", acts.approve_capa, "Approve the CAPA", "Sign and approve"),
    _door("reject CAPA", acts.reject_capa, "Reject the CAPA", "Sign and reject", danger=True),
    _door("hand over CAPA", acts.hand_over_capa, "Change owner or date", "Sign the change", HandOverCapa,
          prepares=_owner),
    _door("start CAPA", acts.start_capa, "Start the CAPA", "Start it"),
    _door("implement CAPA", acts.implement_capa, "The CAPA is done", "Sign as done", ImplementCapa),
    _door("begin effectiveness check", acts.begin_check, "Begin the effectiveness check", "Begin it"),
    _door("find CAPA effective", acts.find_effective, "The CAPA was effective", "Sign and close", FindEffective),
    _door("find CAPA ineffective", acts.find_ineffective, "The CAPA was not effective", "Sign, and propose the next",
          FindIneffective, danger=True),
)

VIEWS = (
    View("/capa", lambda session: [columns(row) for row in all_capa(session)], "All CAPA"),
    View("/capa/<capa>", lambda session, capa: columns(capa_record(session, capa)), "One CAPA"),
)
