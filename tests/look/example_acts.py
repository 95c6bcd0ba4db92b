"""Example acts: one verb on one form, empty, with every kind of field, and refused. All made up."""

from __future__ import annotations

from typing import Any

from tests.look.example_parts import COI, FINDINGS, NAV, QA, Context, field, page, signature, tile


def act(**more: Any) -> Context:
    """A plain act: no signature, nothing wrong."""
    return {
        "title": "Record the recipient's weight",
        "intro": "Weigh the recipient without shoes and heavy clothes.",
        "fields": [],
        "sign": None,
        "main": "Record the weight",
        "danger": False,
        "action": "/recipients/S-03/weight",
        "csrf": "csrf-1",
        "nonce": "nonce-1",
        "seen": "v7",
        "problem": None,
        "findings": [],
        **more,
    }


def act_plain() -> Context:
    """The everyday act: a few empty fields and a signature."""
    fields = [
        field(
            "scale",
            "Scale",
            "scan",
            hint="Scan the label of the scale. Typing needs the check character and is marked.",
        ),
        field(
            "weight_kg",
            "Weight",
            "number",
            unit="kg",
            hint="limits 30.0 to 200.0 kg, last 69.8 kg on 2026-11-14",
        ),
        field("measured_at", "Measured at", "date-time"),
        field("clothes", "Clothes", "choice", choices=[("light", "light"), ("gown", "gown only")]),
        field("note", "Note", "textarea", required=False),
    ]
    strip = (
        COI,
        tile("Recipient", "S-03", code=True),
        tile("Cohort 1", "Weight before infusion 2", grow=True),
    )
    return {
        "page": page(
            "Record the recipient's weight", *strip, nav=NAV, sign_out={"url": "/logout", "csrf": "csrf-1"}
        ),
        "act": act(fields=fields, sign=signature()),
    }


def act_every_field() -> Context:
    """Every kind of field in every state, once."""
    long = [(f"v{n}", f"Reason number {n}") for n in range(1, 9)]
    fields = [
        field(
            "vial",
            "Antibody vial",
            "scan",
            value="]d2=,000BSA260903",
            readonly=True,
            hint="released, expires 2027-03-31",
        ),
        field(
            "bag",
            "Cell bag",
            "scan",
            value="NK-26-014-H1-01/K",
            typed=True,
            hint="typed with its check character; this is marked in the record",
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
            error="35.4 °C is below 36.0 °C; limits 36.0 to 38.0 °C. Correct the entry, or save it and a deviation opens.",
        ),
        field("started_at", "Contact started", "date-time", value="2026-11-20 14:05"),
        field("expires_on", "Expires", "date", value=None),
        field("clear", "Is the suspension free of clumps?", "yesno", value=False),
        field(
            "mixing",
            "How was it mixed?",
            "choice",
            choices=[("hand", "By hand, ten inversions"), ("rocker", "Rocker")],
            error="Nothing is chosen. Choose how it was mixed.",
        ),
        field("why_late", "Why is this entered late?", "choice", choices=long, required=False),
        field(
            "counts",
            "Viable cells, one box per count",
            "list",
            unit="10*6/mL",
            value=["6.1", "5.9"],
            hint="three counts or more",
        ),
        field(
            "seen",
            "What was checked",
            "list",
            choices=[("label", "Label"), ("seal", "Seal"), ("volume", "Volume")],
            value=["seal"],
            required=False,
        ),
        field("protocol", "Protocol", "choice", error="This is blank."),
        field(
            "locked", "Mode of sentinel", "choice", choices=[("a", "One at a time")], value="a", readonly=True
        ),
        field("code_word", "Passphrase of the key", "password", required=False),
        field(
            "printout",
            "Printout of the counter",
            "file",
            required=False,
            hint="PDF, PNG or CSV, at most 10 MB",
        ),
        field("batch", "Batch", "hidden", value="NK-26-014"),
        field("remark", "Remark", "textarea", value="Mixed twice & rested <1 min", required=False),
    ]
    strip = (
        COI,
        tile("Batch", "NK-26-014", code=True),
        tile("Phase 5, bispecific loading", "Step 31 of 58", grow=True),
        tile("Contact time", "14:35 UTC", timer_until="2026-11-20T14:35:00+00:00"),
    )
    return {
        "page": page("Add the antibody", *strip, now="2026-11-20T14:22:56+00:00"),
        "act": act(
            title="Add the bispecific antibody",
            code="NK-26-014",
            fields=fields,
            main="Check and sign as performer",
            pairs=[("Cells in the bag", "9.40 × 10⁸ viable", False), ("Contact time", "30 min", True)],
            note="SOP-114 v6, 4.3",
            others=[{"url": "/deviations/new", "label": "Report a deviation"}],
        ),
    }


def act_refused() -> Context:
    """A refused act that is signed again: everything a refusal can say, and a signature that failed."""
    problem = {
        "why": "The weight is 9 days old; at most 7 days are allowed at the moment of decision.",
        "expected": "measured after 2026-11-13 14:22 UTC",
        "got": "2026-11-11 08:10 UTC, record W-0039",
        "next": "Weigh the recipient again and record it, then plan the dose.",
        "recorded": "The attempt is in the history. No dose was planned.",
    }
    sign = signature(
        error="User id and password do not belong together.",
        reason_needed=True,
        hash="9f3c·41be·07d2·aa10",
        reason="Second plan after the weight changed",
    )
    return {
        "page": page("Void the plan", COI, tile("Dose", "NK-26-014-D2", code=True, grow=True), who=QA),
        "act": act(
            title="Void the dose plan",
            intro=None,
            seen=None,
            main="Void this plan",
            danger=True,
            problem=problem,
            findings=FINDINGS,
            sign=sign,
        ),
    }
