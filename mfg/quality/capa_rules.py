"""The states of a CAPA, and what must be true at each of them: a criterion before it starts, its effect before it
ends. Pure. It does not say whether a CAPA is needed; that is for the deviation it comes from.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mfg.facts import Move, Moves, need, passed, rule

CAPA = Moves("CAPA", "proposed", frozenset({"closed effective", "ineffective", "rejected"}), (
    Move("approve CAPA", frozenset({"proposed"}), "approved"),
    Move("reject CAPA", frozenset({"proposed", "approved"}), "rejected"),
    Move("set criterion", frozenset({"proposed", "approved"}), "proposed"),
    *(Move("hand over CAPA", frozenset({state}), state) for state in ("proposed", "approved", "in progress")),
    Move("start CAPA", frozenset({"approved"}), "in progress"),
    Move("implement CAPA", frozenset({"in progress"}), "implemented"),
    Move("begin effectiveness check", frozenset({"implemented"}), "effectiveness check"),
    Move("find CAPA effective", frozenset({"effectiveness check"}), "closed effective"),
    Move("find CAPA ineffective", frozenset({"effectiveness check"}), "ineffective"),
))
KINDS = ("corrective", "preventive")
SOURCES = ("deviation", "audit")
SHORTEST = 10


@dataclass(frozen=True)
class Proposing:
    """A CAPA about to be proposed. `source_known`: the deviation is on record; an audit is named in words."""

    source: str
    source_known: bool
    owner: str
    owner_known: bool
    due_at: datetime
    at: datetime


@rule("CAPA-01", "A CAPA comes from a deviation or an audit")
def has_a_source(f: Proposing) -> Any:
    """A CAPA names the deviation on record, or the audit, it comes from (ICH Q10 3.2.2)."""
    need(f.source, "What the CAPA comes from is not named. Give the deviation or the audit.")
    return passed(f.source_known), (f"From {f.source}." if f.source_known else
                                    f"There is no deviation “{f.source}”. Give the code of one on record.")


@rule("CAPA-02", "A CAPA has an owner and time to do it")
def has_an_owner(f: Proposing) -> Any:
    """A CAPA is owned by a person with an active account, and due after now (domain dossier 8.1)."""
    if not f.owner_known:
        return passed(False), f"“{f.owner}” has no active account here. Choose who will do it."
    ok = f.due_at > f.at
    return passed(ok), (f"{f.owner}, by {f.due_at:%Y-%m-%d}." if ok else
                        f"Due {f.due_at:%Y-%m-%d %H:%M} UTC is over; it is {f.at:%Y-%m-%d %H:%M} UTC. Choose a later "
                        "time.")


@dataclass(frozen=True)
class Starting:
    """A CAPA about to start, with what its effect will be measured by."""

    capa: str
    criterion: str | None
    check_at: datetime | None
    due_at: datetime


@rule("CAPA-03", "The criterion of effectiveness is defined before the start")
def criterion_first(f: Starting) -> Any:
    """What will show that a CAPA worked, and the date it is looked at, are set before it starts; whoever sets them
    afterwards can only be right (domain dossier 8.1)."""
    text = need((f.criterion or "").strip() or None,
                f"No criterion of effectiveness is set for {f.capa}. Set what will show that it worked, and when.")
    return passed(len(text) >= SHORTEST), ("The criterion is set." if len(text) >= SHORTEST else
                                           f"“{text}” is too short for a criterion.")


@rule("CAPA-04", "Its effect is looked at after it is done")
def checked_later(f: Starting) -> Any:
    """The date of the effectiveness check lies after the date the CAPA is due: nothing has an effect before it is
    done."""
    check_at = need(f.check_at, f"No date of the effectiveness check is set for {f.capa}.")
    ok = check_at > f.due_at
    return passed(ok), (f"Checked from {check_at:%Y-%m-%d} on." if ok else
                        f"The check on {check_at:%Y-%m-%d} comes before the CAPA is due, {f.due_at:%Y-%m-%d}."), \
        f"{check_at:%Y-%m-%d}", f"after {f.due_at:%Y-%m-%d}"


@dataclass(frozen=True)
class Checking:
    """The effect of a CAPA about to be judged."""

    capa: str
    owner: str
    implemented_by: str | None
    by: str
    check_at: datetime | None
    at: datetime
    evidence: str = ""


@rule("CAPA-05", "The effect is not judged before its date")
def not_before_its_date(f: Checking) -> Any:
    """The effectiveness check begins on the date set for it or later, and not before the CAPA is implemented."""
    need(f.implemented_by, f"{f.capa} is not implemented yet.")
    check_at = need(f.check_at, f"No date of the effectiveness check is set for {f.capa}.")
    ok = f.at >= check_at
    return passed(ok), (f"Set for {check_at:%Y-%m-%d}." if ok else
                        f"The check is set for {check_at:%Y-%m-%d %H:%M} UTC; it is {f.at:%Y-%m-%d %H:%M} UTC now.")


@rule("CAPA-06", "The effect is judged by another than who owns or did it")
def judged_by_another(f: Checking) -> Any:
    """A CAPA closes only after another person of quality assurance than its owner and the one who implemented it has
    seen its effect (ICH Q10 3.2.2)."""
    ok = need(f.by, "It is not known who judges.") not in (f.owner, f.implemented_by)
    return passed(ok), ("Judged by another person." if ok else
                        f"{f.by} owns or implemented {f.capa}. Another person of quality assurance judges its effect.")


@rule("CAPA-07", "The effect is shown in words")
def effect_shown(f: Checking) -> Any:
    """What was measured against the criterion is written down."""
    text = need(f.evidence.strip() or None, f"Nothing is written of the effect of {f.capa}. Say what was measured.")
    return passed(len(text) >= SHORTEST), "Written." if len(text) >= SHORTEST else f"“{text}” is too short."


PROPOSE = (has_a_source, has_an_owner)
SET_CRITERION = (criterion_first, checked_later)
START = (criterion_first, checked_later)
BEGIN_CHECK = (not_before_its_date,)
JUDGE_EFFECT = (not_before_its_date, judged_by_another, effect_shown)
