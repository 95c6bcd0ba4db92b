"""The shape of the facts a blank record is drawn from: a master record to be filled in by hand during an outage."""

from __future__ import annotations

from dataclasses import dataclass

from mfg.facts import Refused


@dataclass(frozen=True, slots=True)
class BlankField:
    """One value to write down. choices are ticked; twice: the second person reads it on a sheet of their own."""

    label: str
    unit: str
    limits: str
    choices: tuple[str, ...]
    optional: bool
    twice: bool
    #: what else stands under the label: how a calculated value comes about, what kind of lot is scanned
    hint: str


@dataclass(frozen=True, slots=True)
class BlankStep:
    """One step to do. code is what back-entry calls it; notes are conditions, such as when it is done at all."""

    code: str
    number: str
    title: str
    instruction: str
    sop: str
    critical: bool
    notes: tuple[str, ...]
    fields: tuple[BlankField, ...]


@dataclass(frozen=True, slots=True)
class BlankPhase:
    """Steps that belong together."""

    title: str
    steps: tuple[BlankStep, ...]


@dataclass(frozen=True, slots=True)
class BlankHold:
    """One segment of a hold time: from which event to which, and how long at most."""

    title: str
    limit: str
    begins: str
    ends: str


@dataclass(frozen=True, slots=True)
class BlankFacts:
    """Everything on a blank record. issue is its number, the first part of the number of every sheet.

    identity is (label, value); an empty value is a line to write on. done names what stands in the system already.
    """

    issue: str
    title: str
    master_record: str
    master_hash: str
    batch: str
    identity: tuple[tuple[str, str], ...]
    issued: str
    reason: str
    done: str
    phases: tuple[BlankPhase, ...]
    holds: tuple[BlankHold, ...]

    def __post_init__(self) -> None:
        for name in ("issue", "title", "master_record", "master_hash", "issued"):
            if not getattr(self, name).strip():
                raise Refused(f"The fact {name!r} is blank; a blank record does not leave without it. Give {name!r}.",
                              kind="input")


def sheet_number(issue: str, page: int) -> str:
    """The number of one sheet: BLK-0001-03."""
    return f"{issue}-{page:02d}"
