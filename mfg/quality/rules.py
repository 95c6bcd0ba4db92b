"""What must be true before a deviation is opened or closed, and the states it has. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mfg.facts import Move, Moves, need, passed, rule

DEVIATION = Moves("deviation", "open", frozenset({"closed"}),
                  (Move("close deviation", frozenset({"open"}), "closed"),))


@dataclass(frozen=True)
class Opening:
    """A deviation about to be opened by a person. `known`: history knows the code it shall touch."""

    within: str
    known: bool


@rule("QLT-03", "A deviation touches something that exists")
def touches_a_record(f: Opening) -> Any:
    """A deviation names a batch, donor or recipient that is on record, or it would hold no dose."""
    return passed(f.known), (f"{f.within} is on record." if f.known else
                             f"“{f.within}” is not a batch, donor or recipient of this facility. Scan or type the "
                             "code of what the deviation touches.")


@dataclass(frozen=True)
class Closing:
    """A deviation about to be closed: who opened it, who closes it, and what was concluded."""

    code: str
    severity: str
    opened_by: str
    closed_by: str
    conclusion: str | None


@rule("QLT-01", "Whoever opened a deviation does not close it")
def closed_by_another(f: Closing) -> Any:
    """A deviation is closed by another person than the one whose act opened it (21 CFR 211.22, 211.192)."""
    ok = need(f.closed_by, "It is not known who closes the deviation.") != f.opened_by
    return passed(ok), ("Opened and closed by two people." if ok else
                        f"{f.code} was opened by the same person, {f.opened_by}. Another person of quality "
                        "assurance has to close it.")


@rule("QLT-02", "A deviation is closed with a conclusion")
def concluded(f: Closing) -> Any:
    """A deviation is closed only with a written conclusion about its effect on the product (21 CFR 211.192)."""
    text = need((f.conclusion or "").strip() or None,
                f"No conclusion is written for {f.code}. Say what was found and what it means for the product.")
    ok = len(text) >= SHORTEST
    return passed(ok), ("A conclusion is written." if ok else
                        f"“{text}” is too short for a conclusion; at least {SHORTEST} characters that say what was "
                        "found and what it means for the product were expected.")


SHORTEST = 10

OPEN = (touches_a_record,)
CLOSE = (closed_by_another, concluded)
