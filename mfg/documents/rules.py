"""What must be true of a controlled document before it moves on. Pure; it does not read what the text means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mfg.facts import Move, Moves, Verdict, judge, need, passed, rule, verdict_of
from mfg.quality.change_rules import CHANGE_COVERS, ChangeFacts

#: Author and approver are kept apart by the verbs table; a newer version supersedes every older one. What a
#: reviewer returned stays as it was read: the author drafts the next version.
MOVES = Moves("document", "draft", frozenset({"returned", "superseded"}), (
    Move("submit", frozenset({"draft"}), "in review"),
    Move("return", frozenset({"in review"}), "returned"),
    Move("approve", frozenset({"in review"}), "approved"),
    Move("make effective", frozenset({"approved"}), "effective"),
    Move("supersede", frozenset({"draft", "in review", "approved", "effective"}), "superseded"),
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
    author: str = ""
    #: who moves it on now
    by: str = ""
    #: the change that is named for it; None: none is
    change: ChangeFacts | None = None


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


@rule("DOC-03", "A replacing version names an approved change")
def change_named(f: DocumentFacts) -> Any:
    """A version that takes the place of an effective one names a change on record that is approved and covers it;
    the first version needs none (21 CFR 211.100(a); EU GMP Annex 15 section 11, ICH Q10 3.2.3)."""
    if f.effective_number is None:
        return passed(True), f"{f.code} takes the place of no other version."
    change = need(f.change, f"No change is named for {f.code}, which takes the place of version "
                            f"{f.effective_number}. Request one, have it approved, and name it.")
    found = judge(CHANGE_COVERS, change)
    wrong = [one.why for one in found if one.verdict is not Verdict.PASS]
    return verdict_of(found), " ".join(wrong) or f"{change.change} is approved and covers {f.code}.", change.change, \
        ", ".join(change.documents) or None, (f.code, change.change)


@rule("DOC-04", "Its author hands it in")
def handed_in_by_author(f: DocumentFacts) -> Any:
    """A draft goes into review when its own author signs that it is ready (21 CFR 211.100(a), 211.186(a))."""
    author = need(f.author, f"It is not known who wrote {f.code}. Draft it anew.")
    ok = need(f.by, "It is not known who hands it in.") == author
    return passed(ok), (f"{f.code} is handed in by its author." if ok else
                        f"{f.code} was written by {author}; only its author can say that it is ready for review."), \
        f.by, author, (f.code,)


SUBMISSION = (text_as_signed, handed_in_by_author)
APPROVAL = (text_as_signed,)
EFFECT = (text_as_signed, newer_than_effective, change_named)
