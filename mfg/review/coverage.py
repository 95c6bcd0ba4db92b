"""What a review looked at: which steps without exception are drawn, and the statement that is signed. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from mfg.facts import Finding, Verdict
from mfg.review.batch_record import BatchRecord
from mfg.review.exceptions import RecordException

#: of the steps without exception, how many are drawn to be looked at: one in so many, and never fewer than LEAST
ONE_IN, LEAST = 5, 3


def drawn(record: BatchRecord, exceptions: Iterable[RecordException], seed: str) -> tuple[str, ...]:
    """The green steps a reviewer has to look at, by code.

    Drawn by hashing: `seed` is the ledger's root when the review was begun, which nobody chose, so that nobody picks
    the steps, and everybody can draw the same ones again.
    """
    red = {one.on for one in exceptions}
    green = [step.code for step in record.steps if step.code not in red and step.performed_by]
    wanted = min(len(green), max(LEAST, -(-len(green) // ONE_IN)))
    by_lot = sorted(green, key=lambda code: sha256(f"{seed} {code}".encode()).hexdigest())
    order = [step.code for step in record.steps]
    return tuple(sorted(by_lot[:wanted], key=order.index))


@dataclass(frozen=True)
class Covered:
    """One kind of check the system did by itself, and how often."""

    what: str
    count: int


def covered(record: BatchRecord, completeness: Iterable[Finding]) -> tuple[Covered, ...]:
    """What the system checked in this record while it came to be, and what it checked now."""
    entries, steps = list(record.standing()), [step for step in record.steps if step.performed_by]
    return (
        Covered("values held against their limits", sum(bool(one.verdict) for one in entries)),
        Covered("codes scanned and held against the chain of identity or the lot", sum(
            one.kind.startswith("scan ") for one in entries)),
        Covered("values read again without seeing the first reading", sum(len(step.read_again) for step in steps)),
        Covered("steps held against the training of who did and verified them", sum(
            bool(step.sop) for step in steps)),
        Covered("steps held against the order of the master record", len(steps)),
        Covered("uses of equipment and rooms held against their status", len(record.equipment)),
        Covered("lots held against approval and expiry at the time of use", len(record.lots)),
        Covered("times held against their limit", len(record.holds)),
        Covered("points of completeness (21 CFR 211.188)", len(tuple(completeness))),
    )


def statement(record: BatchRecord, exceptions: tuple[RecordException, ...], completeness: tuple[Finding, ...],
              assessed: int, looked_at: tuple[str, ...]) -> str:
    """The sentences the reviewer signs: what the system checked, what the reviewer did, which steps were looked at."""
    checks = covered(record, completeness)
    by_severity = Counter(one.severity for one in exceptions)
    told = ", ".join(f"{by_severity[word]} {word}" for word in ("critical", "major", "minor"))
    open_points = [one.rule for one in completeness if one.verdict is not Verdict.PASS]
    points = "all are met" if not open_points else f"not met: {', '.join(open_points)}"
    stage = "" if record.stage is None else f", up to stage {record.stage}"
    return (f"Batch record {record.batch}{stage}. The system made {sum(one.count for one in checks)} checks: "
            + "; ".join(f"{one.count} {one.what}" for one in checks)
            + f". Of the {len(completeness)} points of completeness {points}. "
            f"It found {len(exceptions)} exceptions ({told}); I assessed {assessed} of them myself. "
            f"Of the {len(record.steps)} steps I looked at {len(looked_at)} without exception, drawn at random: "
            f"{', '.join(looked_at) or 'none'}.")
