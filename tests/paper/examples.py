"""Facts of a batch and of a release, as anyone may build them: plain text in lists and mappings.

These two functions show the whole shape that `mfg.paper.record` takes.
"""

from __future__ import annotations

from typing import Any

HASH = "9f3c41be07d2a6c8e1f05b7748d93aa2c6610f4e5d7b8890a1b2c3d4e5f60718"
ROOT = "5b1de0c4a97f33e2d8806f1c2ab44e6790cc1f00ab27d9e84415f6a3b8c2d7e1"


def entry(field: str, value: str, unit: str = "", limits: str = "", verdict: str = "", **more: Any) -> dict[str, Any]:
    return {"field": field, "value": value, "unit": unit, "limits": limits, "verdict": verdict,
            "performed": "Production 1\n2026-11-20 09:12 UTC", "verified": "Production 2\n2026-11-20 09:15 UTC",
            "corrections": [], **more}


def signature(name: str, role: str, meaning: str, void: str = "") -> dict[str, str]:
    return {"name": name, "role": role, "meaning": meaning, "at": "2026-11-20 15:31:04 UTC", "hash": HASH, "void": void}


def assumed() -> list[dict[str, str]]:
    return [{"label": "Dose tolerance", "value": "80 to 120 % of target", "because": "the listing gives no range"},
            {"label": "Age of the weight", "value": "at most 7 days", "because": "not stated"},
            {"label": "Cell basis", "value": "viable CD3\u2212CD56+ NK cells",
             "because": "the listing says cells only"}]


def phases() -> list[dict[str, Any]]:
    correction = {"was": "5.2 \u00d7 10\u2076 /mL", "reason": "digits read in the wrong order from the printout",
                  "by": "Production 1", "at": "2026-11-20 09:20 UTC"}
    return [
        {"title": "Phase 1  Receipt of the collection", "steps": [
            {"number": "1", "title": "Check identity of the bag", "entries": [
                entry("Donation number scanned", "A9991 26 123456 I", verdict="PASS"),
                entry("Seal intact", "yes", limits="yes", verdict="PASS"),
                entry("Temperature on arrival", "18.4", "\u00b0C", "15 to 25 \u00b0C", "PASS")]},
            {"number": "2", "title": "Count", "entries": [
                entry("Viable cells", "2.5 \u00d7 10\u2076", "/mL", "at least 1 \u00d7 10\u2076 /mL", "PASS",
                      corrections=[correction]),
                entry("Viability", "97.0", "%", "at least 90 %", "PASS")]}]},
        {"title": "Phase 5  Bispecific loading", "steps": [
            {"number": "30", "title": "Contact with the bispecific", "entries": [
                entry("Contact time", "64", "min", "55 to 60 min", "FAIL"),
                entry("Concentration", "", "", "not stated", "CANNOT DETERMINE", verified=""),
                entry("Remark", "\u52a0\u6837\u6b63\u5e38, \u2265 3 mixes, \u0394T 0.2 \u00b0C")]},
            {"number": "31", "title": "Wash", "entries": []}]},
    ]


def batch_facts() -> dict[str, Any]:
    return {
        "batch": "NK-26-014", "status": "Filled, in quarantine", "printed_at": "2026-11-20 16:28:00 UTC", "hash": HASH,
        "cover": [{"label": "Chain of identity", "value": "CHA9991 26 7K2P4Q 8"},
                  {"label": "Recipient", "value": "S-03"}, {"label": "Donor", "value": "D-0007"},
                  {"label": "Cohort and infusion", "value": "cohort 1, three infusions"},
                  {"label": "Trial protocol", "value": "NCT06835140 version 3"},
                  {"label": "Master record", "value": "MR-NK-02 version 5"},
                  {"label": "Specification", "value": "SP-NK-01 version 4"},
                  {"label": "Started", "value": "2026-11-06 08:05 UTC"}],
        "assumed": assumed(),
        "exceptions": {"header": ["Code", "What", "Class", "State", "By and when"],
                       "rows": [["DEV-0031", "Contact time 64 min, limit 60 min", "major", "closed, no impact on dose",
                                 "QA 2, 2026-11-20 15:02 UTC"]]},
        "phases": phases(),
        "growth": [["0", "2.1e7"], ["4", "4.0e7"], ["7", "1.1e8"], ["10", "3.3e8"], ["14", "9.4e8"]],
        "viability": [["0", "97.0"], ["7", "94.5"], ["14", "94"]],
        "containers": {"header": ["Container", "Kind", "From", "Volume", "State"],
                       "rows": [["A9991 26 123456", "collection bag", "", "240 mL", "consumed"],
                                ["V-0412", "culture vessel", "A9991 26 123456", "1 000 mL", "consumed"],
                                ["NK-26-014-D2-1", "dose bag", "V-0412", "100.0 mL", "quarantine"]]},
        "materials": {"header": ["Material", "Lot", "Status", "Expiry", "Used"],
                      "rows": [["CD123-CD16 bispecific", "BI-0091", "released", "2027-03-31", "12.0 mL"],
                               ["Culture medium", "M-2207", "released", "2027-01-31", "2 000 mL"]]},
        "results": {"header": ["Sample", "Test", "Result", "Limit", "Verdict", "Reviewed"],
                    "rows": [["S-0719", "Endotoxin", "<0.5 EU/mL", "at most 3.5 EU/mL", "PASS", "QC 2"],
                             ["S-0720", "Sterility", "no growth to date, day 5", "no growth, day 14",
                              "CANNOT DETERMINE", ""]]},
        "signatures": [signature("Production 1", "operator", "Performed: I did these steps"),
                       signature("QA 1", "quality assurance", "Reviewed and complete",
                                 void="content changed on 2026-11-20 15:40 UTC")],
        "ledger": {"header": ["Entry", "Time", "Who", "Act", "On", "Leaf"],
                   "rows": [["1201", "2026-11-20 09:12:04 UTC", "Production 1", "record entry", "NK-26-014 step 30",
                             HASH], ["1202", "2026-11-20 09:15:31 UTC", "Production 2", "verify entry",
                                     "NK-26-014 step 30", ROOT]]},
        "checkpoint": {"size": "1311", "root": ROOT, "text": ""},
    }


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
