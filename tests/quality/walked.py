"""A deviation walked through all its states by the people who may, for every test that needs one closed."""

from __future__ import annotations

from typing import Any

from mfg.ledger import act
from mfg.quality import acts, investigation_acts
from mfg.quality.records import deviation as record_of
from mfg.quality.records import draft

FOUND = {"findings": "The logger shows the right time; the clock of the incubator was wrong.",
         "root_cause": "The battery of the clock was empty.", "method": "5 whys",
         "product_impact": "None: the cells were warm all the time.",
         "patient_impact": "None: the product is as meant.",
         "others_affected": "no", "others_why": "No other batch was in that incubator."}
CONCLUSION = "The clock was wrong and the product is not touched by it."


def classified(office: Any, code: str, severity: str | None = None, *, kind: str | None = None) -> str:
    """Confirmed where it waits for that, and judged by quality assurance."""
    with office.look() as session:
        row = record_of(session, code)
        state, severity, kind = row.state, severity or row.severity, kind or row.kind
    if state == "draft":
        office.do(acts.confirm_deviation, office.who("operator"), deviation=code, requirement="As the record says.",
                  immediate="Set apart and told to the supervisor.")
    return str(office.do(acts.classify_deviation, office.who("qa"), deviation=code, kind=kind, severity=severity,
                         why="It is what the table says of its class."))


def investigated(office: Any, code: str, **change: str) -> str:
    """Investigated, with everything that is asked for."""
    return str(office.do(investigation_acts.investigate_deviation, office.who("production supervisor", 2),
                         deviation=code, **(FOUND | change)))


def submitted(office: Any, code: str, severity: str | None = None, **change: str) -> str:
    """From wherever it stands before its classification to the review of quality assurance."""
    classified(office, code, severity)
    investigated(office, code, **change)
    return str(office.do(acts.submit_deviation, office.who("production supervisor", 2), deviation=code))


def closed(office: Any, code: str, conclusion: str = CONCLUSION, *, number: int = 1) -> str:
    """All the way. `number`: which person of quality assurance closes it."""
    submitted(office, code)
    return str(office.do(acts.close_deviation, office.who("qa", number), deviation=code, conclusion=conclusion,
                         no_capa_why="Nothing of the kind can happen again."))


def drafted(office: Any, *, by: tuple[str, int] = ("operator", 2), **change: str) -> str:
    """What the system drafts inside somebody's act; any act of the kernel will do."""
    who = office.who(*by)
    with office.desk() as session, act(session, "enter value" if by[0] == "operator" else "seal ledger", on="P-0003",
                                       within="P-0003", **who.how) as doing:
        row = draft(session, within="P-0003", on="P-0003", what="Held for 5 h; at most 4 h was expected.",
                    by=doing.by.code, at=doing.at, **change)
        code = row.code
    return code


def known_to_history(office: Any, code: str) -> str:
    """A code that history knows: somebody did something on it."""
    with office.desk() as session, act(session, "enter value", on=code, within="P-0003",
                                       **office.who("operator", 2).how):
        pass
    return code
