"""Who may be a donor: consent, screening, infection markers, determination. Pure.

The same rules are asked at the determination and again at release, with what is known by then.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mfg.facts import Verdict, need, passed, rule


@dataclass(frozen=True, slots=True)
class PanelTest:
    """One test of the panel, and whether a reactive result makes the donor ineligible or only informs."""

    name: str
    agent: str
    excludes: bool = True


#: 21 CFR 1271.85(a) and (b) with FDA's guidance on nucleic acid tests; CMV informs the recipient's physician.
PANEL: tuple[PanelTest, ...] = (
    PanelTest("HIV-1/2 antibody", "HIV"),
    PanelTest("HIV-1 NAT", "HIV"),
    PanelTest("HBsAg", "hepatitis B virus"),
    PanelTest("anti-HBc total", "hepatitis B virus"),
    PanelTest("HBV NAT", "hepatitis B virus"),
    PanelTest("HCV antibody", "hepatitis C virus"),
    PanelTest("HCV NAT", "hepatitis C virus"),
    PanelTest("syphilis", "Treponema pallidum"),
    PanelTest("HTLV-I/II antibody", "HTLV"),
    PanelTest("CMV antibody", "cytomegalovirus", excludes=False),
)
TESTS = tuple(test.name for test in PANEL)

#: 21 CFR 1271.80(b): at recovery or up to 7 days before or after. Leukapheresis is not PBSC: no 30 days.
WINDOW = timedelta(days=7)
#: the longer window that regulation knows for some other cells; here it only asks for a justification
JUSTIFIABLE = timedelta(days=30)
CONCLUSIVE = ("negative", "reactive")


@dataclass(frozen=True, slots=True)
class MarkerFact:
    """One infection marker as recorded."""

    code: str
    test: str
    result: str
    specimen_at: datetime


@dataclass(frozen=True, slots=True)
class ConsentFact:
    """One consent, or the withdrawal of one when `withdrawn_at` is there."""

    code: str
    given_at: datetime
    withdrawn_at: datetime | None = None


@dataclass(frozen=True)
class DonorFacts:
    """All that is known of a donor, seen from one collection. None and () mean: not recorded."""

    donor: str
    collection: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    markers: tuple[MarkerFact, ...] = ()
    consents: tuple[ConsentFact, ...] = ()
    screening: str | None = None
    screened_at: datetime | None = None
    #: the newest determination: verdict and code
    determination: str | None = None
    determination_code: str | None = None
    window: timedelta = WINDOW


Answer = tuple[Verdict, str]


def _worst(answers: Iterable[Answer], all_well: str) -> Answer:
    """FAIL before CANNOT DETERMINE before PASS, with every sentence of the worst kind."""
    answers = list(answers)
    for verdict in (Verdict.FAIL, Verdict.CANNOT_DETERMINE):
        if sentences := [why for found, why in answers if found is verdict]:
            return verdict, " ".join(sentences)
    return Verdict.PASS, all_well


def of_test(f: DonorFacts, name: str) -> list[MarkerFact]:
    """The markers of one test, by specimen, oldest first."""
    return sorted((m for m in f.markers if m.test == name), key=lambda m: (m.specimen_at, m.code))


@rule("DON-01", "Every test of the panel has a result")
def panel_complete(f: DonorFacts) -> Any:
    """Every test of the infection marker panel has a conclusive result (21 CFR 1271.85)."""
    missing = [name for name in TESTS if not any(m.result in CONCLUSIVE for m in of_test(f, name))]
    if missing:
        return (Verdict.CANNOT_DETERMINE, f"Donor {f.donor} has no conclusive result of: {', '.join(missing)}. "
                "Have them tested and record the results.")
    return Verdict.PASS, f"All {len(TESTS)} tests of the panel have a result.", None, None, (f.donor,)


@rule("DON-02", "No test is reactive")
def none_reactive(f: DonorFacts) -> Any:
    """A reactive test for a relevant agent makes the donor ineligible, whenever it was (21 CFR 1271.50(b))."""
    answers = [_reactive(f, test) for test in PANEL]
    informs = [m.test for m in f.markers if m.test == "CMV antibody" and m.result == "reactive"]
    well = "No test for a relevant agent is reactive." + (
        " CMV antibody is reactive: this excludes nobody, but tell the recipient's physician." if informs else "")
    return *_worst(answers, well), None, "negative", tuple(m.code for m in f.markers)


def _reactive(f: DonorFacts, test: PanelTest) -> Answer:
    found = of_test(f, test.name)
    if test.excludes and any(m.result == "reactive" for m in found):
        return Verdict.FAIL, f"{test.name} is reactive: donor {f.donor} is not eligible ({test.agent})."
    if found and found[-1].result == "indeterminate":
        return Verdict.CANNOT_DETERMINE, f"The newest {test.name} is indeterminate. Have a new specimen tested."
    return Verdict.PASS, ""


@rule("DON-03", "Specimens belong to the collection")
def specimens_in_window(f: DonorFacts) -> Any:
    """Each specimen is from the collection or at most 7 days before or after it (21 CFR 1271.80(b))."""
    need(f.started_at and f.ended_at, f"No collection of donor {f.donor} is named, so nobody can say whether the "
                                      "specimens belong to it. Record the collection first.")
    well = f"Every test has a specimen at most {f.window.days} days from {f.collection}."
    return *_worst((_timed(f, test.name) for test in PANEL), well), None, f"{f.window.days} d", (f.collection or "",)


def _timed(f: DonorFacts, name: str) -> Answer:
    taken = [m.specimen_at for m in of_test(f, name) if m.result in CONCLUSIVE]
    if not taken:
        return Verdict.CANNOT_DETERMINE, f"{name} has no conclusive result."
    assert f.started_at is not None and f.ended_at is not None
    if any(f.started_at - f.window <= at <= f.ended_at + f.window for at in taken):
        return Verdict.PASS, ""
    nearest = min(taken, key=lambda at: abs(at - f.started_at))  # type: ignore[operator]
    if f.started_at - JUSTIFIABLE <= nearest < f.started_at:
        return (Verdict.CANNOT_DETERMINE, f"The specimen of {name} is from {nearest:%Y-%m-%d}, more than "
                f"{f.window.days} and at most 30 days before the collection. It needs a justification, or a new "
                "specimen.")
    return (Verdict.FAIL, f"The specimen of {name} is from {nearest:%Y-%m-%d}, too far from the collection on "
            f"{f.started_at:%Y-%m-%d}. A new specimen is needed within {f.window.days} days of it.")


@rule("DON-04", "The donor was screened")
def screened(f: DonorFacts) -> Any:
    """History, examination and records were looked at for risk factors, and the result is written (21 CFR 1271.75)."""
    need(f.screening and f.screened_at, f"No screening of donor {f.donor} for risk factors is recorded. "
                                        "The medical director records it with the determination.")
    return Verdict.PASS, f"Screened on {f.screened_at:%Y-%m-%d}: {f.screening}", None, None, (f.donor,)


@rule("DON-05", "Consent was valid at the collection")
def consented(f: DonorFacts) -> Any:
    """The donor had consented before the collection began and had not withdrawn before it ended."""
    need(f.started_at and f.ended_at, f"No collection of donor {f.donor} is named, so nobody can say whether "
                                      "consent was valid at it.")
    given = [c for c in f.consents if c.withdrawn_at is None]
    need(tuple(given), f"No consent of donor {f.donor} is recorded. Record it with its date and text version.")
    began = f.started_at
    assert began is not None
    valid = [c for c in given if c.given_at <= began and not _withdrawn(f, c)]
    if valid:
        return Verdict.PASS, f"Consent {valid[-1].code} was valid at the collection.", None, None, (valid[-1].code,)
    return (Verdict.FAIL, f"Donor {f.donor} had no valid consent when the collection began on "
            f"{f.started_at:%Y-%m-%d %H:%M} UTC: it was given later, or withdrawn. The cells cannot be used.")


def _withdrawn(f: DonorFacts, consent: ConsentFact) -> bool:
    """Was this consent withdrawn before the collection ended?"""
    assert f.ended_at is not None
    return any(c.withdrawn_at is not None and consent.given_at <= c.withdrawn_at <= f.ended_at for c in f.consents)


@rule("DON-06", "The donor is determined to be eligible")
def determined_eligible(f: DonorFacts) -> Any:
    """The medical director's newest determination says eligible (21 CFR 1271.50, 1271.60)."""
    verdict = need(f.determination, f"The eligibility of donor {f.donor} has not been determined. "
                                    "Until then the cells stay in quarantine.")
    sources = (f.determination_code or "",)
    if verdict == "eligible":
        return Verdict.PASS, f"Donor {f.donor} is eligible.", verdict, "eligible", sources
    if verdict == "not completed":
        return (Verdict.CANNOT_DETERMINE, f"The determination of donor {f.donor} is not completed. The cells stay "
                "in quarantine.", verdict, "eligible", sources)
    return (Verdict.FAIL, f"Donor {f.donor} is {verdict}. The cells are not for use in this trial.", verdict,
            "eligible", sources)


#: what the medical director's “eligible” needs
DETERMINATION = (panel_complete, none_reactive, specimens_in_window, screened, consented)
#: what release asks again
DONOR = (*DETERMINATION, determined_eligible)


@dataclass(frozen=True)
class Told:
    """Something said to have happened at a time, recorded at another."""

    what: str
    told: datetime
    at: datetime


@rule("DON-07", "What is recorded has happened")
def not_from_the_future(f: Told) -> Any:
    """Nothing is recorded before it has happened (ALCOA: contemporaneous)."""
    told, now = f"{f.told:%Y-%m-%d %H:%M}", f"{f.at:%Y-%m-%d %H:%M}"
    ok = f.told <= f.at
    return passed(ok), (f"{f.what}: {told} UTC." if ok else f"{f.what} is said to be {told} UTC, but it is {now} UTC "
                        "now. Correct date and time."), told, now


TOLD = (not_from_the_future,)
