"""What becomes of a numbered sheet of a blank record, and what must be true before it is accounted for. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mfg.facts import Move, Moves, need, passed, rule

SHEET = Moves("paper sheet", "issued", frozenset({"transcribed", "destroyed", "lost"}), (
    Move("return sheet", frozenset({"issued"}), "returned"),
    Move("confirm transcription", frozenset({"returned"}), "transcribed"),
    Move("destroy sheet", frozenset({"issued", "returned"}), "destroyed"),
    Move("report sheet lost", frozenset({"issued"}), "lost"),
))


@dataclass(frozen=True)
class Issuing:
    """A blank record about to be issued. `state` is that of the master record; `given` what was drawn from it."""

    issue: str
    document: str
    kind: str
    state: str
    document_hash: str
    drawn_from: str
    #: the batch it is for and its state; None: none yet
    batch: str | None = None
    batch_state: str = "open"
    #: the version the batch follows
    pinned: str = ""


@rule("SHE-01", "A blank record is of an effective version, or of the one its batch follows")
def of_effective_version(f: Issuing) -> Any:
    """A copy for use is made of the approved version in force, or of the version the batch was issued with (21 CFR
    211.100, 211.188; EU GMP chapter 4.2)."""
    if f.kind != "master record":
        return passed(False), f"{f.document} is a {f.kind}; a blank record is printed of a master record.", f.kind
    if f.batch is not None:
        ok = f.document == f.pinned
        return passed(ok), f"{f.batch} follows {f.pinned}.", f.document, f.pinned, (f.batch,)
    ok = f.state == "effective"
    return passed(ok), (f"{f.document} is effective." if ok else
                        f"{f.document} is {f.state}; print the effective version."), f.state, "effective", (f.document,)


@rule("SHE-02", "What is printed is what is in force")
def text_unchanged(f: Issuing) -> Any:
    """What was drawn comes from the very text that is kept, by its hash."""
    ok = f.document_hash == f.drawn_from
    return passed(ok), ("Drawn from the text that is kept." if ok else
                        "The master record was changed while its blank was drawn. Print again."), f.drawn_from


@rule("SHE-03", "The batch is open")
def batch_is_open(f: Issuing) -> Any:
    """Nothing is worked on in a batch that is complete, on paper neither."""
    ok = f.batch is None or f.batch_state == "open"
    return passed(ok), ("The batch is open." if ok else
                        f"{f.batch} is {f.batch_state}; nothing is left to do in it."), f.batch_state, "open"


@dataclass(frozen=True)
class Settling:
    """A sheet about to be accounted for. `transcribed_by` are the people who entered values from it."""

    sheet: str
    by: str
    transcribed_by: tuple[str, ...]


@rule("SHE-04", "Something was entered from it")
def was_entered(f: Settling) -> Any:
    """A sheet counts as transcribed only when values in the system name it as where they stood."""
    people = need(f.transcribed_by, f"No value in the system names {f.sheet}. Enter what stands on it, each value with "
                                    "its number; or destroy the sheet with the reason, if nothing stands on it.")
    return passed(True), f"{len(people)} values were entered from {f.sheet}.", str(len(people)), "", (f.sheet,)


@rule("SHE-05", "Compared by somebody else")
def another_compares(f: Settling) -> Any:
    """Who compares the sheet with what was entered has entered nothing from it (EU GMP Annex 11, 6)."""
    ok = f.by not in f.transcribed_by
    return passed(ok), ("Compared by another person." if ok else
                        f"You entered values from {f.sheet} yourself. Another person compares it."), f.by


@rule("SHE-06", "Nothing was entered from it")
def nothing_entered(f: Settling) -> Any:
    """A sheet that values were entered from is a raw record: it is kept, never destroyed (21 CFR 211.180, 211.188)."""
    ok = not f.transcribed_by
    return passed(ok), ("Nothing was entered from it." if ok else
                        f"{len(f.transcribed_by)} values were entered from {f.sheet}: it is kept with the batch "
                        "record. Bring it back and have it compared."), str(len(f.transcribed_by)), "0", (f.sheet,)


ISSUE = (of_effective_version, text_unchanged, batch_is_open)
TRANSCRIBED = (was_entered, another_compares)
DESTROYED = (nothing_entered,)
