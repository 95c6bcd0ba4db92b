"""Making a specification effective: every past result judged again is shown before, and is part of what is signed.

As `batches/effect.py` does it for master records; the verdicts on record stay what they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from sqlalchemy.orm import Session

from mfg.canonical import canonical, plain_data
from mfg.documents.acts import make_effective
from mfg.documents.api import shows_document, version_of
from mfg.documents.records import Document
from mfg.doors import Pairs
from mfg.facts import Refused
from mfg.files import keep_file, read_upload
from mfg.ledger import Doing, Who
from mfg.qc.again import KIND, Flip, flips_of, sentence
from mfg.recipes.api import SPECIFICATION_EFFECTIVE

#: so many lines are shown before signing; all of them stand on the page of past results and in what is signed
SHOWN = 40


def plain_flips(session: Session, code: str) -> dict[str, Any]:
    """What a version would have said of every past result, complete: what is signed."""
    many, found = flips_of(session, code)
    return {"document": code, "results": many, "flips": [plain_data(one) for one in found]}


def digest(flips: Mapping[str, Any]) -> str:
    """What tells one answer from another."""
    return sha256(canonical(flips)).hexdigest()[:16]


def make_specification_effective(session: Session, who: Who, *, document: str, change: str = "",
                                 seen: str | None = None) -> str:
    """Make an approved specification effective; the signature covers what it says of every result on record.

    `seen` is the version of the document, and after a colon the digest of the flips that were shown: other flips by
    now are refused, so that nobody signs for verdicts they never saw.
    """
    version, _, shown = (seen or "").partition(":")

    def judged(session: Session, doing: Doing, row: Document) -> Mapping[str, Any]:
        flips = plain_flips(session, row.code)
        if shown and digest(flips) != shown:
            raise Refused("Since you looked, another result was recorded or reviewed and the past results are others. "
                          "Nothing was saved. Look at them again.", kind="stale")
        return {"past_results": flips} | ({"past_results_file": _kept(session, doing, row.code)} if flips["results"]
                                          else {})

    return make_effective(session, who, kind=KIND, document=document, change=change, seen=version or None, also=judged)


def _kept(session: Session, doing: Doing, code: str) -> str:
    """The flips in words as a kept file, so that what was signed can be read when more results are there."""
    many, found = flips_of(session, code)
    text = "\n".join([code, sentence(many, found), *(told(one) for one in found)]) + "\n"
    return keep_file(session, read_upload(f"past-results-{code.replace('/', '-')}.txt", text.encode()),
                     by=doing.by.code, at=doing.at).code


def told(one: Flip) -> str:
    """One flip on a line."""
    return f"{one.result} of {one.batch}, {one.test}: {one.value}: {one.on_record} → {one.by_this}; " \
           f"{one.why or one.limit}"


def seen_with_flips(session: Session, *, document: str) -> str:
    """The version of the document and the flips that the person sees."""
    return f"{version_of(session, document=document)}:{digest(plain_flips(session, document))}"


def shows_flips(session: Session, *, document: str) -> Pairs:
    """The document, and every verdict that would be another, in words."""
    many, found = flips_of(session, document)
    more = [("and more", f"{len(found) - SHOWN} further results on the page of past results; all of them are signed")] \
        if len(found) > SHOWN else []
    return [*shows_document(session, document=document), ("Past results", sentence(many, found)),
            *(("Would change", told(one)) for one in found[:SHOWN]), *more]


EFFECT_DOORS = (
    replace(SPECIFICATION_EFFECTIVE, call=make_specification_effective, shows=shows_flips, seen=seen_with_flips,
            intro=f"{SPECIFICATION_EFFECTIVE.intro} You sign for what it says of every past result."),
)
