"""When a dose out of specification may be released exceptionally, by all its named parties. Pure.

The narrow door of domain dossier 4.7: only where the signed protocol allows it at all, only for named results that are
confirmed out of specification, and never for dose match, identity, expiry or growth. It is not for a donor whose
determination is not complete.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from mfg.facts import Finding, Move, Moves, Verdict, need, passed, rule
from mfg.qc.rules import GROWTH
from mfg.release.decide import Judged
from mfg.release.dossier import Dossier, OosFacts
from mfg.release.oos_rules import standing_oos
from mfg.release.testing_rules import OneTest, final_negative, test_passed

#: what each party does to the request; the order is free, and the release ends it
REQUEST = Moves("exceptional request", "open", frozenset({"used", "withdrawn"}), (
    *(Move(verb, frozenset({"open"}), "open") for verb in (
        "evaluate exceptional risk", "authorise exceptional release", "record sponsor contact", "check ethics rule",
        "note patient consent")),
    Move("release dose exceptionally", frozenset({"open"}), "used"),
    Move("withdraw exceptional request", frozenset({"open"}), "withdrawn"),
))
#: the parties by the name of their part
PARTS = {"request": "the treating physician's request", "risk": "the risk evaluation of quality assurance",
         "authorisation": "the authorisation of the medical director",
         "contact": "the contact with sponsor or authority",
         "ethics": "the check of the ethics rule", "consent": "the note of the patient's consent"}
#: the only rules whose FAIL may be left standing: a test that fails, and its OOS; for tests that the request names
MAY_STAND = frozenset({"REL-16", "REL-27"})
#: what may never stand, by the rules that ask it
GROWTH_RULES = frozenset({"REL-14", "REL-17", "REL-18"})
IDENTITY_RULES = frozenset({"REL-03", "REL-04", "REL-11"})
EXPIRY_RULES = frozenset({"REL-12", "REL-23"})
#: tests that speak of organisms, or of whose cells these are: failing, they are growth or another identity
GROWTH_ROLES = frozenset({"in_process_sterility", "sterility", "gram", "mycoplasma"})
IDENTITY_ROLES = frozenset({"identity"})
#: counts and shares that the dose itself is computed from
DOSE_ROLES = frozenset({"viable_per_ml", "nk_percent"})


@dataclass(frozen=True)
class FailingTest:
    """A mandatory test before release and its finding, for this dose."""

    id: str
    title: str
    role: str
    finding: Finding
    #: every failing result of it is reviewed and its deviation closed, so that it is confirmed
    confirmed: bool = False


@dataclass(frozen=True)
class Party:
    """Who spoke, and over which evidence where it was judged."""

    by: str
    evidence_hash: str = ""


@dataclass(frozen=True)
class Exceptional:
    """An exceptional release about to be signed."""

    dose: str
    #: what the signed protocol says; None: it cannot be read
    allowed: bool | None
    protocol: str
    #: every finding of a conditional release
    findings: tuple[Finding, ...]
    #: every mandatory test before release that does not pass
    tests: tuple[FailingTest, ...]
    #: ids of the tests that the request names
    named: tuple[str, ...]
    readings: tuple[str, ...]
    parties: tuple[tuple[str, Party | None], ...]
    evidence_hash: str
    decider: str
    #: the fill the request was made for, and the present one
    attempt_asked: int
    attempt: int
    #: every OOS that holds the dose; None: not known
    oos: tuple[OosFacts, ...] | None = None


def facts_of(judged: Judged, *, named: tuple[str, ...], parties: tuple[tuple[str, Party | None], ...],
             confirmed: frozenset[str], decider: str, attempt_asked: int) -> Exceptional:
    """A judged dose with its request as the rules see it. `confirmed`: codes of failing results that are certain."""
    dossier = judged.dossier
    protocol = dossier.protocol
    return Exceptional(
        dossier.dose, protocol.exceptional_release if protocol else None, protocol.name if protocol else "The protocol",
        judged.conditional, tuple(_failing(dossier, confirmed)), named,
        tuple(one.reading for one in dossier.reads if not one.invalid), parties, judged.evidence_hash, decider,
        attempt_asked, dossier.attempt,
        None if dossier.oos is None else tuple(standing_oos(dossier)))


def _failing(dossier: Dossier, confirmed: frozenset[str]) -> Iterator[FailingTest]:
    """Every mandatory test before release that does not pass, whatever keeps it from passing."""
    for test in dossier.tests:
        if test.mandatory and test.timing == "before":
            asked = final_negative if test.kind == "sterility" else test_passed
            found = asked(OneTest(test, dossier))
            failing = {one.code for one in dossier.results if one.test == test.id and one.verdict == "FAIL"}
            if found.verdict is not Verdict.PASS:
                yield FailingTest(test.id, test.title, test.role or test.kind, found,
                                  bool(failing) and failing <= confirmed)


def _wrong(findings: Iterable[Finding], rules: Iterable[str], prefix: str = "") -> list[Finding]:
    wanted = frozenset(rules)
    return [one for one in findings if one.verdict is not Verdict.PASS
            and (one.rule in wanted or (prefix and one.rule.startswith(prefix)))]


def _answer(wrong: list[Finding], well: str) -> Any:
    """Never: whatever is not PASS is a refusal, what cannot be determined too."""
    if not wrong:
        return Verdict.PASS, well
    worst = Verdict.FAIL if any(one.verdict is Verdict.FAIL for one in wrong) else Verdict.CANNOT_DETERMINE
    return worst, "; ".join(f"{one.rule}: {one.why}" for one in wrong), str(len(wrong)), "0", \
        tuple(one.rule for one in wrong)


@rule("EXC-01", "The signed protocol allows an exceptional release")
def protocol_allows(f: Exceptional) -> Any:
    """An exceptional release happens only in a trial whose signed protocol allows it in words; where it says nothing it
    is forbidden (domain dossier 4.7; EU GMP part IV, 11.5)."""
    allowed = f.allowed
    if allowed is None:
        need(None, f"What the protocol of {f.dose} says cannot be read.")
    return passed(bool(allowed)), (f"{f.protocol} allows it." if allowed else
                                   f"{f.protocol} does not allow an exceptional release. Reject the dose."), \
        None, None, (f.protocol,)


@rule("EXC-02", "Never with growth")
def never_growth(f: Exceptional) -> Any:
    """A dose of a batch with growth, suspect or confirmed, or with organisms in any test, is never released
    exceptionally (domain dossier 4.7)."""
    grown = [one for one in f.readings if one in GROWTH]
    wrong = _wrong(f.findings, GROWTH_RULES) + [one.finding for one in f.tests if one.role in GROWTH_ROLES]
    if grown:
        return Verdict.FAIL, f"{'; '.join(sorted(set(grown))).capitalize()}. This dose is never released."
    need(f.readings, f"No read of any sterility test of {f.dose} is known.")
    return _answer(wrong, "No growth.")


@rule("EXC-03", "Never with another identity, or a broken chain of it")
def never_identity(f: Exceptional) -> Any:
    """Where the chain of identity is broken, a label says otherwise, or the cells are not the donor's, nothing is
    released exceptionally (domain dossier 4.7; 21 CFR 1271.290)."""
    need(f.findings, f"Nothing is known of {f.dose}.")
    return _answer(_wrong(f.findings, IDENTITY_RULES) + [one.finding for one in f.tests if one.role in IDENTITY_ROLES],
                   "One identity from donor to bag.")


@rule("EXC-04", "Never against the dose")
def never_dose(f: Exceptional) -> Any:
    """A dose that does not match its cohort, lies above its maximum, or whose arithmetic is not whole, is never
    released exceptionally: no rule of the dose may stand open, and no count it is computed from (domain dossier
    4.7)."""
    rules = [one for one in f.findings if one.rule.startswith("DOSE-")]
    need(tuple(rules), f"The dose rules of {f.dose} were not asked.")
    return _answer(_wrong(f.findings, (), "DOSE-") + [one.finding for one in f.tests if one.role in DOSE_ROLES],
                   "The dose matches.")


@rule("EXC-05", "Never out of date")
def never_expired(f: Exceptional) -> Any:
    """What has expired, or whose expiry cannot be judged, is never released exceptionally (21 CFR 211.137)."""
    need(tuple(one for one in f.findings if one.rule == "REL-12"), f"The expiry of {f.dose} was not asked.")
    return _answer(_wrong(f.findings, EXPIRY_RULES), "In date.")


@rule("EXC-06", "Everything else passes")
def everything_else(f: Exceptional) -> Any:
    """Beside the failing tests that the request names, every rule of a release passes: an exceptional release is no way
    round a missing record (domain dossier 4.7)."""
    need(f.findings, f"Nothing is known of {f.dose}.")
    return _answer([one for one in f.findings if one.verdict is not Verdict.PASS
                    and not (one.rule in MAY_STAND and one.verdict is Verdict.FAIL)],
                   "Every other rule passes.")


@rule("EXC-07", "What fails is named, confirmed, and nothing else")
def named_and_confirmed(f: Exceptional) -> Any:
    """Each test that fails is named in the request and confirmed out of specification, reviewed and investigated; one
    that is not known yet is tested first, and one that passes is not named (domain dossier 4.6, rule 8, and 4.7)."""
    need(f.named, f"The request for {f.dose} names no test.")
    there = {one.id for one in f.tests}
    wrong = [f"{one.title} fails and is not named" for one in f.tests if one.id not in f.named]
    wrong += [f"{one.title} cannot be determined: {one.finding.why}" for one in f.tests
              if one.finding.verdict is not Verdict.FAIL]
    wrong += [f"{id} is named and does not fail" for id in f.named if id not in there]
    wrong += [f"{one.title} is not confirmed: its results are reviewed and its deviation is closed first"
              for one in f.tests if one.finding.verdict is Verdict.FAIL and not one.confirmed]
    return passed(not wrong), "; ".join(wrong) + "." if wrong else \
        f"Out of specification: {', '.join(one.title for one in f.tests)}.", str(len(f.tests)), str(len(f.named)), \
        tuple(sorted(f.named))


@rule("EXC-08", "Every named party has spoken")
def every_party(f: Exceptional) -> Any:
    """Request, risk evaluation, authorisation, contact with sponsor or authority, ethics and the patient's consent are
    each signed before an exceptional release (domain dossier 4.7; FACT D11.1.2; EU GMP part IV, 11.5)."""
    told = dict(f.parties)
    missing = [words for part, words in PARTS.items() if told.get(part) is None]
    if missing:
        need(None, f"Still missing: {', '.join(missing)}.")
    return Verdict.PASS, "Every named party has spoken.", str(len(told)), str(len(PARTS))


@rule("EXC-09", "Who asks, who judges and who releases are different people")
def different_people(f: Exceptional) -> Any:
    """The physician who asks, quality assurance, the medical director and the qualified person are four people (domain
    dossier 7.2, exclusion 11)."""
    told = dict(f.parties)
    people = {"the request": told.get("request"), "the risk evaluation": told.get("risk"),
              "the authorisation": told.get("authorisation"), "the release": Party(f.decider)}
    known = {part: one.by for part, one in people.items() if one is not None}
    twice = [part for part, who in known.items() if list(known.values()).count(who) > 1]
    return passed(not twice), ("Each is another person." if not twice else
                               f"The same person did {' and '.join(twice)}. Another person has to do one of them.")


@rule("EXC-10", "The risk was evaluated over this very evidence")
def risk_of_this_evidence(f: Exceptional) -> Any:
    """Quality assurance evaluated the risk over the evidence as it is now and for this fill; whatever changed since is
    evaluated again (EU GMP Annex 16)."""
    if f.attempt_asked != f.attempt:
        return Verdict.FAIL, f"The request is for fill {f.attempt_asked}; {f.dose} was filled again since. Ask again."
    risk = need(dict(f.parties).get("risk"), f"Quality assurance has not evaluated the risk of {f.dose}.")
    ok = risk.evidence_hash == f.evidence_hash
    return (Verdict.PASS if ok else Verdict.CANNOT_DETERMINE), (
        "The evidence is the one that was judged." if ok else
        f"The evidence about {f.dose} has changed since its risk was evaluated. Quality assurance looks at it again.")


@rule("EXC-12", "Every OOS that stands is confirmed and named")
def every_oos_named(f: Exceptional) -> Any:
    """No OOS of the dose is still being investigated, and each that is confirmed is of a test the request names
    (domain dossier 4.6, rule 8, and 4.7)."""
    need(None if f.oos is None else True, f"Whether an OOS touches {f.dose} is not known.")
    standing = f.oos or ()
    wrong = [f"{one.code} ({one.title}) is in {one.state}; it is concluded first" for one in standing
             if one.state != "confirmed"]
    wrong += [f"{one.code} ({one.title}) is not named in the request" for one in standing if one.test not in f.named]
    return passed(not wrong), "; ".join(wrong) + "." if wrong else \
        f"Confirmed and named: {', '.join(one.code for one in standing) or 'none'}.", str(len(standing)), None, \
        tuple(one.code for one in standing)


NEVER = (protocol_allows, never_growth, never_identity, never_dose, never_expired)
EXCEPTIONAL = (*NEVER, everything_else, named_and_confirmed, every_oos_named, every_party, different_people,
               risk_of_this_evidence)


@dataclass(frozen=True)
class Asking:
    """A request about to be made."""

    dose: str
    filled: bool
    named: tuple[str, ...]
    #: tests of the specification by id
    known: tuple[str, ...]
    running: str | None


@rule("EXC-11", "A request names tests, and one request runs at a time")
def can_ask(f: Asking) -> Any:
    """An exceptional release is asked for a filled dose, with the failing tests named, once at a time (domain dossier
    4.7)."""
    need(f.named, "Name the tests that fail.")
    strange = [one for one in f.named if one not in f.known]
    if strange:
        return Verdict.FAIL, f"{', '.join(strange)} is not a test of the specification. Choose: {', '.join(f.known)}."
    if not f.filled:
        return Verdict.FAIL, f"{f.dose} is not filled."
    ok = f.running is None
    return passed(ok), "It names its tests." if ok else f"{f.running} is open for {f.dose} already. Go on there."


ASK = (can_ask,)
