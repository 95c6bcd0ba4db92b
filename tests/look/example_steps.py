"""Example steps of a batch: one value out of limits, and waiting for the second person. All made up."""

from __future__ import annotations

from tests.look.example_parts import COI, HISTORY, SIGNED, Context, field, page, signature, tile

PHASES = [
    ("Receipt", "PASS", None, 6, 6),
    ("CD3 depletion", "PASS", None, 9, 9),
    ("Expansion, day 0 to 14", "PASS", None, 12, 12),
    ("Harvest", "CANNOT DETERMINE", "1 exception open", 3, 3),
    ("Bispecific loading", "TODO", None, 1, 8),
    ("Formulate, fill", "TODO", None, 0, 11),
    ("Label, reconcile", "TODO", None, 0, 9),
]


def step() -> Context:
    """The operator in the middle of loading, one value out of limits."""
    phases = [
        {
            "n": n,
            "title": title,
            "verdict": verdict,
            "note": note,
            "done": done,
            "of": of,
            "here": n == 5,
            "url": "/phase" if done else None,
        }
        for n, (title, verdict, note, done, of) in enumerate(PHASES, 1)
    ]
    fields = [
        field(
            "vial",
            "Antibody lot",
            "scan",
            value="BSA-2609-03",
            readonly=True,
            hint="released, expires 2027-03-31, 2.1 of 5.0 mL left",
        ),
        field(
            "bag",
            "Cell bag",
            "scan",
            value="NK-26-014-H1-01",
            readonly=True,
            hint="same chain of identity, 9.40 × 10⁸ viable cells",
        ),
        field(
            "added",
            "Antibody added",
            "number",
            unit="mL",
            value="1.88",
            hint="calculated 1.88 mL for 20 µg per 10⁶ cells at 10 mg/mL, limits 1.79 to 1.97 mL",
        ),
        field(
            "bath",
            "Bath temperature",
            "number",
            unit="°C",
            value="35.4",
            error="35.4 °C is below 36.0 °C. Limits 36.0 to 38.0 °C. Correct the entry, or save it and a deviation opens.",
        ),
    ]
    strip = (
        COI,
        tile("Batch", "NK-26-014", code=True),
        tile("Phase 5, bispecific loading", "Step 31 of 58", grow=True),
        tile("Contact time", "14:35 UTC", timer_until="2026-11-20T14:35:00Z"),
    )
    return {
        "page": page("Step 31 of 58", *strip, now="2026-11-20T14:22:56Z"),
        "step": {
            "title": "Add the bispecific antibody to the cells",
            "code": "31",
            "instruction": [
                "Scan the antibody vial and the cell bag. Add the volume shown, mix by inverting ten times, start contact at 37 °C."
            ],
            "source": "SOP-114 v6, 4.3",
            "phases": phases,
            "fields": fields,
            "entries": None,
            "sign": signature(
                verb="perform step",
                meaning="I performed this step as written.",
                shows=[("Step", "31, NK-26-014")],
            ),
            "main": "Check and sign as performer",
            "action": "/steps/31",
            "csrf": "c",
            "nonce": "n",
            "seen": "v3",
            "second": {
                "title": "Second person",
                "text": "The verifier reads the vial and the volume again without seeing yours, on this screen, and signs here.",
                "url": None,
                "label": None,
            },
            "problem": None,
            "findings": [],
            "others": [{"url": "/dev", "label": "Report a deviation", "danger": False}],
            "note": None,
        },
    }


def step_done() -> Context:
    """The same step after the performer has signed: the verifier's turn, nothing to type here."""
    context = step()
    entries = {
        "headers": ["What", "Value", "Limits", "Who"],
        "rows": [
            ["Antibody added", {"text": "1.88 mL", "num": True}, "1.79 to 1.97 mL", "Operator 2"],
            ["Bath temperature", {"text": "37.0 °C", "verdict": "PASS"}, "36.0 to 38.0 °C", "Operator 2"],
        ],
    }
    second = {
        "title": "Second person",
        "text": "Somebody else reads vial and volume again and signs.",
        "url": "/steps/31/verify",
        "label": "Verify as second person",
    }
    context["step"] |= {
        "fields": [],
        "sign": None,
        "main": None,
        "entries": entries,
        "second": second,
        "signatures": SIGNED,
        "history": HISTORY,
        "state": "performed",
    }
    return context
