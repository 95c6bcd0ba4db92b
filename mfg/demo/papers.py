"""What the demonstration leaves on paper, and the check of its own ledger at the end."""

from __future__ import annotations

from collections.abc import Sequence

from mfg.db import look
from mfg.demo.plant import Plant
from mfg.demo.printing import through_printer
from mfg.demo.stepping import Work
from mfg.labelling import acts as labelling
from mfg.labelling.records import PrintedLabel
from mfg.labelling.standing import scan_of
from mfg.paper.certificate import certificate
from mfg.paper.record import batch_record
from mfg.release.paper_facts import certificate_facts
from mfg.release.printing import label_pdf, print_container_label
from mfg.release.records import decisions_of
from mfg.review.record_facts import batch_record_facts
from mfg.tables import METADATA
from mfg.verify import verify


def label(plant: Plant, bag: str, *, large: bool = True) -> None:
    """Print the label of a container, scan it back, put it on. The printer of the room holds the large ones only."""
    code = plant.do(print_container_label, plant.who("operator"), container=bag)
    with look(plant.engine) as session:
        pdf, scan = label_pdf(session, code), scan_of(session.get_one(PrintedLabel, code))
    _leave(plant, "labels", f"{bag}.pdf", pdf)
    if large:
        through_printer(plant, code, bag)
    plant.do(labelling.verify_label, plant.who("operator"), label=code, scan=scan)
    plant.do(labelling.apply_label, plant.who("operator"), label=code, scan=scan)
    plant.say(f"  label {code} printed for {bag}, scanned back, put on")


def write(plant: Plant, work: Work, doses: Sequence[str]) -> None:
    """Batch record and a certificate per dose, each print recorded."""
    plant.scene("Paper")
    with look(plant.engine) as session:
        papers = [("batch record", work.batch, work.batch,
                   batch_record(batch_record_facts(session, work.batch, at=plant.now)))]
        papers += [("certificate", dose, decisions_of(session, dose)[-1].code,
                    certificate(certificate_facts(session, dose, at=plant.now))) for dose in doses]
    for kind, of, on, pdf in papers:
        plant.do(labelling.print_record, plant.who("qa"), on_code=on, within=work.batch, kind=kind, pdf=pdf)
        name = f"{of}-{kind.replace(' ', '-')}.pdf"
        _leave(plant, "records", name, pdf)
        plant.say(f"  records/{name}, {len(pdf) // 1024} kB")


def _leave(plant: Plant, part: str, name: str, pdf: bytes) -> None:
    (plant.folder / part).mkdir(exist_ok=True)
    (plant.folder / part / name).write_bytes(pdf)


def verified(plant: Plant) -> bool:
    """`mfg verify` on what was made."""
    plant.scene("mfg verify")
    report = verify(plant.engine, METADATA, verifier=plant.sealer.verifier, notes=plant.sealer.folder)
    for problem in report.problems:
        plant.say(f"  PROBLEM: {problem}")
    plant.say(f"  {report.entries} entries, {report.checkpoints} checkpoints, {report.rows} live rows: "
              + ("the records are what the trail says." if report.ok else "NOT what the trail says."))
    return report.ok
