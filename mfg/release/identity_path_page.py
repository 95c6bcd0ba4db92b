"""The path of identity of a dose on its page, as a picture, on paper and as JSON. It changes nothing but one print."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from mfg.batches.records import batch as batch_of
from mfg.batches.records import dose as dose_of
from mfg.canonical import plain_data
from mfg.codes.own import coi_text
from mfg.db import look
from mfg.doors import Door, Page, Pairs, View
from mfg.facts import Finding, judge
from mfg.labelling.acts import print_paper
from mfg.ledger import Who, now
from mfg.paper.identity_path import Judged, Line, PathPaper, path_drawing, path_pdf
from mfg.paper.shapes import Drawing
from mfg.release.identity_path import identity_path
from mfg.release.identity_path_rules import PATH, IdentityPath, Scan
from mfg.trial.records import recipient as recipient_of

WHEN = "%Y-%m-%d %H:%M"
#: how a label was read -> the sign beside it
SIGNS = {"scanned": "PASS", "typed": "CANNOT DETERMINE", "": "CANNOT DETERMINE"}


def lines_of(path: IdentityPath) -> list[Line]:
    """Every link as text."""
    return [Line(f"{one.at:{WHEN}}" if one.at else "not yet", one.what, one.code, one.by or "nobody", one.how,
                 one.record or "none") for one in path.links]


def show_identity_path(session: Session, *, dose: str) -> dict[str, Any]:
    """The path with what the rules say of it, newest on top."""
    path = identity_path(session, dose)
    findings = judge(PATH, path)
    rows = [[{"verdict": one.verdict.value, "text": one.verdict.value}, one.rule, one.title, one.why]
            for one in findings]
    here = f"/doses/{dose}/identity-path"
    return {"code": dose, "title": "Path of identity", "state": "", "about": "Scan by scan from the wristband back to "
            "the donor's arm. It shows; what stops a dose are the rules of release.",
            "strip": [{"k": "Dose", "v": dose, "code": True}],
            "pairs": [(label, value, False) for label, value in _pairs(session, path)],
            "sections": [{"title": "What it shows", "headers": ["status", "rule", "", "why"], "rows": rows}],
            "drawings": [{"title": "The path", "svg_url": f"{here}.svg",
                          "alt": f"The path of {dose} in {len(path.links)} links; the same stands in the table below.",
                          "headers": ["when, UTC", "what", "read", "how", "by", "record"],
                          "rows": [_row(one, line) for one, line in zip(path.links, lines_of(path), strict=True)]}],
            "actions": [{"url": f"/doses/{dose}/print-identity-path", "label": "Print it", "danger": False,
                         "main": True},
                        {"url": f"{here}.pdf", "label": "Open the PDF", "danger": False, "main": False}]}


def _row(one: Scan, line: Line) -> list[Any]:
    record: Any = {"text": line.record, "url": one.url} if one.url else line.record
    return [line.at, line.what, {"text": line.code, "code": True}, {"verdict": SIGNS[one.how], "text": line.word}
            if one.how in SIGNS else line.word, line.by, record]


def _pairs(session: Session, path: IdentityPath) -> list[tuple[str, str]]:
    batch = batch_of(session, dose_of(session, path.dose).batch)
    return [("dose", path.dose), ("batch", batch.code), ("recipient", path.recipient),
            ("chain of identity", coi_text(recipient_of(session, path.recipient).coi)), ("donor", path.donor),
            ("collection", batch.collection)]


def identity_path_drawing(session: Session, dose: str) -> Drawing:
    """The path as a picture."""
    return path_drawing(lines_of(identity_path(session, dose)))


def identity_path_pdf(session: Session, dose: str) -> bytes:
    """The path on paper as it stands now."""
    path = identity_path(session, dose)
    findings = [_judged(one) for one in judge(PATH, path)]
    return path_pdf(PathPaper(dose, _pairs(session, path), lines_of(path), findings,
                              f"{now():%Y-%m-%d %H:%M} UTC"))


def _judged(one: Finding) -> Judged:
    return Judged(one.verdict.value, one.rule, one.title, one.why)


def read_identity_path(session: Session, *, dose: str) -> Any:
    """The path and its findings as plain data."""
    path = identity_path(session, dose)
    return plain_data(path) | {"findings": [one.as_dict() for one in judge(PATH, path)]}


def print_identity_path(session: Session, who: Who, *, dose: str) -> str:
    """Record that the path of a dose left on paper. Returns the paper's code."""
    with look(session.get_bind().engine) as reading:
        batch, pdf = dose_of(reading, dose).batch, identity_path_pdf(reading, dose)
    return print_paper(session, who, verb="print identity path", on_code=dose, within=batch, kind="path of identity",
                       pdf=pdf)


def _shows(session: Session, *, dose: str) -> Pairs:
    path = identity_path(session, dose)
    return [("Dose", dose), ("Links", str(len(path.links))),
            *((one.rule, f"{one.verdict.value}: {one.why}") for one in judge(PATH, path))]


PATH_DOORS = (
    Door("print identity path", "/doses/<dose>", print_identity_path, "Print the path of identity",
         "Record the print", lambda code: f"/papers/{code}", shows=_shows,
         intro="From the wristband back to the donor's arm, scan by scan."),
)
PATH_VIEWS = (View("/doses/<dose>/identity-path", read_identity_path, "Path of identity"),)
PATH_PAGES = (Page("/doses/<dose>/identity-path", show_identity_path),)
