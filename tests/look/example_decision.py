"""Example decisions on one dose: not possible, and possible. All made up."""

from __future__ import annotations

from typing import Any

from tests.look.example_parts import COI, FINDINGS, QA, Context, finding, page, signature, tile


def decision(**more: Any) -> Context:
    """A dose that cannot be released."""
    reasons = "REL-01 fails and REL-09 cannot be determined."
    choices = [
        {
            "value": "reject",
            "label": "Reject the dose",
            "danger": True,
            "main": False,
            "allowed": True,
            "why_not": None,
            "url": "/release/NK-26-014-D2/reject",
        },
        {
            "value": "condition",
            "label": "Release on condition",
            "danger": False,
            "main": False,
            "allowed": False,
            "why_not": "only a running sterility test may be open.",
            "url": None,
        },
        {
            "value": "release",
            "label": "Release",
            "danger": False,
            "main": True,
            "allowed": False,
            "why_not": reasons,
            "url": None,
        },
    ]
    return {
        "verdict": "FAIL",
        "word": "Cannot be released",
        "counts": "1 rule fails, 1 cannot be determined, 3 pass.",
        "number": {"label": "Viable NK cells per kg", "mantissa": "7.85", "exponent": "6", "unit": "/kg"},
        "under": "78.5 % of the cohort target 1.00 × 10⁷ /kg, 95 % interval 72.2 to 84.8 %",
        "gauge": {"svg_url": "/look/gauge.svg", "alt": "78.5 percent of target, allowed 80 to 120 percent"},
        "arithmetic": [
            [
                ("6.05 × 10⁶", True),
                ("viable/mL ×", False),
                ("92.6 %", True),
                ("NK ×", False),
                ("100.0 mL", True),
                ("= 5.60 × 10⁸ NK", False),
            ],
            [("5.60 × 10⁸ ÷", False), ("71.4 kg", True), ("= 7.85 × 10⁶ /kg", False)],
        ],
        "sources": "Count CNT-0311 (3 replicates, CV 6.2 %), flow FLW-0098, fill ENT-2207, weight W-0042 measured 2026-11-20 08:10 UTC by two people.",
        "assumed": ["Tolerance 80 to 120 % of target, protocol v3."],
        "findings": FINDINGS,
        "dossier": "9f3c·41be·07d2",
        "action": "/release/NK-26-014-D2",
        "csrf": "c",
        "nonce": "n",
        "seen": "9f3c",
        "sign": None,
        "problem": None,
        "choices": choices,
        **more,
    }


def decide() -> Context:
    """The refused release."""
    strip = (
        COI,
        tile("Dose", "NK-26-014-D2", code=True),
        tile("Cohort 1, infusion 2 of 3", "Release decision", grow=True),
        tile("Dose valid", "21:40 UTC", timer_until="2026-11-20T21:40:00Z"),
    )
    return {
        "page": page("Release of dose 2", *strip, who=QA, now="2026-11-20T16:28:00Z"),
        "decision": decision(),
    }


def decide_pass() -> Context:
    """The release that may be signed on the spot."""
    context = decide()
    passes = [finding(f["rule"], f["title"], "PASS", "As required.") for f in FINDINGS]
    choices = [choice | {"allowed": True, "url": None, "why_not": None} for choice in decision()["choices"]]
    context["decision"] = decision(
        verdict="PASS",
        word="May be released",
        counts="5 rules pass.",
        findings=passes,
        choices=choices,
        sign=signature(verb="release dose", hash="9f3c·41be·07d2"),
    )
    return context
