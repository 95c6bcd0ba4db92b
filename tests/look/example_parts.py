"""The small pieces example pages are made of: tiles, fields, findings, signatures, history. All made up."""

from __future__ import annotations

from typing import Any

Context = dict[str, Any]
COI = {"k": "Chain of identity", "v": "A9991 26 7K2P4Q ·8", "code": True, "grow": False, "timer_until": None}
OPERATOR = {"printed_name": "Operator 2", "roles": ["operator", "verifier"]}
QA = {"printed_name": "Quality 1", "roles": ["qa"]}
NAV = [
    {"url": "/", "label": "Floor", "here": True},
    {"url": "/batches", "label": "Batches", "here": False},
    {"url": "/recipients", "label": "Recipients", "here": False},
]


def tile(k: str, v: str, **more: Any) -> dict[str, Any]:
    """One tile of the context strip."""
    return {"k": k, "v": v, "code": False, "grow": False, "timer_until": None, **more}


def page(
    title: str,
    *strip: dict[str, Any],
    who: dict[str, Any] | None = OPERATOR,
    back: str | None = "/batches/NK-26-014",
    **more: Any,
) -> Context:
    """What base.html needs."""
    return {"title": title, "strip": list(strip), "who": who, "now_text": "14:22 UTC", "back": back, **more}


def field(name: str, label: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    """A field with every key its contract names; `more` fills them."""
    blank: dict[str, Any] = {
        "value": None,
        "unit": None,
        "hint": None,
        "error": None,
        "choices": [],
        "required": True,
        "readonly": False,
        "typed": False,
    }
    return {"name": name, "label": label, "kind": kind, **blank, **more}


def finding(
    rule: str,
    title: str,
    verdict: str,
    why: str,
    value: str | None = None,
    limit: str | None = None,
    *sources: str,
) -> dict[str, Any]:
    """A finding as plain data."""
    return {
        "rule": rule,
        "title": title,
        "verdict": verdict,
        "why": why,
        "value": value,
        "limit": limit,
        "sources": list(sources),
    }


def signature(**more: Any) -> dict[str, Any]:
    """A signature still to be given."""
    return {
        "meaning": "I weighed the recipient myself and the value is what the scale showed.",
        "verb": "record weight",
        "user_id": "op2",
        "hash": None,
        "reason_needed": False,
        "error": None,
        "shows": [("Recipient", "S-03"), ("Weight", "71.4 kg"), ("Measured", "2026-11-20 08:10 UTC")],
        **more,
    }


FINDINGS = [
    finding(
        "REL-02",
        "Volume 100 to 150 mL",
        "PASS",
        "100.0 mL, one bag.",
        "100.0 mL",
        "100 to 150 mL",
        "ENT-2207",
    ),
    finding(
        "REL-01",
        "Dose matches the cohort's target",
        "FAIL",
        "7.85 × 10⁶ /kg is 78.5 % of 1.00 × 10⁷ /kg; at least 80 % is needed. The weight is 71.4 kg (was 69.8). "
        "Fill 102.0 mL or more, or ask the sponsor.",
        "78.5 %",
        "80 to 120 %",
        "CNT-0311",
        "FLW-0098",
        "W-0042",
    ),
    finding(
        "REL-09",
        "Endotoxin within 5 EU/kg",
        "CANNOT DETERMINE",
        "There is no result for sample S-0719 yet. Limit for this dose: 3.57 EU/mL = 5 × 71.4 kg ÷ 100.0 mL.",
        None,
        "3.57 EU/mL",
    ),
    finding(
        "REL-05", "CD3⁺ at most 2 × 10⁵ per kg", "PASS", "2.5 × 10⁴ /kg this infusion, 5.1 × 10⁴ /kg so far."
    ),
    finding(
        "REL-07",
        "No open deviation touches this dose",
        "PASS",
        "DEV-0031 closed 2026-11-20 15:02 by Quality 2.",
    ),
]

HISTORY = [
    {
        "who": "Operator 2",
        "role": "operator",
        "verb": "record weight",
        "at": "2026-11-20 08:12:40 UTC",
        "why": None,
        "changes": [{"what": "weight", "old": None, "new": "71.4 kg"}],
    },
    {
        "who": "Operator 2",
        "role": "operator",
        "verb": "correct entry",
        "at": "2026-11-20 08:31:02 UTC",
        "why": "Digits swapped when typed; the printout of the scale says 71.4.",
        "late": "Entered 19 minutes after it happened.",
        "changes": [
            {"what": "weight", "old": "74.1 kg", "new": "71.4 kg"},
            {"what": "note", "old": "scale 2", "new": None},
        ],
    },
    {
        "who": "Operator 2",
        "role": "operator",
        "verb": "confirm weight",
        "at": "2026-11-20 08:33:00 UTC",
        "refused": True,
        "why": "The person who weighed cannot confirm the weight as well.",
        "changes": [],
    },
]
SIGNED = [
    {
        "printed_name": "Operator 2",
        "role": "operator",
        "meaning": "I performed this step as written.",
        "at": "2026-11-20 08:12:40 UTC",
        "hash": "5b0e·91aa·44c7",
        "void": True,
        "why": "weight corrected 08:31",
    },
    {
        "printed_name": "Verifier 1",
        "role": "verifier",
        "meaning": "I read the scale again, by myself, and agree.",
        "at": "2026-11-20 08:35:10 UTC",
        "hash": "9f3c·41be·07d2",
        "void": False,
        "why": None,
    },
]
