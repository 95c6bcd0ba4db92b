"""What must be true of a controlled document before it moves on. Pure; it does not read what the text means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mfg.facts import Move, Moves, passed, rule

#: Author and approver are kept apart by the verbs table; a newer version supersedes every older one.
MOVES = Moves("document", "draft", frozenset({"superseded"}), (
    Move("approve", frozenset({"draft"}), "approved"),
    Move("make effective", frozenset({"approved"}), "effective"),
    Move("supersede", frozenset({"draft", "approved", "effective"}), "superseded"),
))


@dataclass(frozen=True)
class DocumentFacts:
    """One version about to move on. Hashes are SHA-256 in hexadecimal."""

    code: str
    number: int
    #: what the author signed
    signed_hash: str
    #: what the text in the database gives now
    text_hash: str
    #: the number of the version that is effective now; None: none is
    effective_number: int | None


@rule("DOC-01", "The text is the one its author signed")
def text_as_signed(f: DocumentFacts) -> Any:
    """A document moves on only while its text gives the hash its author signed (21 CFR 11.70)."""
    ok = f.signed_hash == f.text_hash
    return passed(ok), (f"The text of {f.code} is the one its author signed." if ok else
                        f"The text of {f.code} is not the one its author signed. Do not use it; call QA."), \
        f.text_hash, f.signed_hash, (f.code,)


@rule("DOC-02", "A version gives way only to a newer one")
def newer_than_effective(f: DocumentFacts) -> Any:
    """A version becomes effective only if its number is above that of the effective one (EU GMP chapter 4)."""
    if f.effective_number is None:
        return passed(True), f"No version before {f.code} is effective."
    ok = f.number > f.effective_number
    return passed(ok), (f"{f.code} is newer than the effective version {f.effective_number}." if ok else
                        f"{f.code} is older than the effective version {f.effective_number}. "
                        "Draft a new version instead."), str(f.number), str(f.effective_number), (f.code,)


APPROVAL = (text_as_signed,)
EFFECT = (text_as_signed, newer_than_effective)
