"""What the acts ask of a deviation and of history, and the withdrawal of what rested on it. It judges nothing."""

from __future__ import annotations

import re

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.codes import own
from mfg.ledger import Doing, Entry
from mfg.quality.records import (
    Affected,
    Deviation,
    affected_by,
    investigations_of,
    no_impacts_of,
    standing_investigation,
)
from mfg.quality.rules import Answer, Case


def known(session: Session, code: str) -> bool:
    """History tells which codes exist: quality lies below the rooms whose records it touches."""
    return bool(session.scalar(select(Entry.seq).where(
        Entry.outcome == "done", (Entry.within == code) | (Entry.on_code == code)).limit(1)))


def codes_in(text: str) -> tuple[str, ...]:
    """The codes in a text, parted by blanks, commas or lines; a check character that was scanned with one is taken
    off. Raises Refused for a wrong check character.

    >>> codes_in("NK-26-002, NK-26-003-D1 NK-26-002")
    ('NK-26-002', 'NK-26-003-D1')
    """
    found = [part for part in re.split(r"[\s,;]+", text.strip()) if part]
    return tuple(dict.fromkeys(_bare(part) for part in found))


def _bare(text: str) -> str:
    """A step's code has more than one character after its slash, and a document's is none of ours."""
    code, _, check = text.partition("/")
    return own.without_check(text) if len(check) == 1 and own.kind_of(code) else text


def worked_on(session: Session, row: Deviation) -> tuple[str, ...]:
    """Who confirmed, investigated or submitted it, or judged it to be less than critical after it was."""
    lowered = row.classified_by if row.severity != "critical" and ever_critical(session, row) else None
    hands = [row.confirmed_by, row.submitted_by, lowered, *(one.by for one in investigations_of(session, row.code))]
    return tuple(dict.fromkeys(one for one in hands if one))


def ever_critical(session: Session, row: Deviation) -> bool:
    """Was it critical at any time? What it was judged to be before stands in history."""
    leaves = session.scalars(select(Entry.leaf).where(
        Entry.on_code == row.code, Entry.verb == "classify deviation", Entry.outcome == "done"))
    before = (values.get("severity", [None])[0] for leaf in leaves
              for table, key, values in orjson.loads(leaf)["changes"] if (table, key) == ("deviation", row.code))
    return row.severity == "critical" or "critical" in before


def standing_affected(session: Session, code: str) -> list[Affected]:
    """What stands as affected."""
    return [one for one in affected_by(session, code) if one.lifted_at is None]


def case_of(session: Session, row: Deviation) -> Case:
    """The deviation as its standing investigation leaves it."""
    found = standing_investigation(session, row)
    if found is None:
        return Case(row.code, row.classified_by)
    return Case(row.code, row.classified_by, found.findings, found.root_cause, found.method, found.product_impact,
                found.patient_impact)


def answer_of(session: Session, row: Deviation) -> Answer:
    """What the standing investigation answers about other batches."""
    found = standing_investigation(session, row)
    standing = tuple(one.record for one in standing_affected(session, row.code))
    return Answer(row.code, found.others_affected if found else "", (), found.others_why if found else "", (), standing)


def name_affected_records(session: Session, doing: Doing, row: Deviation, codes: tuple[str, ...],
                          why: str) -> list[str]:
    """A row for each code that does not stand yet; from now on the deviation holds it like its own. Their codes."""
    already = {one.record for one in standing_affected(session, row.code)}
    number, made = len(affected_by(session, row.code)), []
    for code in codes:
        if code not in already:
            number += 1
            made.append(f"{row.code}-A{number}")
            session.add(Affected(code=made[-1], deviation=row.code, record=code, why=why, named_by=doing.by.code,
                                 named_at=doing.at, lifted_why=""))
    return made


def withdraw_no_impacts(session: Session, doing: Doing, row: Deviation) -> list[str]:
    """The deviation changed, so no word that a dose is untouched by it stands any longer. Their codes."""
    gone = [one for one in no_impacts_of(session, row.code) if one.withdrawn_at is None]
    for one in gone:
        one.withdrawn_by, one.withdrawn_at = doing.by.code, doing.at
        one.withdrawn_why = f"“{doing.verb.name}” changed {row.code} after it."
    return [one.code for one in gone]
