"""What is shown of release: the decision over a dose, decisions taken, printed papers. It changes nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from mfg.batches.records import Dose, bags_of
from mfg.batches.records import batch as batch_of
from mfg.batches.records import dose as dose_of
from mfg.batches.rules import RELEASED
from mfg.codes.own import coi_text
from mfg.doors import Page, leads
from mfg.facts import Refused, Verdict, verdict_of
from mfg.labelling.records import PrintedPaper
from mfg.ledger import now
from mfg.release import shown
from mfg.release.api import all_decisions
from mfg.release.decide import Judged
from mfg.release.dose_limits import section, worksheet
from mfg.release.dossier import fingerprint
from mfg.release.exceptional_pages import EXCEPTIONAL_PAGES
from mfg.release.exceptional_records import open_request
from mfg.release.gather import decide, judged_then
from mfg.release.identity_path_page import PATH_PAGES
from mfg.release.late_pages import LATE_PAGES
from mfg.release.records import decision as decision_of
from mfg.release.records import decisions_of
from mfg.trial.records import recipient

WHEN = "%Y-%m-%d %H:%M UTC"
#: kind of paper -> where it is drawn
PAPERS = {"batch record": "/batches/{}/record.pdf", "path of identity": "/doses/{}/identity-path.pdf",
          "product quality review": "/product-quality-reviews/{}/review.pdf"}
#: decision -> (label, states it is possible from, red)
CHOICES = {
    "reject-dose": ("Reject the dose", ("planned", "filled", "checked", "cleared", "released on condition", "revoked"),
                    True),
    "revoke-release": ("Take the release back", tuple(sorted(RELEASED)), True),
    "give-disposition": ("Quality disposition", ("checked", "cleared"), False),
    "release-dose-on-condition": ("Release on condition", ("cleared",), False),
    "release-dose": ("Certify", ("cleared", "released on condition"), False),
}


#: a dose that is filled and checked and was not decided on may be asked for, out of specification
MAY_BE_ASKED = ("checked", "cleared")
#: what no decision ever makes green again
RED = ("rejected", "revoked", "released exceptionally")


def show_decide(session: Session, *, dose: str) -> dict[str, Any]:
    """What templates/release/decide.html needs, judged now; the screen adds signatures and history."""
    row, judged = dose_of(session, dose), decide(session, dose, now())
    verdict, word, findings = shown.headline(row.state, judged)
    return {
        "verdict": verdict.value, "word": word, "counts": shown.counts(findings), "number": shown.number(judged),
        "under": shown.under(judged), "gauge": {"svg_url": f"/doses/{dose}/gauge.svg", "alt": _alt(judged)},
        "arithmetic": shown.arithmetic(judged), "sources": shown.sources(judged), "assumed": shown.assumed(judged),
        "findings": [one.as_dict() for one in findings], "dossier": fingerprint(judged.evidence_hash),
        "seen": judged.evidence_hash, "action": f"/doses/{dose}/decision", "sign": None, "problem": None, "nonce": "",
        "choices": [*_exceptional(session, row, judged), *_choices(row, judged)], "pairs": _pairs(row, judged),
        "sections": [section(judged), worksheet(judged), _taken(session, dose)]}


def _alt(judged: Judged) -> str:
    return shown.under(judged) or "The dose is not known."


def _choices(row: Dose, judged: Judged) -> list[dict[str, Any]]:
    """Every decision there is; what is not possible stays visible and says why."""
    main = "release-dose" if judged.verdicts["release dose"] is Verdict.PASS or row.state == "released on condition" \
        else "release-dose-on-condition" if row.state == "cleared" else "give-disposition"
    choices = []
    for slug, (label, states, danger) in CHOICES.items():
        why = _why_not(slug, row, judged, states)
        choices.append({"value": slug, "label": label, "danger": danger, "main": slug == main, "why_not": why,
                        "allowed": why is None, "url": f"/doses/{row.code}/{slug}" if why is None else None})
    return choices


def _exceptional(session: Session, row: Dose, judged: Judged) -> list[dict[str, Any]]:
    """The narrow door, only where the signed protocol has it: ask for it, or go to what was asked already."""
    protocol = judged.dossier.protocol
    if protocol is None or not protocol.exceptional_release or row.state not in MAY_BE_ASKED:
        return []
    asked = open_request(session, row.code)
    url, label = (f"/exceptional/{asked.code}", "Exceptional release asked for") if asked else \
        (f"/doses/{row.code}/request-exceptional-release", "Ask for an exceptional release")
    return [{"value": "request-exceptional", "label": label, "danger": True, "main": False, "why_not": None,
             "allowed": True, "url": url}]


def show_limits(session: Session, *, dose: str) -> dict[str, Any]:
    """The limits that belong to this dose and not to its batch, each with its arithmetic, judged now."""
    row, judged = dose_of(session, dose), decide(session, dose, now())
    return {"code": row.code, "title": "Limits of this dose", "state": row.state, "drawings": [],
            "pairs": [("Dose", leads(row.code), False), ("Judged", f"{judged.at:{WHEN}}", False)],
            "sections": [section(judged), worksheet(judged)], "strip": decision_strip(session, row),
            "back": f"/doses/{dose}",
            "actions": [{"url": f"/doses/{dose}/decision", "label": "Release decision", "danger": False,
                         "main": True}]}


def _why_not(slug: str, row: Dose, judged: Judged, states: tuple[str, ...]) -> str | None:
    if row.state not in states:
        return f"the dose is {row.state}."
    if slug in ("reject-dose", "revoke-release"):
        return None
    findings = {"give-disposition": judged.conditional, "release-dose-on-condition": judged.for_condition,
                "release-dose": judged.for_release}[slug]
    if slug == "release-dose-on-condition" and verdict_of(judged.for_release) is Verdict.PASS:
        return "no test is open; certify the dose."
    waiting = sum(one.verdict is not Verdict.PASS for one in findings)
    return f"{waiting} rule{'s' if waiting != 1 else ''} not passed." if waiting else None


def _pairs(row: Dose, judged: Judged) -> list[tuple[str, Any, bool]]:
    bags = judged.dossier.bags
    return [("Dose", {"text": row.code, "url": f"/doses/{row.code}"}, False), ("State", row.state, False),
            ("Fill", str(row.attempt), False), ("Bags", ", ".join(bag.container for bag in bags) or "none", False),
            ("Valid until", f"{min(bag.expires_at for bag in bags):{WHEN}}" if bags else "not filled", False),
            ("Judged", f"{judged.at:{WHEN}}", False)]


def _taken(session: Session, dose: str) -> dict[str, Any]:
    rows = [[{"text": one.code, "url": f"/decisions/{one.code}"}, one.kind, str(one.attempt),
             f"{one.decided_at:{WHEN}}", one.reason or one.condition] for one in decisions_of(session, dose)]
    return {"title": "Decisions so far", "headers": ["decision", "what", "fill", "when", "told"], "rows": rows}


def show_decision(session: Session, *, decision: str) -> dict[str, Any]:
    """One decision as it was taken: its own evidence and findings."""
    row = decision_of(session, decision)
    judged = judged_then(session, row)
    sums = [" ".join(text for text, _ in line) for line in shown.arithmetic(judged)]
    pairs = [("Dose", {"text": row.dose, "url": f"/doses/{row.dose}/decision"}, False),
             ("Fill", str(row.attempt), False), ("Decided", f"{row.decided_at:{WHEN}} by {row.decided_by}", False),
             ("Viable NK cells", shown.under(judged) or "not known", False), *[("Sum", one, False) for one in sums],
             ("Evidence", row.dossier_hash, False)]
    pairs += [("Condition", row.condition, False)] if row.condition else []
    pairs += [("Reason", row.reason, False)] if row.reason else []
    return {"code": row.code, "title": f"Decision {row.code}", "state": row.kind, "pairs": pairs, "drawings": [],
            "verdict": "FAIL" if row.kind in RED else "PASS", "findings": [one.as_dict() for one in judged.full],
            "sections": [section(judged), worksheet(judged)],
            "strip": decision_strip(session, dose_of(session, row.dose)),
            "back": f"/doses/{row.dose}/decision",
            "actions": [{"url": f"/decisions/{row.code}/certificate.pdf", "label": "Open the certificate",
                         "danger": False, "main": True},
                        {"url": f"/decisions/{row.code}/print-record", "label": "Record a print", "danger": False,
                         "main": False}]}


def list_decisions(session: Session) -> dict[str, Any]:
    """Every decision, the newest first."""
    rows = [[{"text": row.code, "url": f"/decisions/{row.code}"}, row.kind,
             {"text": row.dose, "url": f"/doses/{row.dose}/decision"}, str(row.attempt),
             f"{row.decided_at:{WHEN}}", row.decided_by] for row in all_decisions(session)]
    return {"title": "Decisions", "headers": ["decision", "what", "dose", "fill", "when", "by"], "rows": rows,
            "actions": [], "empty": "Nothing has been decided about any dose."}


def show_paper(session: Session, *, paper: str) -> dict[str, Any]:
    """One paper that left the system."""
    row = session.get(PrintedPaper, paper)
    if row is None:
        raise Refused(f"There is no printed paper “{paper}”.", kind="not found")
    url = PAPERS.get(row.kind, "/decisions/{}/certificate.pdf").format(row.on_code)
    return {"code": row.code, "title": f"{row.kind.capitalize()} {row.on_code}", "state": "printed", "sections": [],
            "pairs": [("Printed", f"{row.printed_at:{WHEN}} by {row.printed_by}", False),
                      ("SHA-256 of the PDF", row.pdf_hash, False)], "drawings": [],
            "strip": [{"k": "Paper", "v": row.code, "code": True}],
            "actions": [{"url": url, "label": "Draw it as it stands now", "danger": False, "main": True}]}


def decision_strip(session: Session, row: Dose) -> list[dict[str, Any]]:
    """Chain of identity, dose, where we are, and what runs out first."""
    who = recipient(session, batch_of(session, row.batch).recipient)
    ends = min((bag.expires_at for bag in bags_of(session, row)), default=None)
    strip: list[dict[str, Any]] = [
        {"k": "Chain of identity", "v": coi_text(who.coi), "code": True}, {"k": "Dose", "v": row.code, "code": True},
        {"k": f"Cohort {who.cohort} · infusion {row.infusion}", "v": "Release decision", "grow": True}]
    if ends is not None:
        strip.append({"k": "Dose valid", "v": f"until {ends:%H:%M}", "timer_until": f"{ends:%Y-%m-%dT%H:%M:%SZ}"})
    return strip


PAGES = (
    *PATH_PAGES,
    *LATE_PAGES,
    *EXCEPTIONAL_PAGES,
    Page("/doses/<dose>/limits", show_limits),
    Page("/decisions", list_decisions, "list.html"),
    Page("/decisions/<decision>", show_decision),
    Page("/papers/<paper>", show_paper),
)
