"""Example contexts for every page: made-up codes and numbers, worked out so that they agree with each other.

Not a fixture of the product: nothing here is read from a database. A page is one (template, context) under a name.
"""

from __future__ import annotations

from typing import Any

from tests.look.example_parts import (
    COI,
    FINDINGS,
    HISTORY,
    NAV,
    OPERATOR,
    QA,
    SIGNED,
    Context,
    field,
    finding,
    page,
    signature,
    tile,
)


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


PAGES: dict[str, tuple[str, Context]] = {
    "act_plain": ("act.html", act_plain()),
    "act_every_field": ("act.html", act_every_field()),
    "act_refused": ("act.html", act_refused()),
    "record_full": ("record.html", record_full()),
    "record_small": ("record.html", record_small()),
    "login": ("login.html", login()),
    "problem": ("problem.html", problem()),
    "stop": ("scan_stop.html", stop()),
    "board": ("board.html", board()),
    "board_empty": ("board.html", board_empty()),
    "board_broken": ("board.html", board_broken()),
    "step": ("batches/show_step.html", step()),
    "step_done": ("batches/show_step.html", step_done()),
    "decide": ("release/decide.html", decide()),
    "decide_pass": ("release/decide.html", decide_pass()),
}
