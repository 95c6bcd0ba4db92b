"""What has to have come to its end before a batch is closed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mfg.facts import need, passed, rule

#: states in which a dose is neither waiting nor released before its tests have ended
ENDED = frozenset({"certified", "rejected", "released then failed", "released exceptionally", "revoked"})


@dataclass(frozen=True)
class Closing:
    """A batch about to be closed."""

    batch: str
    #: (dose, state)
    doses: tuple[tuple[str, str], ...]
    open_deviations: tuple[str, ...]
    open_recalls: tuple[str, ...]
    unanswered: tuple[str, ...]


@rule("CLS-01", "Every dose has its end")
def doses_ended(f: Closing) -> Any:
    """A batch is closed only when no dose of it waits: each is certified, rejected, or its release has come to another
    end; one released on condition is certified first (domain dossier 4.4, rule 7)."""
    need(f.doses, f"No dose is planned of {f.batch}. Reject what was made, or plan it.")
    waiting = [f"{dose} is {state}" for dose, state in f.doses if state not in ENDED]
    return passed(not waiting), ("Every dose has its end." if not waiting else f"{'; '.join(waiting)}."), \
        str(len(waiting)), "0", tuple(dose for dose, _ in f.doses)


@rule("CLS-02", "Nothing is left open")
def nothing_open(f: Closing) -> Any:
    """Every deviation is ended, every recall reconciled and every notice acknowledged before a batch is closed (21 CFR
    211.192, 211.150(b); domain dossier 4.4)."""
    left = [*f.open_deviations, *f.open_recalls, *f.unanswered]
    return passed(not left), ("Nothing is left open." if not left else f"Still open: {', '.join(left)}."), \
        str(len(left)), "0", tuple(left)


CLOSING = (doses_ended, nothing_open)
