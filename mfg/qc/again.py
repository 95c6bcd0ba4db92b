"""A past result judged once more, by a later version of its specification, beside its first verdict and never over it.

`judged_again` is pure. Nothing is written: the verdict on record stays what it was, and so does the version it names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.canonical import plain_data
from mfg.documents.records import Document, document
from mfg.doors import Page, View
from mfg.facts import Refused, Verdict
from mfg.qc.records import Result
from mfg.qc.records import result as result_of
from mfg.qc.rules import judged, limit_text, numbers_in
from mfg.recipes.reading import read_specification
from mfg.recipes.records import specification_in
from mfg.recipes.specification import Test
from mfg.units import in_words

KIND = "specification"
#: versions that are, or were, in force
IN_FORCE = ("effective", "superseded")


@dataclass(frozen=True, slots=True)
class Again:
    """One result under one version. `first` marks the one it was judged by; its verdict is the one on record."""

    version: str
    state: str
    limit: str
    verdict: Verdict
    why: str = ""
    first: bool = False


def judged_again(value: str, unit: str, asked: Test | None) -> tuple[Verdict, str, str]:
    """Verdict, limit and, where it cannot be told, why. A value is never made to fit another unit or another kind."""
    if asked is None:
        return Verdict.CANNOT_DETERMINE, "", "This version does not ask for the test."
    limit = limit_text(asked)
    if asked.kind == "sterility":
        return Verdict.CANNOT_DETERMINE, limit, "This version reads it day by day."
    if (asked.unit or "1") != (unit or "1"):
        return Verdict.CANNOT_DETERMINE, limit, (f"It was reported in {in_words(unit) or 'no unit'}; this version has "
                                                 f"{in_words(asked.unit) or 'none'}.")
    try:
        found = numbers_in(asked, value)
    except Refused as refused:
        return Verdict.CANNOT_DETERMINE, limit, refused.why
    if asked.kind == "choice" and asked.choices and value not in asked.choices:
        return Verdict.CANNOT_DETERMINE, limit, "It is none of the answers of this version."
    if asked.replicates is not None and len(found) < asked.replicates:
        return Verdict.CANNOT_DETERMINE, limit, f"It has {len(found)} of at least {asked.replicates} replicates."
    return judged(asked, value), limit, ""


def under_every_version(session: Session, row: Result) -> list[Again]:
    """The first verdict, then what every later version says that is or was in force, oldest first."""
    pinned = document(session, row.specification)
    later = session.scalars(select(Document).where(
        Document.kind == KIND, Document.key == pinned.key, Document.number > pinned.number,
        Document.state.in_(IN_FORCE)).order_by(Document.number))
    first = read_specification(pinned.text).test(row.test)
    return [Again(pinned.code, pinned.state, limit_text(first) if first else "not known", Verdict(row.verdict),
                  first=True), *(_under(row, one) for one in later)]


def _under(row: Result, version: Document) -> Again:
    verdict, limit, why = judged_again(row.value, row.unit, read_specification(version.text).test(row.test))
    return Again(version.code, version.state, limit, verdict, why)


def section(session: Session, row: Result) -> dict[str, Any]:
    """The table on the page of a result."""
    rows = [[{"text": one.version, "url": f"/documents/{one.version}"}, "the first verdict, on record" if one.first
             else one.why or one.state, one.limit, {"verdict": one.verdict.value, "text": one.verdict.value}]
            for one in under_every_version(session, row)]
    return {"title": "Under every later version of the specification", "rows": rows,
            "headers": ["Version", "What it is", "Limit", "Verdict"],
            "note": "Only the first verdict is on record; no later version changes it."}


# --- a version that may come into force, against every result there is ------------------------------------------------


@dataclass(frozen=True, slots=True)
class Flip:
    """One result on which this version would have said something else."""

    result: str
    batch: str
    test: str
    value: str
    on_record: str
    by_this: str
    limit: str
    why: str


def flips(results: Iterable[Result], tests: Sequence[Test]) -> list[Flip]:
    """Every result whose verdict this version would not share."""
    asked = {one.id: one for one in tests}
    told = [(one, judged_again(one.value, one.unit, asked.get(one.test))) for one in results]
    return [Flip(one.code, one.batch, one.test, f"{one.value} {in_words(one.unit)}".strip(), one.verdict,
                 verdict.value, limit, why) for one, (verdict, limit, why) in told if verdict.value != one.verdict]


def flips_of(session: Session, code: str) -> tuple[int, list[Flip]]:
    """How many results there are by any version of the key, and those on which this version disagrees."""
    row, tests = document(session, code), specification_in(session, code).tests
    versions = select(Document.code).where(Document.kind == KIND, Document.key == row.key)
    results = session.scalars(select(Result).where(Result.specification.in_(versions)).order_by(Result.code)).all()
    return len(results), flips(results, tests)


def sentence(many: int, found: Sequence[Flip]) -> str:
    """What it comes to."""
    if not many:
        return "There is no result by any version of this specification yet."
    return (f"Of {many} result{'' if many == 1 else 's'} on record, this version would have judged {len(found)} "
            "otherwise. No verdict on record changes.")


def read_flips(session: Session, *, document: str) -> Any:
    """What a version of a specification would have said of the results on record."""
    many, found = flips_of(session, document)
    return {"document": document, "results": many, "sentence": sentence(many, found),
            "flips": [plain_data(one) for one in found]}


def show_flips(session: Session, *, document: str) -> dict[str, Any]:
    """Every result on record that this version would have judged otherwise."""
    many, found = flips_of(session, document)
    rows = [[{"text": one.result, "url": f"/results/{one.result}"}, one.batch, one.test, one.value,
             {"verdict": one.on_record, "text": one.on_record}, {"verdict": one.by_this, "text": one.by_this},
             one.why or one.limit] for one in found]
    headers = ["Result", "Batch", "Test", "Value", "On record", "By this version", "Limit or why"]
    return {"code": document, "title": f"Results on record under {document}", "state": KIND, "pairs": [],
            "about": sentence(many, found), "drawings": [],
            "sections": [{"title": "Verdicts that would be others", "rows": rows, "headers": headers,
                          "empty": "None. Every verdict on record stays as it is."}],
            "strip": [{"k": KIND, "v": document, "code": True}],
            "actions": [{"url": f"/documents/{document}", "label": "Back to the document", "danger": False,
                         "main": True}]}


def read_again(session: Session, *, result: str) -> Any:
    """A result under its own and every later version of the specification."""
    return [plain_data(one) for one in under_every_version(session, result_of(session, result))]


AGAIN_VIEWS = (View("/results/<result>/versions", read_again, "A result under every later version"),
               View("/documents/<document>/results", read_flips, "What a specification would say of past results"))
AGAIN_PAGES = (Page("/documents/<document>/results", show_flips),)
