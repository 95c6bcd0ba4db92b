"""Example records and lists: full, young, filtered, empty. All made up."""

from __future__ import annotations

from typing import Any

from tests.look.example_parts import COI, FINDINGS, HISTORY, NAV, SIGNED, Context, field, page, tile


def record(**more: Any) -> Context:
    """A record with everything in it."""
    return {
        "code": "W-0042",
        "title": "Weight",
        "state": "confirmed",
        "verdict": "PASS",
        "pairs": [
            ("Recipient", ("S-03", "/recipients/S-03"), False),
            ("Weight", "71.4 kg", False),
            ("Scale", ("EQ-017", "/equipment/EQ-017"), False),
            ("Measured", "2026-11-20 08:10 UTC", False),
            ("At most this old", "7 days", True),
            ("Confirmed by", None, False),
        ],
        "sections": [],
        "drawings": [],
        "signatures": SIGNED,
        "history": HISTORY,
        "actions": [],
        **more,
    }


def record_full() -> Context:
    """A batch: drawings, sections, many actions."""
    curve = {
        "title": "Growth",
        "svg_url": "/look/growth.svg",
        "alt": "Viable cells from 2.1e7 on day 0 to 9.4e8 on day 14",
        "headers": ["Day", "Viable cells", "Viability"],
        "rows": [["0", "2.1 × 10⁷", "96 %"], ["14", "9.4 × 10⁸", "94 %"]],
    }
    containers = {
        "title": "Containers",
        "headers": ["Code", "What", "State", "Volume"],
        "rows": [
            [
                ("NK-26-014-H1-01", "/containers/NK-26-014-H1-01"),
                "harvest",
                {"text": "in process", "verdict": "TODO"},
                {"text": "100.0 mL", "num": True, "sub": "weighed 14:02"},
            ],
            [
                ("NK-26-014-L1-01", "/containers/NK-26-014-L1-01"),
                "loaded cells",
                {"text": "quarantine", "verdict": "CANNOT DETERMINE"},
                None,
            ],
        ],
    }
    actions = [
        {"url": "/steps/31", "label": "Go on with step 31", "danger": False, "main": True},
        {"url": "/x", "label": "Take a sample", "danger": False, "main": False},
        {"url": "/dev", "label": "Report a deviation", "danger": False, "main": False},
        {"url": "/reject", "label": "Reject the batch", "danger": True, "main": False},
    ]
    return {
        "page": page(
            "Batch NK-26-014",
            COI,
            tile("Batch", "NK-26-014", code=True, grow=True),
            back="/batches",
            done="Step 30 is signed as performed, 14:20:11 UTC.",
        ),
        "record": record(
            code="NK-26-014",
            title="Batch",
            state="1 exception open",
            verdict="CANNOT DETERMINE",
            drawings=[curve],
            sections=[
                containers,
                {
                    "title": "Samples",
                    "headers": ["Code", "Test"],
                    "rows": [],
                    "empty": "No sample has been taken from this batch.",
                },
            ],
            actions=actions,
            history=HISTORY * 2,
            findings=FINDINGS,
        ),
    }


def record_small() -> Context:
    """A young record: almost nothing in it yet, and it says so."""
    return {
        "page": page("Weight W-0042", tile("Recipient", "S-03", code=True, grow=True)),
        "record": record(
            state="waiting for the second person",
            verdict=None,
            signatures=[],
            history=[],
            actions=[
                {"url": "/w/confirm", "label": "Confirm the weight", "danger": False, "main": True},
                {"url": "/w/void", "label": "Void it", "danger": True, "main": False},
            ],
        ),
    }


def listing(**more: Any) -> Context:
    """A list of records with its filter kept."""
    rows = [
        [
            {"text": "DEV-0031", "url": "/deviations/DEV-0031", "code": True},
            {"text": "open", "verdict": "CANNOT DETERMINE"},
            "minor",
            "Late entry of a count",
        ],
        [
            {"text": "DEV-0030", "url": "/deviations/DEV-0030"},
            {"text": "closed", "verdict": "PASS"},
            "critical",
            "Wrong bag scanned at step 39",
        ],
    ]
    record = {
        "title": "Deviations",
        "headers": ["Deviation", "State", "Severity", "What"],
        "rows": rows,
        "empty": "No deviation is open.",
        "actions": [
            {"url": "/deviations/open-deviation", "label": "Open a deviation", "danger": True, "main": False}
        ],
        **more,
    }
    return {
        "page": page(
            "Deviations",
            tile("Cell processing unit", "Deviations", grow=True),
            back=None,
            nav=NAV,
            demonstration=True,
        ),
        "record": record,
    }


def listing_filtered() -> Context:
    """Nothing matches the filter, and it says so."""
    choices = [("open", "Open"), ("closed", "Closed"), ("all", "All")]
    return listing(rows=[], filters=[field("state", "State", "choice", choices=choices, value="open")])
