"""Labels and papers drawn from the records, and their printing recorded. Drawing comes before the act, not in it."""

from __future__ import annotations

import json
from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.records import DoseBag
from mfg.batches.records import container as container_of
from mfg.batches.records import dose as dose_of
from mfg.db import look
from mfg.facts import Refused
from mfg.files import KeptFile
from mfg.labelling.acts import Drawn, NumberTaken, approve_reprint, next_label, print_label, print_record
from mfg.labelling.layouts import in_force, refuse_assumed
from mfg.labelling.records import label as label_of
from mfg.ledger import Who, now
from mfg.paper.certificate import certificate
from mfg.paper.labels import load_layout, render_pdf
from mfg.paper.readback import prove
from mfg.paper.record import batch_record
from mfg.release.gather import LAYOUT, label_now
from mfg.release.label_facts import Physical
from mfg.release.paper_facts import certificate_facts
from mfg.release.records import decision as decision_of
from mfg.review.record_facts import batch_record_facts

#: how often a label is drawn anew when others print at the same moment
TRIES = 5
#: the resolution labels are proved for where no printer says another
DPI = 300


def print_bag_label(session: Session, who: Who, *, container: str) -> str:
    """Print the first label of a dose bag as it stands now. Returns the label's code.

    Drawn and proved before the act, from a session of its own: an act must not begin with a stale read.
    """
    return _printed(session, lambda drawn: print_label(session, who, drawn=drawn),
                    lambda reading: _bag_label(reading, container, repeat=False))


def reprint_label(session: Session, who: Who, *, label: str) -> str:
    """Approve the reprint somebody else asked for, and print it. Returns the code of the new label."""
    def again(reading: Session) -> Drawn:
        return _bag_label(reading, label_of(reading, label).container, repeat=True)

    return _printed(session, lambda drawn: approve_reprint(session, who, label=label, drawn=drawn), again)


def _printed(session: Session, record: Callable[[Drawn], str], draw: Callable[[Session], Drawn]) -> str:
    """Draw, prove, record; drawn again with another number when somebody else's label took this one."""
    for _ in range(TRIES - 1):
        with look(session.get_bind().engine) as reading:
            drawn = draw(reading)
        try:
            return record(drawn)
        except NumberTaken:
            continue
    with look(session.get_bind().engine) as reading:
        drawn = draw(reading)
    return record(drawn)


def _bag_label(reading: Session, container: str, *, repeat: bool) -> Drawn:
    """The label of a dose bag, drawn and proved."""
    bag = reading.get(DoseBag, container)
    if bag is None:
        container_of(reading, container)
        raise Refused(f"{container} is not a dose bag, and only dose bags are labelled here.", kind="not found")
    if bag.withdrawn_at is not None:
        raise Refused(f"{container} is withdrawn; no label is printed for it any more.")
    of = dose_of(reading, bag.dose)
    if of.state in ("rejected", "released then failed"):
        raise Refused(f"{of.code} is {of.state}; no label is printed for it.")
    number = next_label(reading)
    version, layout = in_force(reading, LAYOUT)
    facts = label_now(reading, of, bag, Physical(number, repeat)) | {"layout": version}
    refuse_assumed(layout, facts)
    return Drawn(number, container, of.batch, LAYOUT, facts, prove(layout, facts, DPI))


def label_pdf(session: Session, label: str) -> bytes:
    """The label as it was printed; one from before labels were kept is drawn again from its facts."""
    row = label_of(session, label)
    kept = session.scalar(select(KeptFile).where(KeptFile.code == row.pdf_hash))
    if kept is not None:
        return bytes(kept.content)
    return render_pdf(load_layout(row.layout), {"label": row.code, "country": "US", **json.loads(row.facts)})


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
