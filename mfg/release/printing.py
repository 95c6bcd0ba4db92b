"""Labels and papers printed from the records, and their printing recorded. Drawing comes before the act, not in it."""

from __future__ import annotations

import json
from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.records import dose as dose_of
from mfg.db import look
from mfg.files import KeptFile
from mfg.labelling.acts import Drawn, NumberTaken, approve_reprint, print_label, print_record
from mfg.labelling.records import label as label_of
from mfg.ledger import Who, now
from mfg.paper.certificate import certificate
from mfg.paper.labels import load_layout, render_pdf
from mfg.paper.record import batch_record
from mfg.release.drawing import again, first
from mfg.release.paper_facts import certificate_facts
from mfg.release.records import decision as decision_of
from mfg.review.record_facts import batch_record_facts

#: how often a label is drawn anew when others print at the same moment
TRIES = 5


def print_container_label(session: Session, who: Who, *, container: str, which: str = "") -> str:
    """Print the first label of a container as it stands now. Returns the label's code.

    `which` is "partial" for that of a dose bag too small for the whole one. Drawn and proved before the act, from a
    session of its own: an act must not begin with a stale read.
    """
    return _printed(session, lambda drawn: print_label(session, who, drawn=drawn),
                    lambda reading: first(reading, container, partial=which == "partial"))


def print_sample_label(session: Session, who: Who, *, sample: str) -> str:
    """Print the first label of the tube of a laboratory sample. Returns the label's code."""
    return _printed(session, lambda drawn: print_label(session, who, drawn=drawn),
                    lambda reading: first(reading, sample))


def reprint_label(session: Session, who: Who, *, label: str) -> str:
    """Approve the reprint somebody else asked for, and print it. Returns the code of the new label."""
    return _printed(session, lambda drawn: approve_reprint(session, who, label=label, drawn=drawn),
                    lambda reading: again(reading, label_of(reading, label)))


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
