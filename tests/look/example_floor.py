"""Example pages around the work: signing in, the floor, a wrong scan, something missing. All made up."""

from __future__ import annotations

from tests.look.example_parts import COI, NAV, OPERATOR, Context, page, tile


def login() -> Context:
    """Signing in failed once."""
    return {
        "page": page("Sign in", tile("Cell processing unit", "Batch record", grow=True), who=None, back=None),
        "login": {
            "action": "/login",
            "csrf": "csrf-1",
            "next": "/batches/NK-26-014",
            "user_id": "op2",
            "error": "User id and password do not belong together. Type both again.",
        },
    }


def problem() -> Context:
    """A page that is not there."""
    return {
        "page": page("NK-26-0141", who=OPERATOR, back=None),
        "problem": {
            "word": "Not found",
            "status": 404,
            "why": "No record has the code NK-26-0141.",
            "next": "Scan the label again, or look the batch up in the list of batches.",
            "links": [{"url": "/batches", "label": "List of batches", "main": True}],
        },
    }


def stop() -> Context:
    """The wrong bag."""
    rows = [
        {
            "k": "Chain of identity",
            "expected": "A9991 26 7K2P4Q ·8",
            "scanned": "A9991 26 3M8T1W ·Z",
            "code": True,
            "differs": True,
        },
        {
            "k": "Container",
            "expected": "NK-26-014-L1-01",
            "scanned": "NK-26-011-L1-02",
            "code": True,
            "differs": True,
        },
        {
            "k": "Kind",
            "expected": "loaded cells, in process",
            "scanned": "loaded cells, in process",
            "code": False,
            "differs": False,
        },
    ]
    return {
        "page": page(
            "Wrong bag",
            COI,
            tile("Batch", "NK-26-014", code=True),
            tile("Phase 6, formulate and fill", "Step 39 of 58", grow=True),
        ),
        "stop": {
            "title": "Stop. Wrong bag.",
            "why": "This bag belongs to another recipient. Nothing was recorded on it.",
            "rows": rows,
            "next": "Put the bag you scanned back into its own quarantine place and call the supervisor.",
            "deviation": {
                "code": "DEV-0044",
                "url": "/deviations/DEV-0044",
                "text": "(critical) is open. The step goes on when a supervisor and QA have both signed it.",
            },
            "actions": [
                {"url": "/steps/39", "label": "Scan the right bag", "main": True, "danger": False},
                {"url": "/call", "label": "Call the supervisor", "main": False, "danger": False},
            ],
            "recorded": "2026-11-20 15:07:12 UTC",
            "raw": "]C0=A99912601180700",
        },
    }


def board() -> Context:
    """The floor in the middle of a shift."""
    batches = [
        {
            "code": "NK-26-014",
            "url": "/batches/NK-26-014",
            "verdict": "CANNOT DETERMINE",
            "word": "1 exception",
            "about": "Cohort 1, recipient S-03, day 14",
            "done": 31,
            "of": 58,
            "phase": "Phase 5 of 7, bispecific loading",
            "facts": [],
            "drawing": {"svg_url": "/look/growth.svg", "alt": "Viable cells from 2.1e7 to 9.4e8 in 14 days"},
            "left": "45-fold, viability 94 %",
            "right": "enough for 3 doses",
        },
        {
            "code": "NK-26-011",
            "url": "/batches/NK-26-011",
            "verdict": "PASS",
            "word": "released on condition",
            "about": "Cohort 1, recipient S-02",
            "done": 58,
            "of": 58,
            "phase": "Dose 1 given. Dose 2 due 21 Nov 09:00 to 22 Nov 09:00 UTC",
            "facts": [
                ("Sterility", "no growth to date, day 5 of 14"),
                ("Mycoplasma", "negative"),
                ("Sibling doses", "D2, D3 in quarantine"),
            ],
            "drawing": None,
            "left": None,
            "right": None,
        },
    ]
    waiting = [
        {"verb": "Verify", "what": "step 30, NK-26-014", "url": "/steps/30", "due": "now", "verdict": None},
        {
            "verb": "Review",
            "what": "count CNT-0311",
            "url": "/qc/CNT-0311",
            "due": "by 15:00",
            "verdict": None,
        },
        {
            "verb": "Investigate",
            "what": "DEV-0031",
            "url": "/dev/DEV-0031",
            "due": "2 days late",
            "verdict": "FAIL",
        },
    ]
    strip = (
        tile("Cell processing unit", "Friday 20 November 2026", grow=True),
        tile("Contact time, NK-26-014", "14:35 UTC", timer_until="2026-11-20T14:35:00Z"),
    )
    return {
        "page": page(
            "Floor",
            *strip,
            back=None,
            nav=NAV,
            sign_out={"url": "/logout", "csrf": "csrf-1"},
            now="2026-11-20T14:27:20Z",
        ),
        "board": {
            "title": "Floor today",
            "scan_url": "/scan",
            "refreshed": "14:22:31 UTC",
            "problem": None,
            "waiting": waiting,
            "batches": batches,
        },
    }


def board_empty() -> Context:
    """The floor on the first day."""
    board = {"title": "Floor today", "scan_url": "/scan", "refreshed": "14:22:31 UTC"}
    return {
        "page": page("Floor", tile("Cell processing unit", "Friday", grow=True), back=None),
        "board": {**board, "problem": None, "waiting": [], "batches": []},
    }


def board_broken() -> Context:
    """The floor after a call that failed."""
    context = board_empty()
    why = "The list of batches could not be read."
    context["board"]["problem"] = {
        "word": "Not shown",
        "why": why,
        "next": "Look again in a minute, then call somebody.",
    }
    return context
