"""Facts of a batch and of a release, as anyone may build them.

These functions show the whole shape that `mfg.paper.record` and `mfg.paper.certificate` take.
"""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from mfg.paper.record_shape import (
    Attachment,
    Checkpoint,
    Correction,
    ExceptionLine,
    FieldLine,
    PhasePart,
    RecordFacts,
    Redline,
    Section,
    SignatureLine,
    StepPart,
    Table,
)

HASH = "9f3c41be07d2a6c8e1f05b7748d93aa2c6610f4e5d7b8890a1b2c3d4e5f60718"
ROOT = "5b1de0c4a97f33e2d8806f1c2ab44e6790cc1f00ab27d9e84415f6a3b8c2d7e1"
PERFORMED = "Production 1, work done 2026-11-20 09:12 UTC, entered 2026-11-20 09:14 UTC"
VERIFIED = "Production 2, 2026-11-20 09:15 UTC"
PHOTO_HASH = "0c5e92b41a3f7788d1b6e0459a2cc3f10e5d47b8c9a6f2331b7e80d4a5c6f917"


def field(label: str, value: str, unit: str = "", limits: str = "", verdict: str = "", **more: Any) -> FieldLine:
    told: dict[str, Any] = {"how": "typed", "entered": "Production 1, 2026-11-20 09:12 UTC", "second": "",
                            "remarks": (), "corrections": ()} | more
    return FieldLine(label, value, unit, limits, verdict, **told)


def step(number: str, title: str, **more: Any) -> StepPart:
    told: dict[str, Any] = {"state": "verified", "critical": False, "instruction": "Mix the bag and look at it.",
                            "sop": "SOP-101 version 3", "performed": PERFORMED, "verified": VERIFIED, "remarks": (),
                            "redlines": (), "fields": (), "attachments": ()} | more
    return StepPart(code=f"NK-26-014/{number}", number=number, title=title, **told)


def signature_line(name: str, role: str, meaning: str, void: str = "") -> SignatureLine:
    return SignatureLine(name, role, meaning, "NK-26-014/30", "2026-11-20 15:31:04 UTC", HASH, void)


CORRECTION = Correction("5.2 \u00d7 10\u2076 /mL", "Production 1, 2026-11-20 09:12 UTC",
                        "digits read in the wrong order from the printout", "Production 1", "2026-11-20 09:20 UTC")


def phases() -> tuple[PhasePart, ...]:
    return (
        PhasePart("Phase 1  Receipt of the collection", (
            step("1", "Check identity of the bag", critical=True, fields=(
                field("Donation number scanned", "A9991 26 123456 I", verdict="PASS", how="scanned"),
                field("Seal intact", "yes", limits="yes", verdict="PASS"),
                field("Temperature on arrival", "18.4", "\u00b0C", "15 to 25 \u00b0C", "PASS"))),
            step("2", "Count", fields=(
                field("Viable cells", "2.5 \u00d7 10\u2076", "/mL", "at least 1 \u00d7 10\u2076 /mL", "PASS",
                      corrections=(CORRECTION,), second="Production 2, 2.4 \u00d7 10\u2076 /mL, 2026-11-20 09:15 UTC"),
                field("Viability", "97.0", "%", "at least 90 %", "PASS")),
                 remarks=("LATE ENTRY: entered 2 h after the work; the terminal was being cleaned",)))),
        PhasePart("Phase 5  Bispecific loading", (
            step("30", "Contact with the bispecific", critical=True, fields=(
                field("Contact time", "64", "min", "55 to 60 min", "FAIL",
                      remarks=("kept beyond the limit: the clock was seen by two people",)),
                field("Concentration", "", "", "not stated", "CANNOT DETERMINE", entered="", how=""),
                field("Remark", "\u52a0\u6837\u6b63\u5e38, \u2265 3 mixes, \u0394T 0.2 \u00b0C"),
                field("Alternative wash", "N/A", remarks=("N/A: not needed for this volume",))),
                 redlines=(Redline("RED-0001", "wash at 200 g", "wash at 180 g", "rotor 2 is limited",
                                   "Production 1, 2026-11-20 08:40 UTC", "QA 1, 2026-11-20 08:55 UTC", "approved"),),
                 attachments=(Attachment("bag.jpg", "image/jpeg", "182 kB", PHOTO_HASH,
                                         "Production 1, 2026-11-20 09:16 UTC", photo()),)),
            step("31", "Wash", state="todo", performed="", verified=""))),
    )


def photo() -> bytes:
    """A small picture as a JPEG."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize((120, 90)).save(out, "JPEG", quality=60)
    return out.getvalue()


def table(*rows: str, none: str = "Nothing is recorded.") -> Table:
    """Header and rows, cells apart by bars."""
    header, *told = (tuple(cell.strip() for cell in row.split("|")) for row in rows)
    return Table(header, tuple(told), none)


def sections() -> tuple[Section, ...]:
    return (
        Section("Materials", (
            ("", table("Material | Lot | Status | Expiry | Used",
                       "CD123-CD16 bispecific | BI-0091 | released | 2027-03-31 | 12.0 mL",
                       "Culture medium | M-2207 | released | 2027-01-31 | 2 000 mL")),
            ("Reconciliation", table("Lot | Issued | Used | Left | Difference",
                                     "BI-0091 | 20 mL | 12 mL | 8 mL | 0 mL")))),
        Section("Equipment and rooms", (
            ("", table("Equipment | Status at use | Step", none="No equipment is recorded.")),)),
        Section("Containers and their descent", (
            ("", table("Container | Kind | From | Volume | State",
                       "A9991 26 123456 | collection bag |  | 240 mL | consumed",
                       "NK-26-014-D2-1 | dose bag | V-0412 | 100.0 mL | quarantine")),)),
        Section("Samples and results", (
            ("", table("Sample | Test | Result | Limit | Verdict | Reviewed",
                       "S-0719 | Endotoxin | <0.5 EU/mL | at most 3.5 EU/mL | PASS | QC 2",
                       "S-0720 | Sterility | no growth to date, day 5 | no growth, day 14 | CANNOT DETERMINE | ")),)),
    )


def batch_facts() -> RecordFacts:
    return RecordFacts(
        batch="NK-26-014", state="Filled, in quarantine", version="version 214, up to ledger entry 1310",
        master_record="MR-NK-02/5",
        summary=(("Exceptions", "3", "major"), ("Open deviations", "1", "major"),
                 ("Steps verified", "3 of 4", "major"), ("Void signatures", "0", "PASS")),
        identity=(("Chain of identity", "CHA9991 26 7K2P4Q 8"), ("Recipient", "S-03"), ("Donor", "D-0007"),
                  ("Cohort and infusion", "cohort 1, three infusions"), ("Trial protocol", "NCT06835140/3"),
                  ("Master record", "MR-NK-02/5"), ("Specification", "SP-NK-01/4"),
                  ("Opened", "2026-11-06 08:05 UTC by Production 1")),
        exceptions=(
            ExceptionLine("critical", "limit breach", "NK-26-014/30", "Contact time outside its limits", "64 min",
                          "55 to 60 min", "Production 1", "2026-11-20 09:12 UTC",
                          "bridged by the loading check (QA 1, 2026-11-20 15:20 UTC, NK-26-014-R1)"),
            ExceptionLine("major", "deviation", "DEV-0031", "Contact time 64 min, limit 60 min", "", "", "QA 2",
                          "2026-11-20 15:02 UTC", ""),
            ExceptionLine("minor", "correction", "NK-26-014/2", "Viable cells: digits read in the wrong order",
                          "2.5 \u00d7 10\u2076 /mL", "", "Production 1", "2026-11-20 09:20 UTC", "")),
        points=table("Point | 21 CFR 211.188 | Verdict | Found", "REC-01 | Dates | PASS | Every step says when.",
                     "REC-06 | Inspection of the area | CANNOT DETERMINE | No line clearance is recorded."),
        coverage=("214 rules were checked by the system, 9 by QA 1; these steps were looked at: 1, 31.",),
        signatures=(signature_line("Production 1", "operator", "Performed"),
                    signature_line("QA 1", "quality assurance", "Reviewed and complete",
                                   void="content changed on 2026-11-20 15:40 UTC")),
        assumed=tuple((one["label"], one["value"], one["because"]) for one in assumed()), phases=phases(),
        sections=sections(), growth=(("0", "2.1e7"), ("4", "4.0e7"), ("7", "1.1e8"), ("10", "3.3e8"), ("14", "9.4e8")),
        viability=(("0", "97.0"), ("7", "94.5"), ("14", "94")),
        ledger=table("Entry | Time | Who | What | On | Outcome",
                     "1201 | 2026-11-20 09:12:04 UTC | Production 1, operator | enter value | NK-26-014/30 | done",
                     "1202 | 2026-11-20 09:15:31 UTC | Production 2, verifier | verify step | NK-26-014/30 | refused: "
                     "the same person performed it"),
        checkpoint=Checkpoint("1311", ROOT, ""), printed="2026-11-20 16:28 UTC by QA 1",
        family=(("NK-26-014-C01", "collection bag", "198 mL", ()), ("NK-26-014-C02", "vessel", "", ("NK-26-014-C01",))))


def signature(name: str, role: str, meaning: str, void: str = "") -> dict[str, str]:
    return {"name": name, "role": role, "meaning": meaning, "on": "NK-26-014-D1", "at": "2026-11-20 15:31:04 UTC",
            "hash": HASH, "void": void}


def assumed() -> list[dict[str, str]]:
    return [{"label": "Dose tolerance", "value": "80 to 120 % of target", "because": "the listing gives no range"},
            {"label": "Age of the weight", "value": "at most 7 days", "because": "not stated"},
            {"label": "Cell basis", "value": "viable CD3\u2212CD56+ NK cells",
             "because": "the listing says cells only"}]


def finding(rule: str, title: str, verdict: str, why: str, value: str = "", limit: str = "") -> dict[str, str]:
    return {"rule": rule, "title": title, "verdict": verdict, "why": why, "value": value, "limit": limit,
            "sources": "CNT-0311, protocol version 3"}


def release_facts() -> dict[str, Any]:
    return {
        "number": "REL-0012", "batch": "NK-26-014", "dose": "2 of 3", "printed_at": "2026-11-20 16:28:00 UTC",
        "hash": HASH,
        "decision": {"word": "RELEASED ON CONDITION", "verdict": "PASS",
                     "sentence": "Every rule that must pass before infusion passed. Final sterility is still open."},
        "cover": [{"label": "Chain of identity", "value": "CHA9991 26 7K2P4Q 8"},
                  {"label": "Recipient", "value": "S-03"}, {"label": "Bag", "value": "NK-26-014-D2-1"},
                  {"label": "Valid until", "value": "2026-11-21 09:15 UTC"},
                  {"label": "Protocol", "value": "NCT06835140 version 3"}, {"label": "Cohort", "value": "1"}],
        "arithmetic": ["7.56 \u00d7 10\u2076 viable cells/mL \u00d7 92.6 % NK \u00d7 100.0 mL = 7.00 \u00d7 10\u2078 "
                       "viable NK cells", "7.00 \u00d7 10\u2078 \u00f7 70.0 kg = 1.00 \u00d7 10\u2077 per kg",
                       "1.00 \u00d7 10\u2077 per kg is 100.0 % of the target 1.00 \u00d7 10\u2077 per kg"],
        "gauge": {"fraction_pct": "100.0", "low_pct": "80", "high_pct": "120", "interval_low_pct": "94.1",
                  "interval_high_pct": "105.9", "verdict": "PASS"},
        "standing": "", "rounding": "Compared as stored, unrounded.",
        "bags": {"header": ["Bag", "Volume"], "rows": [["NK-26-014-D2-1", "100 mL"]]},
        "tests": {"header": ["Test", "Result", "Verdict"], "rows": [["Viability", "95 %", "PASS"]]},
        "limits": {"header": ["Limit", "How it comes about"],
                   "rows": [["Endotoxin per mL", "5 EU/kg x 70 kg / 100 mL = 3.5 EU/mL"]]},
        "worksheet": {"header": ["Figure", "First", "Second"], "rows": [["viable NK cells", "7e8", "7e8"]]},
        "assumed": assumed(),
        "findings": [finding("DOSE-01", "Dose matches the cohort's target", "PASS",
                             "1.00 \u00d7 10\u2077 per kg is 100.0 % of the target; 80 to 120 % is allowed.",
                             "100.0 %", "80 to 120 %"),
                     finding("REL-09", "Sterility", "CANNOT DETERMINE",
                             "No growth to date on day 5 of 14; the specification classes it as conditional-after."),
                     finding("REL-07", "No open deviation touches this dose", "PASS", "DEV-0031 was closed by QA 2.")]
                    + [finding(f"REL-{n}", "One more rule", "PASS", "It holds.") for n in range(20, 41)],
        "condition": {"statement": "Released before completion of sterility testing",
                      "open_tests": {"header": ["Sample", "Test", "Reads so far", "Due"],
                                     "rows": [["S-0720", "Sterility, final", "no growth to date, day 5",
                                               "2026-12-04"]]}},
        "signatures": [signature("Release 1", "qualified person", "Released conditionally")],
        "checkpoint": {"size": "1311", "root": ROOT, "text": ""},
    }
