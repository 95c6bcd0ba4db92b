"""The rules that open the last gate, beyond those of trial, donors and loading, which are asked again as they are.

Pure: each is a question about a frozen dossier and a moment. Those about single tests stand in `testing_rules.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mfg.batches.rules import NOT_NEEDED
from mfg.facts import Verdict, need, passed, rule
from mfg.materials.rules import STOPPED
from mfg.qc.rules import GROWTH
from mfg.quality.rules import DONE
from mfg.release.dossier import BagFacts, Deciding, DeviationFacts

Answer = tuple[Any, ...]


def _wrong(wrong: list[str], unknown: list[str], well: str) -> Answer:
    """FAIL before CANNOT DETERMINE before PASS, with every sentence of the worst kind."""
    if wrong:
        return Verdict.FAIL, " ".join(wrong)
    return (Verdict.CANNOT_DETERMINE, " ".join(unknown)) if unknown else (Verdict.PASS, well)


def _batch(f: Deciding) -> Any:
    return need(f.dossier.batch, f"The batch of {f.dossier.dose} is not known.")


def _bags(f: Deciding) -> Any:
    return need(f.dossier.bags, f"{f.dossier.dose} has no bag yet. Fill it first.")


@rule("REL-01", "Every pinned version was approved and effective")
def versions_effective(f: Deciding) -> Any:
    """Protocol, master record and specification were each approved by another person than the author, and effective
    when the batch was opened (21 CFR 211.100, 211.160)."""
    opened, batch = _batch(f).opened_at, _batch(f)
    kinds = {one.kind for one in f.dossier.versions}
    unknown = [f"The {kind} this batch pins is not known."
               for kind in ("protocol", "master record", "specification") if kind not in kinds]
    wrong = []
    for one in f.dossier.versions:
        if not one.approved_by or one.approved_by == one.author:
            wrong.append(f"{one.code} was not approved by a second person.")
        if one.effective_at is None or one.effective_at > opened or (
                one.superseded_at is not None and one.superseded_at <= opened):
            wrong.append(f"{one.code} was not effective when {batch.code} was opened.")
    return *_wrong(wrong, unknown, "Approved by a second person and effective when the batch was opened."), None, \
        None, tuple(one.code for one in f.dossier.versions)


@rule("REL-02", "The recipient's eligibility is confirmed")
def recipient_eligible(f: Deciding) -> Any:
    """The principal investigator has confirmed the recipient's eligibility (ICH E6; trial protocol)."""
    who = need(f.dossier.recipient, "The recipient is not known.")
    need(who.eligible_by and who.eligible_at, f"The eligibility of {who.code} is not confirmed. The principal "
                                              "investigator confirms it.")
    return Verdict.PASS, f"Confirmed {who.eligible_at:%Y-%m-%d %H:%M} UTC.", None, None, (who.code,)


@rule("REL-03", "One chain of identity from collection to bag")
def one_identity(f: Deciding) -> Any:
    """Recipient, collection, batch and the label on every bag carry the same chain of identity (21 CFR 1271.290)."""
    batch, who = _batch(f), need(f.dossier.recipient, "The recipient is not known.")
    origin = need(f.dossier.collection, "The collection is not known.")
    wrong, unknown = [], []
    if batch.recipient != who.code or origin.recipient != who.code:
        wrong.append(f"Batch {batch.code} is for {batch.recipient}, collection {origin.code} for {origin.recipient}; "
                     f"the recipient is {who.code}.")
    for where, coi in [(f"collection {origin.code}", origin.coi_read),
                       *((f"label {label.code}", label.coi) for bag in f.dossier.bags for label in bag.labels)]:
        if coi is None:
            unknown.append(f"No chain of identity was read from {where}.")
        elif coi != who.coi:
            wrong.append(f"{where.capitalize()} carries {coi}; {who.coi} was expected. Set it apart and call QA.")
    return *_wrong(wrong, unknown, f"{who.coi} on recipient, collection and labels."), who.coi, None, \
        (who.code, origin.code)


@rule("REL-04", "Every container of the lineage is this recipient's and donor's")
def lineage_whole(f: Deciding) -> Any:
    """Each bag descends without a gap from the collection bag, and every container on the way belongs to this
    recipient, this donor and this collection (21 CFR 1271.290; EU GMP part IV)."""
    batch, links = _batch(f), {one.container: one for one in f.dossier.lineage}
    wrong, unknown, seen = [], [], set()
    todo = [bag.container for bag in _bags(f)]
    while todo:
        code = todo.pop()
        if code in seen:
            continue
        seen.add(code)
        link = links.get(code)
        if link is None:
            unknown.append(f"Container {code} of the lineage is not known.")
            continue
        if (link.recipient, link.donor, link.collection) != (batch.recipient, batch.donor, batch.collection):
            wrong.append(f"{code} is of recipient {link.recipient}, donor {link.donor}, collection {link.collection}; "
                         f"{batch.recipient}, {batch.donor}, {batch.collection} was expected.")
        if not link.parents and link.kind != "collection bag":
            unknown.append(f"{code} is a {link.kind} and nobody recorded what it came from.")
        todo += link.parents
    return *_wrong(wrong, unknown, f"{len(seen)} containers, back to the collection bag."), None, None, \
        tuple(sorted(seen))


@rule("REL-05", "The collection was accepted")
def collection_accepted(f: Deciding) -> Any:
    """The collection was inspected by one person and accepted by another, and not rejected since."""
    origin = need(f.dossier.collection, "The collection is not known.")
    if origin.state == "rejected":
        return Verdict.FAIL, f"Collection {origin.code} is rejected.", origin.state, "accepted", (origin.code,)
    ok = origin.state == "accepted" and origin.accepted_by and origin.accepted_by != origin.inspected_by
    return (Verdict.PASS if ok else Verdict.CANNOT_DETERMINE,
            f"Collection {origin.code} is {origin.state}" + ("." if ok else "; a second person accepts it first."),
            origin.state, "accepted", (origin.code,))


@rule("REL-06", "Consent was never withdrawn")
def consent_stands(f: Deciding) -> Any:
    """The donor's consent stands; a withdrawal at any time holds the dose until quality assurance rejects it."""
    donor = need(f.dossier.donor, "Nothing is known of the donor.")
    gone = [one for one in donor.consents if one.withdrawn_at is not None]
    need(donor.consents, f"No consent of donor {donor.donor} is recorded.")
    return passed(not gone), (f"Consent of {donor.donor} stands." if not gone else
                              f"Donor {donor.donor} withdrew consent {gone[0].withdrawn_at:%Y-%m-%d %H:%M} UTC."), \
        None, None, tuple(one.code for one in donor.consents)


@rule("REL-07", "No open deviation touches the dose")
def no_open_deviation(f: Deciding) -> Any:
    """Every deviation that touches the dose is closed or void before release, or quality assurance has found, after
    the present fill, that this dose is not touched by it; a critical one always blocks (21 CFR 211.192; domain dossier
    8.1)."""
    _batch(f)
    wide = [one for one in f.dossier.deviations if one.state not in DONE]
    holding = [one for one in wide if not _is_set_apart(one, f.dossier.bags)]
    told = [f"{one.code} ({one.severity}, on {one.on_code}) is {one.state}{_why_it_holds(one)}" for one in holding]
    apart = [f"{one.code} ({one.severity}) is {one.state}, and has no impact on {f.dossier.dose} by {one.no_impact}"
             for one in wide if one not in holding]
    ended = ", ".join(f"{one.code} ({one.state})" for one in f.dossier.deviations if one.state in DONE)
    well = "; ".join([*apart, *([f"ended: {ended}"] if ended else [])]) or "none was opened"
    return passed(not holding), (f"Nothing holds the dose: {well}." if not holding else
                                 "; ".join(told) + ". Quality assurance investigates and closes each."), \
        str(len(holding)), "0", tuple(one.code for one in (holding or wide))


def _is_set_apart(one: DeviationFacts, bags: tuple[BagFacts, ...]) -> bool:
    """Minor or major, and found without impact on this dose as it is filled now."""
    at = one.no_impact_at
    return one.severity in ("minor", "major") and bool(one.no_impact) and at is not None and all(
        bag.filled_at <= at for bag in bags)


def _why_it_holds(one: DeviationFacts) -> str:
    if one.severity == "critical" and one.no_impact:
        return ", and a critical one always blocks"
    return f"; {one.no_impact} was found before the present fill" if one.no_impact else ""


#: a step that was left out as the master record allows
LEFT_OUT = ("skipped", NOT_NEEDED)


@rule("REL-08", "Every step is performed and verified by two people")
def steps_verified(f: Deciding) -> Any:
    """Every step this dose needs is performed by one person and verified by another (21 CFR 211.101(d), 211.188). A
    step whose branch is not taken is not needed; an optional one may be skipped, signed and with a reason."""
    steps = need(f.dossier.steps, "No step of the batch is known.")
    wrong = [f"{one.code} was performed and verified by the same person." for one in steps
             if one.performed_by and one.performed_by == one.verified_by]
    left_out = [one for one in steps if one.state in LEFT_OUT]
    waiting = [one for one in steps if one.state not in LEFT_OUT
               and (one.state != "verified" or not one.performed_by or not one.verified_by)]
    unknown = [f"{len(waiting)} of {len(steps)} steps are not verified yet: "
               + ", ".join(f"{one.code} is {one.state}" for one in waiting[:6])
               + (", …" if len(waiting) > 6 else "") + "."] if waiting else []
    told = f"All {len(steps)} steps" + (f", {len(left_out)} of them left out: " + ", ".join(
        f"{one.code} is {one.state}" for one in left_out[:6]) if left_out else "")
    return *_wrong(wrong, unknown, f"{told}."), str(len(steps) - len(waiting)), str(len(steps)), \
        tuple(one.code for one in waiting)


@rule("REL-09", "Every lot used was released and in date")
def lots_good(f: Deciding) -> Any:
    """Every lot was released by quality assurance before it was used, was in date then, and is not rejected,
    recalled or blocked since (21 CFR 211.84, 211.87)."""
    lots = need(f.dossier.lots, "No lot of any material is recorded as used. Scan the lots in their steps.")
    wrong, unknown = [], []
    for one in lots:
        if one.used_at is None:
            unknown.append(f"When {one.code} was used is not recorded.")
        elif one.state in STOPPED:
            wrong.append(f"Lot {one.code} ({one.name}) is {one.state}.")
        elif one.state != "released" or one.released_at is None or one.released_at > one.used_at:
            wrong.append(f"Lot {one.code} ({one.name}) was not released when it was used in {one.step}.")
        elif one.expires_at < one.used_at:
            wrong.append(f"Lot {one.code} ({one.name}) had expired {one.expires_at:%Y-%m-%d} when it was used in "
                         f"{one.step}.")
    return *_wrong(wrong, unknown, f"{len(lots)} uses of lots."), None, None, \
        tuple(sorted({one.code for one in lots}))


@rule("REL-10", "Every bag was filled by one person and checked by another")
def bags_checked(f: Deciding) -> Any:
    """The fill of every bag was checked by a second person, and no bag of it is withdrawn (21 CFR 211.101(d))."""
    wrong, unknown = [], []
    for bag in _bags(f):
        if bag.withdrawn_at is not None:
            wrong.append(f"Bag {bag.container} is withdrawn.")
        if bag.checked_by is None:
            unknown.append(f"The fill of {bag.container} is not checked by a second person yet.")
        elif bag.checked_by == bag.filled_by:
            wrong.append(f"Bag {bag.container} was filled and checked by the same person.")
    return *_wrong(wrong, unknown, f"Fill {f.dossier.attempt}, {len(f.dossier.bags)} bag(s)."), None, None, \
        tuple(bag.container for bag in f.dossier.bags)


@rule("REL-11", "Every bag carries a label that says what the records say")
def bags_labelled(f: Deciding) -> Any:
    """A label that is not voided was printed for every bag after it was filled, scanned back and put on, what stands
    on it is what the records say, and no other label of the bag is left (21 CFR 211.125, 211.130)."""
    wrong, unknown = [], []
    for bag in _bags(f):
        new = [label for label in bag.labels if label.printed_at >= bag.filled_at]
        if not new:
            unknown.append(f"No label is printed for {bag.container} since it was filled. Print it and put it on.")
        unknown += [f"Label {label.code} of {bag.container} is {label.state}, not applied. Scan it back, put it on the "
                    "bag and scan it there." for label in new if label.state != "applied"]
        wrong += [f"Label {label.code} on {bag.container} says otherwise than the records about: "
                  f"{', '.join(one.replace('_', ' ') for one in label.differs)}. Print it again and take the old one "
                  "off." for label in new if label.differs]
        unknown += [f"Label {code} of {bag.container} is {state} and not accounted for: another bag may carry it. "
                    "Destroy it before a witness." for code, state in bag.loose]
    return *_wrong(wrong, unknown, "Every bag carries its label."), None, None, \
        tuple(label.code for bag in f.dossier.bags for label in bag.labels)


@rule("REL-12", "The dose is in date")
def in_date(f: Deciding) -> Any:
    """Every bag expires after the moment of decision; the earliest one counts (21 CFR 211.137)."""
    first = min(_bags(f), key=lambda bag: bag.expires_at)
    ok = first.expires_at > f.at
    return passed(ok), (f"Bag {first.container} {'expires' if ok else 'expired'} {first.expires_at:%Y-%m-%d %H:%M} "
                        f"UTC, governed by {first.expiry_governed_by}; decided {f.at:%Y-%m-%d %H:%M} UTC."), \
        f"{f.at:%Y-%m-%d %H:%M} UTC", f"before {first.expires_at:%Y-%m-%d %H:%M} UTC", (first.container,)


@rule("REL-13", "Recipient and batch follow one protocol")
def one_protocol(f: Deciding) -> Any:
    """The dose is judged by the protocol version the recipient was enrolled under, and the batch pins the same."""
    who, batch = need(f.dossier.recipient, "The recipient is not known."), _batch(f)
    need(f.dossier.protocol, f"The protocol {batch.protocol} cannot be read.")
    ok = who.protocol == batch.protocol
    return passed(ok), (f"Both follow {batch.protocol}." if ok else
                        f"{who.code} was enrolled under {who.protocol}, and batch {batch.code} pins {batch.protocol}. "
                        "Ask the sponsor which holds."), batch.protocol, who.protocol, (who.code, batch.code)


@rule("REL-14", "No growth in any sample of the batch")
def no_growth(f: Deciding) -> Any:
    """Growth, suspect or confirmed, in any sterility test of the batch blocks every dose of it (21 CFR 610.12)."""
    _batch(f)
    grown = [one for one in f.dossier.reads if one.reading in GROWTH and not one.invalid]
    aside = sorted({one.sample for one in f.dossier.reads if one.invalid})
    told = f" {', '.join(aside)} was set aside as a fault of the test." if aside else ""
    return passed(not grown), (f"No growth in any read that counts.{told}" if not grown else
                               "; ".join(f"{one.reading.capitalize()} in {one.sample} ({one.dose or 'batch'}) on day "
                                         f"{one.day}" for one in grown)
                               + ". No dose of this batch may leave. Reject it and tell those who treat."), \
        str(len(grown)), "0", tuple(one.code for one in grown)


@rule("REL-15", "The specification asks for tests")
def tests_asked(f: Deciding) -> Any:
    """The pinned specification demands at least one test before release and one of sterility."""
    need(f.dossier.tests, "The tests of the specification are not known.")
    before = [one for one in f.dossier.tests if one.mandatory and one.timing == "before"]
    ok = bool(before) and any(one.mandatory and one.kind == "sterility" for one in f.dossier.tests)
    return passed(ok), (f"{len(before)} tests before release." if ok else
                        "The specification demands no test before release, or none of sterility. Approve another.")


@rule("REL-22", "No other dose is out for this infusion")
def one_dose_an_infusion(f: Deciding) -> Any:
    """A recipient gets one dose for each infusion: a dose of another batch that is released, or was, stands in the
    way (trial protocol; R35)."""
    siblings = f.dossier.siblings
    if siblings is None:
        return Verdict.CANNOT_DETERMINE, "Whether another batch holds a dose for this infusion is not known."
    out = [f"{one.code} is {one.state} for infusion {f.dossier.infusion} as well. Reject one of them."
           for one in siblings if one.state in ("released on condition", "certified", "released exceptionally")]
    failed = [f"{one.code} was released for infusion {f.dossier.infusion} and is {one.state}; whether it was given is "
              "not known here. Ask the sponsor." for one in siblings
              if one.state in ("released then failed", "revoked")]
    return *_wrong(out, failed, "No dose of another batch is released for it."), str(len(out) + len(failed)), "0", \
        tuple(one.code for one in siblings)


@rule("REL-23", "Nothing in the evidence lies after the decision")
def clock_right(f: Deciding) -> Any:
    """A decision comes after filling, label and disposition; where it does not, a clock was wrong and no expiry can
    be judged (21 CFR 211.137; ALCOA)."""
    if f.has_left:
        return Verdict.PASS, "Asked when the dose left."
    times = [(f"bag {bag.container} was filled", bag.filled_at) for bag in _bags(f)]
    times += [(f"label {label.code} was printed", label.printed_at) for bag in _bags(f) for label in bag.labels]
    times += [(f"{one.code} was given", one.at) for one in f.dispositions if one.attempt == f.dossier.attempt]
    later = [(what, at) for what, at in times if at > f.at]
    return (Verdict.CANNOT_DETERMINE if later else Verdict.PASS), (
        f"It is {f.at:%Y-%m-%d %H:%M} UTC by the clock, and {later[0][0]} {later[0][1]:%Y-%m-%d %H:%M} UTC. Set the "
        "clock right." if later else "Filling, label and disposition come before it.")


BATCH = (versions_effective, recipient_eligible, one_identity, lineage_whole, collection_accepted, consent_stands,
         no_open_deviation, steps_verified, lots_good, one_protocol, one_dose_an_infusion)
FILL = (bags_checked, bags_labelled, in_date, clock_right)
TESTING = (no_growth, tests_asked)


@rule("REL-19", "Quality assurance has disposed of this evidence")
def disposed(f: Deciding) -> Any:
    """Quality assurance gave its disposition over this very evidence; whatever changed since is disposed of again
    (EU GMP Annex 16; 21 CFR 211.22)."""
    mine = [one for one in f.dispositions if one.attempt == f.dossier.attempt]
    given = need(mine[-1] if mine else None, f"Quality assurance has not given its disposition on {f.dossier.dose}, "
                                             f"fill {f.dossier.attempt}.")
    ok = given.evidence_hash == f.evidence_hash or f.has_left
    return (Verdict.PASS if ok else Verdict.CANNOT_DETERMINE,
            f"{given.code}, {given.at:%Y-%m-%d %H:%M} UTC." if ok else
            f"The evidence has changed since {given.code} of {given.at:%Y-%m-%d %H:%M} UTC. Quality assurance looks at "
            "it again.", None, None, (given.code,))


AUTHORITY = (disposed,)


@dataclass(frozen=True)
class Condition:
    """What comes with a conditional release beside its findings."""

    #: every rule of a full release passes
    complete: bool
    open_tests: tuple[str, ...]
    #: the role of the physician who was told
    informed: str
    informed_at: datetime
    acknowledged: bool
    at: datetime


@rule("REL-20", "A test is still open")
def something_open(f: Condition) -> Any:
    """A conditional release names the tests it leaves open; when none is, the dose is certified instead."""
    ok = bool(f.open_tests) and not f.complete
    return passed(ok), ("Open: " + "; ".join(f.open_tests) + "." if ok else
                        "No test is left open. Certify the dose instead.")


@rule("REL-21", "The physician was told and has acknowledged")
def physician_told(f: Condition) -> Any:
    """The physician who treats was told which tests are open and has acknowledged it, before the release
    (FDA 2008 on cell therapy CMC; FACT-JACIE D)."""
    need(f.informed.strip(), "Nobody says which physician was told of the open tests.")
    if f.informed_at > f.at:
        return Verdict.FAIL, f"Told {f.informed_at:%Y-%m-%d %H:%M} UTC cannot be; it is {f.at:%Y-%m-%d %H:%M} UTC now."
    return passed(f.acknowledged), (f"The {f.informed} was told and has acknowledged." if f.acknowledged else
                                    f"The {f.informed} has not acknowledged the open tests. Ask again first.")


CONDITION = (something_open, physician_told)
