"""Making a master record effective: the replay of the past batches is shown before, and is part of what is signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.flow import Flow, by_step
from mfg.batches.impact import Impact, in_words, plain_impact, replay
from mfg.batches.records import Batch, Redline, Step, StepEntry
from mfg.canonical import canonical
from mfg.documents.acts import make_effective
from mfg.documents.api import shows_document, version_of
from mfg.documents.records import Document
from mfg.documents.records import document as load
from mfg.doors import Page, Pairs, View
from mfg.facts import Refused
from mfg.files import KeptFile, keep_file, read_upload
from mfg.ledger import Doing, Who
from mfg.recipes.api import EFFECTIVE
from mfg.recipes.records import master_record_in

KIND = "master record"
#: so many lines are shown before signing; all of them stand on the page of the impact and in what is signed
SHOWN = 40


def impact_of(session: Session, code: str) -> Impact:
    """The impact of one version on every batch made by any version of its key. Five statements, and one a version."""
    record, key = master_record_in(session, code), load(session, code).key
    made_by = select(Document.code).where(Document.kind == KIND, Document.key == key)
    batches = session.scalars(select(Batch).where(Batch.master_record.in_(made_by)).order_by(Batch.code)).all()
    codes = [one.code for one in batches]
    steps = _grouped(session.scalars(select(Step).where(Step.batch.in_(codes)).order_by(
        Step.stage, Step.ordinal, Step.repeat)).all(), lambda one: one.batch)
    entries = _grouped(session.scalars(select(StepEntry).where(StepEntry.step.in_(
        select(Step.code).where(Step.batch.in_(codes)))).order_by(StepEntry.entered_at, StepEntry.code)).all(),
        lambda one: one.step.partition("/")[0])
    redlines = _grouped(session.scalars(select(Redline).where(Redline.batch.in_(codes)).order_by(Redline.code)).all(),
                        lambda one: one.batch)
    followed = {version: master_record_in(session, version) for version in {one.master_record for one in batches}}
    flows = [(one.code, Flow(followed[one.master_record], redlines.get(one.code, []),
                             steps.get(one.code, []), by_step(entries.get(one.code, [])))) for one in batches]
    return replay(code, record, flows)


def _grouped(rows: Any, batch_of: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(batch_of(row), []).append(row)
    return found


def digest(impact: Impact) -> str:
    """What tells one impact from another."""
    return sha256(canonical(plain_impact(impact))).hexdigest()[:16]


def make_master_record_effective(session: Session, who: Who, *, document: str, change: str = "",
                                 seen: str | None = None) -> str:
    """Make an approved master record effective; the signature covers what the replay of the past batches says.

    `seen` is the version of the document, and after a colon the digest of the impact that was shown: another impact
    by now is refused, so that nobody signs for flips they never saw.
    """
    version, _, shown = (seen or "").partition(":")

    def replayed(session: Session, doing: Doing, row: Document) -> Mapping[str, Any]:
        impact = impact_of(session, row.code)
        if shown and digest(impact) != shown:
            raise Refused("Since you looked, more was recorded in a past batch and the impact is another. Nothing was "
                          "saved. Look at it again.", kind="stale")
        kept = {"impact_file": _kept(session, doing, impact)} if impact.batches else {}
        return {"impact": plain_impact(impact)} | kept

    return make_effective(session, who, kind=KIND, document=document, change=change, seen=version or None,
                          also=replayed)


def _kept(session: Session, doing: Doing, impact: Impact) -> str:
    """The impact in words as a kept file, so that what was signed can be read when the batches have gone on."""
    text = "\n".join([impact.document, impact.sentence(), *in_words(impact)]) + "\n"
    return keep_file(session, read_upload(_name(impact.document), text.encode()), by=doing.by.code, at=doing.at).code


def _name(document: str) -> str:
    return f"impact-{document.replace('/', '-')}.txt"


def seen_with_impact(session: Session, *, document: str) -> str:
    """The version of the document and the impact that the person sees."""
    return f"{version_of(session, document=document)}:{digest(impact_of(session, document))}"


def shows_impact(session: Session, *, document: str) -> Pairs:
    """The document, and every verdict that would flip, in words."""
    impact = impact_of(session, document)
    lines = list(in_words(impact))
    more = [("and more", f"{len(lines) - SHOWN} further lines on the page of the impact; all of them are signed")] \
        if len(lines) > SHOWN else []
    return [*shows_document(session, document=document), ("Past batches", impact.sentence()),
            *(("Would change", line) for line in lines[:SHOWN]), *more]


def read_impact(session: Session, *, document: str) -> Any:
    """What a version would have said of the batches already made."""
    impact = impact_of(session, document)
    return plain_impact(impact) | {"sentence": impact.sentence()}


def show_impact(session: Session, *, document: str) -> dict[str, Any]:
    """Every past batch replayed against this version."""
    row, impact = load(session, document), impact_of(session, document)
    flips = [[{"text": f"{one.batch}/{one.step}", "url": _link(one.batch, one.step)}, one.field or "the step",
              one.value, _cell(one.old), _cell(one.new), one.old_limit or "none", one.new_limit or "none"]
             for one in impact.flips]
    gone = [[f"{one.step}.{one.field}", one.label, ", ".join(one.batches)] for one in impact.gone]
    sections = [
        {"title": "Verdicts that would flip", "rows": flips, "empty": "None. Every verdict on record stays as it is.",
         "headers": ["step", "value of", "value", "on record", "by this version", "limit then", "limit now"],
         "note": "No record is changed by this, and no running batch: each keeps the version it began with."},
        {"title": "No longer asked for", "headers": ["field", "label", "recorded in"], "rows": gone,
         "empty": "Every field with recorded values is still asked for."}]
    signed = session.scalars(select(KeptFile.code).where(KeptFile.name == _name(row.code))).all()
    pairs = [("as it was signed", {"text": f"{code[:12]}…", "url": f"/files/{code}"}, False) for code in signed]
    return {"code": row.code, "title": "Impact on past batches", "state": row.state, "about": impact.sentence(),
            "sections": sections, "pairs": pairs, "strip": [{"k": row.kind, "v": row.code, "code": True}],
            "actions": [{"url": f"/documents/{row.code}", "label": "Back to the document", "danger": False,
                         "main": True}]}


def _link(batch: str, step: str) -> str:
    return f"/batches/{batch}" if " " in step else f"/steps/{batch}/{step}"


def _cell(state: str) -> Any:
    verdict = state.partition(",")[0]
    return {"verdict": verdict, "text": state} if verdict in ("PASS", "FAIL", "CANNOT DETERMINE") else state


IMPACT_DOORS = (
    replace(EFFECTIVE, call=make_master_record_effective, shows=shows_impact, seen=seen_with_impact,
            intro=f"{EFFECTIVE.intro} You sign for what the replay of the past batches shows."),
)
IMPACT_VIEWS = (View("/documents/<document>/impact", read_impact, "Impact on past batches"),)
IMPACT_PAGES = (Page("/documents/<document>/impact", show_impact),)
