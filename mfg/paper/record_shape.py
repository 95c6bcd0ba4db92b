"""The shape of the facts a batch record is drawn from: frozen, plain, every value already text.

Nothing here has a default: a part that was forgotten cannot be taken for one that was empty. It reads no database
(the room of review does) and draws nothing (`record.py` does).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import Any

from mfg.canonical import canonical
from mfg.facts import Refused

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under a header. `none` is the sentence that stands where there is no row."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    none: str

    def __post_init__(self) -> None:
        ragged = [row for row in self.rows if len(row) != len(self.header)]
        if ragged:
            raise Refused(f"A row has {len(ragged[0])} cells for {len(self.header)} columns: {ragged[0]!r}. "
                          "Give one text for each column.", kind="input")


@dataclass(frozen=True, slots=True)
class ExceptionLine:
    """One thing a reviewer must look at, worst first as given.

    severity is critical, major or minor; where is the code of a step, a batch or any other record; when that is a
    step of this record, the line leads to it and says its page; assessed is what the reviewer said of it, or "".
    """

    severity: str
    kind: str
    where: str
    what: str
    value: str
    limit: str
    who: str
    at: str
    assessed: str


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One signature: printed name, role, meaning, UTC time, hash of what was signed. `void`: why, or "" (standing)."""

    name: str
    role: str
    meaning: str
    on: str
    at: str
    hash: str
    void: str


@dataclass(frozen=True, slots=True)
class Correction:
    """A value that was corrected: what it was, who entered it when, and who replaced it when and why."""

    was: str
    entered: str
    reason: str
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One field of a step with the value that counts; value "" says that nothing is recorded.

    how: scanned, typed, computed ..; entered and second say who and when, second with the value read again.
    remarks: LATE, N/A, beyond the alert limit, accepted with a reason. verdict is "" where none is due.
    """

    label: str
    value: str
    unit: str
    limits: str
    verdict: str
    how: str
    entered: str
    second: str
    remarks: tuple[str, ...]
    corrections: tuple[Correction, ...]


@dataclass(frozen=True, slots=True)
class Redline:
    """A change of the instruction for this one batch: what it was, what it became, why, who asked, who approved."""

    code: str
    was: str
    now: str
    reason: str
    by: str
    approved: str
    state: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file kept with a step. `picture` is a small JPEG of it, or None."""

    name: str
    kind: str
    size: str
    sha256: str
    by: str
    picture: bytes | None


@dataclass(frozen=True, slots=True)
class StepPart:
    """One step as it was carried out. code is what exceptions refer to; number is how people call it."""

    code: str
    number: str
    title: str
    state: str
    critical: bool
    instruction: str
    sop: str
    performed: str
    verified: str
    remarks: tuple[str, ...]
    redlines: tuple[Redline, ...]
    fields: tuple[FieldLine, ...]
    attachments: tuple[Attachment, ...]


@dataclass(frozen=True, slots=True)
class PhasePart:
    """Steps that belong together."""

    title: str
    steps: tuple[StepPart, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the record made of tables, each with its own title ("" where the section's is enough)."""

    title: str
    tables: tuple[tuple[str, Table], ...]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The sealed head of the ledger. note is the signed note, or ""."""

    size: str
    root: str
    note: str


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """Everything on paper about one batch.

    state says how far the batch is; `version` is the version of the record, told with the ledger entry it ends at;
    summary are the few figures that stand first, each (label, figure, sign) with the sign PASS or a severity;
    points are those of completeness, coverage what each reviewer signed;
    growth and viability are (day, value) as decimal text.
    """

    batch: str
    state: str
    version: str
    master_record: str
    summary: tuple[tuple[str, str, str], ...]
    identity: tuple[Pair, ...]
    exceptions: tuple[ExceptionLine, ...]
    points: Table
    coverage: tuple[str, ...]
    signatures: tuple[SignatureLine, ...]
    assumed: tuple[tuple[str, str, str], ...]
    phases: tuple[PhasePart, ...]
    sections: tuple[Section, ...]
    growth: tuple[Pair, ...]
    viability: tuple[Pair, ...]
    ledger: Table
    checkpoint: Checkpoint
    printed: str
    #: every container: code, kind, what is known of it, and the codes of what it was made from
    family: tuple[tuple[str, str, str, tuple[str, ...]], ...]

    def __post_init__(self) -> None:
        for name in ("batch", "state", "version", "master_record", "printed"):
            if not getattr(self, name).strip():
                raise Refused(f"The fact {name!r} is blank; the record does not print blanks. Give {name!r}.",
                              kind="input")

    def steps(self) -> Iterator[StepPart]:
        """Every step in order."""
        for phase in self.phases:
            yield from phase.steps


#: what is not content: when it was printed, and how far the ledger of the whole facility was sealed by then
NOT_CONTENT = frozenset({"printed", "checkpoint"})


def content_hash(facts: RecordFacts) -> str:
    """SHA-256 over the canonical JSON of every part in turn: equal for two prints of the same content."""
    told = sha256()
    for one in fields(facts):
        if one.name not in NOT_CONTENT:
            for part in _parts(getattr(facts, one.name)):
                told.update(canonical([one.name, part]))
    return told.hexdigest()


def _parts(value: Any) -> Iterator[Any]:
    """Large parts piece by piece: canonical JSON of a whole record would double its memory."""
    if isinstance(value, Table):
        yield value.header
        yield from value.rows
    elif isinstance(value, tuple) and value and isinstance(value[0], PhasePart):
        for phase in value:
            yield phase.title
            yield from phase.steps
    else:
        yield value
