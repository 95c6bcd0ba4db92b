"""The dossier: all evidence for one decision about one dose, frozen. Pure values; it judges nothing.

No clock and no state of the dose is in it, so the page, the rules, the paper and the signature's hash speak of
the same bytes although time passes between looking and signing. The moment of decision stands beside it, in
`Deciding`: whether a dose has expired is asked anew at every look, with the same evidence.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from mfg.batches.loading import Loading
from mfg.batches.stop_rules import StopFact
from mfg.canonical import canonical
from mfg.donors.collection_rules import Receipt
from mfg.donors.rules import DonorFacts
from mfg.qc.sampling_facts import SamplingFacts
from mfg.recipes.specification import Test
from mfg.trial.dose import DoseFacts
from mfg.trial.protocol import Protocol


@dataclass(frozen=True)
class Version:
    """A pinned version of protocol, master record or specification."""

    code: str
    kind: str
    text_hash: str
    author: str
    approved_by: str | None
    effective_at: datetime | None
    superseded_at: datetime | None


@dataclass(frozen=True)
class Subject:
    """The recipient, known by a subject code."""

    code: str
    coi: str
    protocol: str
    cohort: str
    slot: int
    eligible_by: str | None
    eligible_at: datetime | None


@dataclass(frozen=True)
class Origin:
    """The collection the cells come from."""

    code: str
    din: str
    donor: str
    recipient: str
    state: str
    coi_read: str | None
    accepted_by: str | None
    inspected_by: str | None


@dataclass(frozen=True)
class BatchFacts:
    """What the batch is and what it pins."""

    code: str
    recipient: str
    donor: str
    collection: str
    protocol: str
    master_record: str
    specification: str
    opened_at: datetime


@dataclass(frozen=True)
class StepFacts:
    """One step of the batch that this dose needs."""

    code: str
    title: str
    state: str
    performed_by: str | None
    verified_by: str | None


@dataclass(frozen=True)
class LabelFacts:
    """A label that was printed and not voided since. `differs` names what the records say otherwise by now; `state` is
    “applied” once it was scanned back and put on its bag."""

    code: str
    coi: str | None
    printed_at: datetime
    differs: tuple[str, ...] = ()
    state: str = "issued"


@dataclass(frozen=True)
class BagFacts:
    """One bag of the present fill, with the labels on it."""

    container: str
    filled_at: datetime
    filled_by: str
    expires_at: datetime
    expiry_governed_by: str
    checked_by: str | None
    withdrawn_at: datetime | None
    labels: tuple[LabelFacts, ...] = ()
    #: every other label printed for it that is neither on it nor destroyed before a witness: (code, state)
    loose: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Link:
    """One container of the lineage of a bag, with what it came from."""

    container: str
    kind: str
    recipient: str
    donor: str
    collection: str
    parents: tuple[str, ...]


@dataclass(frozen=True)
class LotUse:
    """One lot used in the batch. `used_at` is when the step was done."""

    code: str
    name: str
    kind: str
    state: str
    released_at: datetime | None
    released_by: str | None
    expires_at: datetime
    used_at: datetime | None
    step: str


@dataclass(frozen=True)
class ResultFacts:
    """One result that counts for this dose: of its present fill, or of the batch."""

    code: str
    sample: str
    container: str
    test: str
    of_dose: bool
    value: str
    unit: str
    verdict: str
    state: str
    tested_by: str
    reviewed_by: str | None
    #: the kind of slot it was recorded in, and the result that slot follows; empty and None outside any slot
    slot: str = ""
    repeats: str | None = None
    #: the OOS that found it not to stand
    invalidated_by: str | None = None


@dataclass(frozen=True)
class OosFacts:
    """One out-of-specification result that touches the dose: its own, its batch's, or of cells it was filled from."""

    code: str
    result: str
    test: str
    title: str
    #: the dose or batch its sample was taken for
    on: str
    state: str


@dataclass(frozen=True)
class ReadFacts:
    """One sterility read of any sample of the batch. `dose` and `attempt` are None for samples of the batch."""

    code: str
    sample: str
    dose: str | None
    attempt: int | None
    day: int
    reading: str
    #: the test was set aside for a proven fault of its own; the read stays as it was read
    invalid: bool = False
    #: when its sample was taken, and when its test was set aside: the repeat is of a sample taken since
    taken_at: datetime | None = None
    set_aside_at: datetime | None = None


@dataclass(frozen=True)
class DeviationFacts:
    """One deviation that touches the batch, its donor, its recipient, its collection, or anything recorded for it.

    `no_impact` is the standing word of quality assurance that it does not touch this very dose, `no_impact_at` its
    time; None where there is none, or where it was withdrawn.
    """

    code: str
    on_code: str
    within: str
    severity: str
    state: str
    closed_by: str | None
    no_impact: str | None = None
    no_impact_at: datetime | None = None


@dataclass(frozen=True)
class Sibling:
    """A dose of another batch for the same recipient and infusion."""

    code: str
    state: str


@dataclass(frozen=True)
class ReviewFacts:
    """The newest signed review of the batch record that covers this dose, and the record as it is now."""

    code: str
    signed_by: str
    signed_at: datetime
    #: hash of the record that was reviewed, and of the same record now
    reviewed_hash: str
    hash_now: str


@dataclass(frozen=True)
class CustodyFacts:
    """One hand-over or shipment that a bag of the dose was in. `kind` says which."""

    thing: str
    record: str
    kind: str
    state: str


@dataclass(frozen=True)
class Dossier:
    """All evidence about one dose at one fill. None and () mean: not recorded, and never pass."""

    dose: str
    infusion: int
    attempt: int
    batch: BatchFacts | None = None
    recipient: Subject | None = None
    collection: Origin | None = None
    versions: tuple[Version, ...] = ()
    #: weight, bags and counts: with protocol and moment, what `mfg dose check` judges too
    arithmetic: DoseFacts | None = None
    #: read from the pinned version, whose text hash stands in `versions`; not itself part of the evidence
    protocol: Protocol | None = None
    donor: DonorFacts | None = None
    receipt: Receipt | None = None
    #: None: the master record does not load cells
    loadings: tuple[Loading, ...] | None = ()
    steps: tuple[StepFacts, ...] = ()
    bags: tuple[BagFacts, ...] = ()
    lineage: tuple[Link, ...] = ()
    lots: tuple[LotUse, ...] = ()
    tests: tuple[Test, ...] = ()
    results: tuple[ResultFacts, ...] = ()
    reads: tuple[ReadFacts, ...] = ()
    deviations: tuple[DeviationFacts, ...] = ()
    #: the review by exception of everything this dose comes from
    review: ReviewFacts | None = None
    #: hand-overs and shipments of the bags; () is none, None is not known
    custody: tuple[CustodyFacts, ...] | None = None
    #: out-of-specification results; () is none, None is not known
    oos: tuple[OosFacts, ...] | None = None
    #: doses of other batches for the same infusion; () is none, None is not known
    siblings: tuple[Sibling, ...] | None = None
    #: the samples of the plan; None is not known, and passes nothing
    sampling: SamplingFacts | None = None
    #: what stops this dose or every dose of its batch; () is nothing, None is not known
    stops: tuple[StopFact, ...] | None = None


@dataclass(frozen=True)
class Disposition:
    """A quality disposition given earlier, and the hash of the evidence it was given over."""

    code: str
    attempt: int
    evidence_hash: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Deciding:
    """A decision being taken: the evidence, the moment, and what quality assurance has said before.

    `at` is now, or for a dose that has left on condition the moment it left: whether it was in date and the weight
    recent is a question about then, and its certificate comes weeks later.
    """

    dossier: Dossier
    at: datetime
    evidence_hash: str
    dispositions: tuple[Disposition, ...] = ()
    has_left: bool = False


def evidence_of(dossier: Dossier) -> bytes:
    """The canonical bytes that are shown, judged, kept and signed. The protocol is in them by its text's hash."""
    return canonical(replace(dossier, protocol=None))


def hash_of(dossier: Dossier) -> str:
    """SHA-256 of the evidence, in hexadecimal."""
    return sha256(evidence_of(dossier)).hexdigest()


def fingerprint(evidence_hash: str) -> str:
    """The hash as people compare it: three groups of four."""
    return "·".join(evidence_hash[at:at + 4] for at in (0, 4, 8))
