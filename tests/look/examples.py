"""Example contexts for every page: made-up codes and numbers, worked out so that they agree with each other.

Not a fixture of the product: nothing here is read from a database. A page is one (template, context) under a name.
"""

from __future__ import annotations

from typing import Any

Context = dict[str, Any]
COI = {"k": "Chain of identity", "v": "A9991 26 7K2P4Q ·8", "code": True, "grow": False, "timer_until": None}
OPERATOR = {"printed_name": "Operator 2", "roles": ["operator", "verifier"]}
QA = {"printed_name": "Quality 1", "roles": ["qa"]}
NAV = [{"url": "/", "label": "Floor", "here": True}, {"url": "/batches", "label": "Batches", "here": False},
       {"url": "/recipients", "label": "Recipients", "here": False}]


def tile(k: str, v: str, **more: Any) -> dict[str, Any]:
    """One tile of the context strip."""
    return {"k": k, "v": v, "code": False, "grow": False, "timer_until": None, **more}


def page(title: str, *strip: dict[str, Any], who: dict[str, Any] | None = OPERATOR, back: str | None = "/batches/NK-26-014",
         **more: Any) -> Context:
    """What base.html needs."""
    return {"title": title, "strip": list(strip), "who": who, "now_text": "14:22 UTC", "back": back, **more}


def field(name: str, label: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    """A field with every key its contract names; `more` fills them."""
    blank: dict[str, Any] = {"value": None, "unit": None, "hint": None, "error": None, "choices": [], "required": True,
                             "readonly": False, "typed": False}
    return {"name": name, "label": label, "kind": kind, **blank, **more}


def finding(rule: str, title: str, verdict: str, why: str, value: str | None = None, limit: str | None = None,
            *sources: str) -> dict[str, Any]:
    """A finding as plain data."""
    return {"rule": rule, "title": title, "verdict": verdict, "why": why, "value": value, "limit": limit,
            "sources": list(sources)}


def signature(**more: Any) -> dict[str, Any]:
    """A signature still to be given."""
    return {"meaning": "I weighed the recipient myself and the value is what the scale showed.", "verb": "record weight",
            "user_id": "op2", "hash": None, "reason_needed": False, "error": None,
            "shows": [("Recipient", "S-03"), ("Weight", "71.4 kg"), ("Measured", "2026-11-20 08:10 UTC")], **more}


FINDINGS = [
    finding("REL-02", "Volume 100 to 150 mL", "PASS", "100.0 mL, one bag.", "100.0 mL", "100 to 150 mL", "ENT-2207"),
    finding("REL-01", "Dose matches the cohort's target", "FAIL",
            "7.85 × 10⁶ /kg is 78.5 % of 1.00 × 10⁷ /kg; at least 80 % is needed. The weight is 71.4 kg (was 69.8). "
            "Fill 102.0 mL or more, or ask the sponsor.", "78.5 %", "80 to 120 %", "CNT-0311", "FLW-0098", "W-0042"),
    finding("REL-09", "Endotoxin within 5 EU/kg", "CANNOT DETERMINE",
            "There is no result for sample S-0719 yet. Limit for this dose: 3.57 EU/mL = 5 × 71.4 kg ÷ 100.0 mL.",
            None, "3.57 EU/mL"),
    finding("REL-05", "CD3⁺ at most 2 × 10⁵ per kg", "PASS", "2.5 × 10⁴ /kg this infusion, 5.1 × 10⁴ /kg so far."),
    finding("REL-07", "No open deviation touches this dose", "PASS", "DEV-0031 closed 2026-11-20 15:02 by Quality 2."),
]

HISTORY = [
    {"who": "Operator 2", "role": "operator", "verb": "record weight", "at": "2026-11-20 08:12:40 UTC", "why": None,
     "changes": [{"what": "weight", "old": None, "new": "71.4 kg"}]},
    {"who": "Operator 2", "role": "operator", "verb": "correct entry", "at": "2026-11-20 08:31:02 UTC",
     "why": "Digits swapped when typed; the printout of the scale says 71.4.", "late": "Entered 19 minutes after it happened.",
     "changes": [{"what": "weight", "old": "74.1 kg", "new": "71.4 kg"}, {"what": "note", "old": "scale 2", "new": None}]},
    {"who": "Operator 2", "role": "operator", "verb": "confirm weight", "at": "2026-11-20 08:33:00 UTC", "refused": True,
     "why": "The person who weighed cannot confirm the weight as well.", "changes": []},
]
SIGNED = [
    {"printed_name": "Operator 2", "role": "operator", "meaning": "I performed this step as written.",
     "at": "2026-11-20 08:12:40 UTC", "hash": "5b0e·91aa·44c7", "void": True, "why": "weight corrected 08:31"},
    {"printed_name": "Verifier 1", "role": "verifier", "meaning": "I read the scale again, by myself, and agree.",
     "at": "2026-11-20 08:35:10 UTC", "hash": "9f3c·41be·07d2", "void": False, "why": None},
]


def act(**more: Any) -> Context:
    """A plain act: no signature, nothing wrong."""
    return {"title": "Record the recipient's weight", "intro": "Weigh the recipient without shoes and heavy clothes.",
            "fields": [], "sign": None, "main": "Record the weight", "danger": False, "action": "/recipients/S-03/weight",
            "csrf": "csrf-1", "nonce": "nonce-1", "seen": "v7", "problem": None, "findings": [], **more}


def act_plain() -> Context:
    """The everyday act: a few empty fields and a signature."""
    fields = [field("scale", "Scale", "scan", hint="Scan the label of the scale. Typing needs the check character and is marked."),
              field("weight_kg", "Weight", "number", unit="kg", hint="limits 30.0 to 200.0 kg, last 69.8 kg on 2026-11-14"),
              field("measured_at", "Measured at", "date-time"),
              field("clothes", "Clothes", "choice", choices=[("light", "light"), ("gown", "gown only")]),
              field("note", "Note", "textarea", required=False)]
    strip = (COI, tile("Recipient", "S-03", code=True), tile("Cohort 1", "Weight before infusion 2", grow=True))
    return {"page": page("Record the recipient's weight", *strip, nav=NAV, sign_out={"url": "/logout", "csrf": "csrf-1"}),
            "act": act(fields=fields, sign=signature())}


def act_every_field() -> Context:
    """Every kind of field in every state, once."""
    long = [(f"v{n}", f"Reason number {n}") for n in range(1, 9)]
    fields = [
        field("vial", "Antibody vial", "scan", value="]d2=,000BSA260903", readonly=True, hint="released, expires 2027-03-31"),
        field("bag", "Cell bag", "scan", value="NK-26-014-H1-01/K", typed=True, hint="typed with its check character; this is marked in the record"),
        field("added", "Antibody added", "number", unit="mL", value="1.88", hint="calculated 1.88 mL for 20 µg per 10⁶ cells at 10 mg/mL, limits 1.79 to 1.97 mL"),
        field("bath", "Bath temperature", "number", unit="°C", value="35.4", error="35.4 °C is below 36.0 °C; limits 36.0 to 38.0 °C. Correct the entry, or save it and a deviation opens."),
        field("started_at", "Contact started", "date-time", value="2026-11-20 14:05"),
        field("expires_on", "Expires", "date", value=None),
        field("clear", "Is the suspension free of clumps?", "yesno", value=False),
        field("mixing", "How was it mixed?", "choice", choices=[("hand", "By hand, ten inversions"), ("rocker", "Rocker")], error="Nothing is chosen. Choose how it was mixed."),
        field("why_late", "Why is this entered late?", "choice", choices=long, required=False),
        field("counts", "Viable cells, one box per count", "list", unit="10*6/mL", value=["6.1", "5.9"], hint="three counts or more"),
        field("seen", "What was checked", "list", choices=[("label", "Label"), ("seal", "Seal"), ("volume", "Volume")], value=["seal"], required=False),
        field("locked", "Mode of sentinel", "choice", choices=[("a", "One at a time")], value="a", readonly=True),
        field("code_word", "Passphrase of the key", "password", required=False),
        field("printout", "Printout of the counter", "file", required=False, hint="PDF, PNG or CSV, at most 10 MB"),
        field("batch", "Batch", "hidden", value="NK-26-014"),
        field("remark", "Remark", "textarea", value="Mixed twice & rested <1 min", required=False),
    ]
    strip = (COI, tile("Batch", "NK-26-014", code=True), tile("Phase 5, bispecific loading", "Step 31 of 58", grow=True),
             tile("Contact time, stop by", "14:35 UTC", timer_until="2026-11-20T14:35:00+00:00"))
    return {"page": page("Add the antibody", *strip, now="2026-11-20T14:22:56+00:00"),
            "act": act(title="Add the bispecific antibody", code="NK-26-014", fields=fields, main="Check and sign as performer",
                       pairs=[("Cells in the bag", "9.40 × 10⁸ viable", False), ("Contact time", "30 min", True)],
                       note="SOP-114 v6, 4.3", others=[{"url": "/deviations/new", "label": "Report a deviation"}])}


def act_refused() -> Context:
    """A refused act that is signed again: everything a refusal can say, and a signature that failed."""
    problem = {"why": "The weight is 9 days old; at most 7 days are allowed at the moment of decision.", "expected": "measured after 2026-11-13 14:22 UTC",
               "got": "2026-11-11 08:10 UTC, record W-0039", "next": "Weigh the recipient again and record it, then plan the dose.",
               "recorded": "The attempt is in the history. No dose was planned."}
    sign = signature(error="User id and password do not belong together.", reason_needed=True, hash="9f3c·41be·07d2·aa10", reason="Second plan after the weight changed")
    return {"page": page("Void the plan", COI, tile("Dose", "NK-26-014-D2", code=True, grow=True), who=QA),
            "act": act(title="Void the dose plan", intro=None, seen=None, main="Void this plan", danger=True, problem=problem, findings=FINDINGS, sign=sign)}


def record(**more: Any) -> Context:
    """A record with everything in it."""
    return {"code": "W-0042", "title": "Weight", "state": "confirmed", "verdict": "PASS",
            "pairs": [("Recipient", ("S-03", "/recipients/S-03"), False), ("Weight", "71.4 kg", False), ("Scale", ("EQ-017", "/equipment/EQ-017"), False),
                      ("Measured", "2026-11-20 08:10 UTC", False), ("At most this old", "7 days", True), ("Confirmed by", None, False)],
            "sections": [], "drawings": [], "signatures": SIGNED, "history": HISTORY, "actions": [], **more}


def record_full() -> Context:
    """A batch: drawings, sections, many actions."""
    curve = {"title": "Growth", "svg_url": "/static/mark.svg", "alt": "Viable cells from 2.1e7 on day 0 to 9.4e8 on day 14", "headers": ["Day", "Viable cells", "Viability"],
             "rows": [["0", "2.1 × 10⁷", "96 %"], ["14", "9.4 × 10⁸", "94 %"]]}
    containers = {"title": "Containers", "headers": ["Code", "What", "State", "Volume"],
                  "rows": [[("NK-26-014-H1-01", "/containers/NK-26-014-H1-01"), "harvest", {"text": "in process", "verdict": "TODO"}, {"text": "100.0 mL", "num": True, "sub": "weighed 14:02"}],
                           [("NK-26-014-L1-01", "/containers/NK-26-014-L1-01"), "loaded cells", {"text": "quarantine", "verdict": "CANNOT DETERMINE"}, None]]}
    actions = [{"url": "/steps/31", "label": "Go on with step 31", "danger": False, "main": True}, {"url": "/x", "label": "Take a sample", "danger": False, "main": False},
               {"url": "/dev", "label": "Report a deviation", "danger": False, "main": False}, {"url": "/reject", "label": "Reject the batch", "danger": True, "main": False}]
    return {"page": page("Batch NK-26-014", COI, tile("Batch", "NK-26-014", code=True, grow=True), back="/batches", done="Step 30 is signed as performed, 14:20:11 UTC."),
            "record": record(code="NK-26-014", title="Batch", state="1 exception open", verdict="CANNOT DETERMINE", drawings=[curve],
                             sections=[containers, {"title": "Samples", "headers": ["Code", "Test"], "rows": [], "empty": "No sample has been taken from this batch."}],
                             actions=actions, history=HISTORY * 2, findings=FINDINGS)}


def record_small() -> Context:
    """A young record: almost nothing in it yet, and it says so."""
    return {"page": page("Weight W-0042", tile("Recipient", "S-03", code=True, grow=True)),
            "record": record(state="waiting for the second person", verdict=None, signatures=[], history=[],
                             actions=[{"url": "/w/confirm", "label": "Confirm the weight", "danger": False, "main": True}, {"url": "/w/void", "label": "Void it", "danger": True, "main": False}])}


PAGES: dict[str, tuple[str, Context]] = {
    "act_plain": ("act.html", act_plain()),
    "act_every_field": ("act.html", act_every_field()),
    "act_refused": ("act.html", act_refused()),
    "record_full": ("record.html", record_full()),
    "record_small": ("record.html", record_small()),
}
