"""Labels and papers drawn from the records, and their printing recorded. Drawing comes before the act, not in it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mfg.batches.records import DoseBag
from mfg.batches.records import container as container_of
from mfg.batches.records import dose as dose_of
from mfg.db import look
from mfg.facts import Refused
from mfg.labelling.acts import print_label, print_record
from mfg.ledger import Who, now
from mfg.paper.certificate import certificate
from mfg.paper.labels import load_layout, render_pdf
from mfg.paper.record import batch_record
from mfg.release.gather import LAYOUT, label_now
from mfg.release.paper_facts import certificate_facts
from mfg.release.records import decision as decision_of
from mfg.review.record_facts import batch_record_facts


def print_bag_label(session: Session, who: Who, *, container: str) -> str:
    """Print the label of a dose bag as it stands now; a reprint needs `who.reason`. Returns the label's code.

    The facts are read through a session of their own: an act must not begin with a stale read.
    """
    with look(session.get_bind().engine) as reading:
        bag = reading.get(DoseBag, container)
        if bag is None:
            container_of(reading, container)
            raise Refused(f"{container} is not a dose bag, and only dose bags are labelled here.", kind="not found")
        if bag.withdrawn_at is not None:
            raise Refused(f"{container} is withdrawn; no label is printed for it any more.")
        of = dose_of(reading, bag.dose)
        if of.state in ("rejected", "released then failed"):
            raise Refused(f"{of.code} is {of.state}; no label is printed for it.")
        facts, batch = label_now(reading, of, bag), of.batch
    return print_label(session, who, container=container, within=batch, layout=LAYOUT, facts=facts,
                       pdf=label_pdf(LAYOUT, facts))


def label_pdf(layout: str, facts: dict[str, str]) -> bytes:
    """The label as PDF: the same layout and facts give the same bytes."""
    return render_pdf(load_layout(layout), facts)


def print_batch_record(session: Session, who: Who, *, batch: str) -> str:
    """Record that the batch record left on paper. Returns the paper's code."""
    with look(session.get_bind().engine) as reading:
        pdf = record_pdf(reading, batch)
    return print_record(session, who, on_code=batch, within=batch, kind="batch record", pdf=pdf)


def print_certificate(session: Session, who: Who, *, decision: str) -> str:
    """Record that the certificate of a decision left on paper. Returns the paper's code."""
    with look(session.get_bind().engine) as reading:
        pdf, batch = certificate_pdf(reading, decision), dose_of(reading, decision_of(reading, decision).dose).batch
    return print_record(session, who, on_code=decision, within=batch, kind="certificate", pdf=pdf)


def record_pdf(session: Session, batch: str) -> bytes:
    """The batch record as it stands now."""
    return batch_record(batch_record_facts(session, batch, at=now()))


def certificate_pdf(session: Session, decision: str) -> bytes:
    """The certificate of a decision, with what was decided then."""
    dose = decision_of(session, decision).dose
    return certificate(certificate_facts(session, dose, at=now(), decision=decision))
