"""Example pages of scanning: the scanner of a workstation is tried, a label is read with the camera. All made up."""

from __future__ import annotations

from tests.look.example_parts import Context, field, page, tile


def calibrate() -> Context:
    """A scanner that was found not fit for use last time."""
    return {
        "page": page("Calibrate the scanner of this workstation", tile("Workstation", "10.0.7.12", code=True, grow=True)),
        "calibrate": {
            "workstation": "10.0.7.12",
            "standing": {"verdict": "FAIL", "text": "scanner not fit for use", "sub": "2026-11-20 14:02:10 UTC"},
            "check": "WKC-000012", "action": "/workstations/calibrate-workstation", "csrf": "csrf-1", "nonce": "nonce-1",
            "main": "Compare and record",
            "field": field("read", "What arrived", "scan", hint="Takes the test symbol.", required=True, focus=True,
                           wide=True, draft=False, camera=False),
        },
    }


def picture() -> Context:
    """A label with two codes and one of somebody else, after a picture that showed two labels."""
    return {
        "page": page("Read a label with the camera", back="/steps/NK-26-014/receive"),
        "camera": {
            "action": "/scan/picture", "csrf": "csrf-1", "field": "bag", "into": "/steps/NK-26-014/receive",
            "problem": {"why": "The picture shows two things: container code “NK-26-014-C07” and “NK-26-014-C08”. Take "
                               "one label at a time into the picture.", "expected": None, "got": None, "next": None,
                        "recorded": "Nothing was accepted."},
            "choices": [{"url": "/steps/NK-26-014/receive?bag=1", "told": "donation number A999926000123"},
                        {"url": "/steps/NK-26-014/receive?bag=2", "told": "product code DNK017A0"}],
            "others": [{"told": "“https://example.org/”", "why": "It is no code known here. Scan the label of the item."}],
        },
    }
