"""When a notice is acknowledged in time, and to whom it goes when it is not. Pure.

A notice is for a role and never for a person: whoever holds the role answers for it. Nothing is sent by e-mail or
telephone from here; what was told by telephone is a call in the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mfg.facts import Verdict, passed, rule

#: how long a notice may wait to be acknowledged (domain dossier 4.4, rule 3: default 2 h)
ACKNOWLEDGED_WITHIN = timedelta(hours=2)
#: role -> the role that is told when it has not acknowledged in time
NEXT_ROLE = {
    "treating physician": "principal investigator",
    "principal investigator": "medical director",
    "medical director": "qualified person",
    "qualified person": "qa",
    "qa": "qualified person",
    "qc analyst": "qc reviewer",
    "qc reviewer": "qa",
    "production supervisor": "qa",
    "warehouse": "production supervisor",
    "clinical coordinator": "principal investigator",
}
#: who is told of growth at once (domain dossier 4.4, rule 3b), and who decides whether a dose may go on
TOLD_OF_GROWTH = ("principal investigator", "qa", "medical director", "qualified person")
MEANS = ("telephone", "in person", "pager", "e-mail", "letter")


@dataclass(frozen=True)
class Waiting:
    """A notice and the moment it is looked at."""

    code: str
    to_role: str
    sent_at: datetime
    acknowledge_by: datetime
    acknowledged_at: datetime | None
    at: datetime


@rule("NOT-01", "A notice is acknowledged in time")
def acknowledged_in_time(f: Waiting) -> Any:
    """Who holds the role acknowledges a notice within the time it gives (assumed: 2 h); one that nobody acknowledged by
    then goes to the next role (domain dossier 4.4, rule 3)."""
    limit = f"by {f.acknowledge_by:%Y-%m-%d %H:%M} UTC"
    until = f.acknowledged_at or f.at
    if until > f.acknowledge_by:
        word = "acknowledged" if f.acknowledged_at else "not acknowledged until"
        return Verdict.FAIL, f"{f.code} to the {f.to_role}: {word} {until:%Y-%m-%d %H:%M} UTC; {limit} was expected.", \
            f"{until:%Y-%m-%d %H:%M} UTC", limit, (f.code,)
    if f.acknowledged_at is None:
        return Verdict.CANNOT_DETERMINE, f"{f.code} to the {f.to_role} waits to be acknowledged, {limit}.", None, \
            limit, (f.code,)
    return Verdict.PASS, f"{f.code} was acknowledged {until:%Y-%m-%d %H:%M} UTC.", f"{until:%Y-%m-%d %H:%M} UTC", \
        limit, (f.code,)


@dataclass(frozen=True)
class Acknowledging:
    """A notice about to be acknowledged by somebody with these roles."""

    code: str
    to_role: str
    roles: frozenset[str]
    acknowledged_by: str | None


@rule("NOT-02", "Who acknowledges holds the role")
def holds_the_role(f: Acknowledging) -> Any:
    """A notice is acknowledged only by a person who holds the role it is for; nobody answers for another role."""
    ok = f.to_role in f.roles
    return passed(ok), (f"{f.code} is for the {f.to_role}." if ok else
                        f"{f.code} is for the {f.to_role}, which you are not. Call somebody who is, and log the call.")


@rule("NOT-03", "It is acknowledged once")
def not_acknowledged_yet(f: Acknowledging) -> Any:
    """A notice is acknowledged by one person; the time of the first stays."""
    ok = f.acknowledged_by is None
    return passed(ok), ("Nobody has acknowledged it yet." if ok else
                        f"{f.code} is acknowledged already, by {f.acknowledged_by}. Nothing more is asked for.")


@dataclass(frozen=True)
class Calling:
    """A call about to be logged."""

    told: str
    roles: tuple[str, ...]
    called_at: datetime
    at: datetime


@rule("NOT-04", "A call was made to a role, before it is logged")
def call_was_made(f: Calling) -> Any:
    """The log of calls says which role was told, and when, and is written after the call (domain dossier 4.4, rule 3d;
    ALCOA)."""
    if f.told not in f.roles:
        return Verdict.FAIL, f"“{f.told[:80]}” is not a role. Choose one; names do not stand in the record."
    ok = f.called_at <= f.at
    return passed(ok), (f"The {f.told} was told." if ok else
                        f"{f.called_at:%Y-%m-%d %H:%M} UTC has not come yet; it is {f.at:%Y-%m-%d %H:%M} UTC. Enter "
                        "when the call was made.")


IN_TIME = (acknowledged_in_time,)
ACKNOWLEDGE = (holds_the_role, not_acknowledged_yet)
CALL = (call_was_made,)
