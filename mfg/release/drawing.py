"""A label drawn from the records and proved: which layout, which facts, for a container or a laboratory sample.

Slow, so it is done before an act, from a session of its own. It records nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from mfg.batches.container_labels import Of, Physical, container_facts, tube_facts
from mfg.batches.labelled import LAYOUTS
from mfg.batches.records import Container, DoseBag
from mfg.batches.records import batch as batch_of
from mfg.batches.records import container as container_of
from mfg.batches.records import dose as dose_of
from mfg.codes.own import kind_of
from mfg.donors.records import collection as collection_of
from mfg.facts import Refused
from mfg.labelling.acts import Drawn, next_label
from mfg.labelling.layouts import in_force, refuse_assumed
from mfg.labelling.records import PrintedLabel
from mfg.labelling.rules import PARTIAL
from mfg.paper.readback import prove
from mfg.qc.records import sample as sample_of
from mfg.release.bag_facts import LAYOUT
from mfg.release.gather import label_now

#: the resolution labels are proved for where no printer says another
DPI = 300
#: what a sample is for, in so many characters, has room on its tube
ROOM = 24


def first(reading: Session, code: str, *, partial: bool = False) -> Drawn:
    """The first label of a container or sample. A partial one is of a dose bag only."""
    layout = PARTIAL if partial else layout_of(reading, code)
    if partial and reading.get(DoseBag, container_of(reading, code).code) is None:
        raise Refused(f"{code} is no dose bag; only a dose has a partial label. Print the whole label.")
    return _drawn(reading, code, layout, repeat=False)


def again(reading: Session, row: PrintedLabel) -> Drawn:
    """A label in the place of this one: the same layout in its version in force, with what the records say now."""
    return _drawn(reading, row.container, row.layout, repeat=True)


def layout_of(reading: Session, code: str) -> str:
    """The name of the layout for a container of its kind, or for a sample; Refused where there is none."""
    return LAYOUTS["sample tube" if kind_of(code) == "sample" else container_of(reading, code).kind]


def _drawn(reading: Session, code: str, layout: str, *, repeat: bool) -> Drawn:
    label = Physical(next_label(reading), repeat)
    version, drawing = in_force(reading, layout)
    facts, within = _facts(reading, code, label)
    if layout == PARTIAL:
        facts = {name: text for name, text in facts.items() if name in drawing.example}
    facts = {**facts, "layout": version}
    refuse_assumed(drawing, facts)
    return Drawn(label.number, code, within, layout, facts, prove(drawing, facts, DPI))


def _facts(reading: Session, code: str, label: Physical) -> tuple[Mapping[str, str], str]:
    """What stands on it, and the batch it is printed within."""
    if kind_of(code) == "sample":
        return _sample(reading, code, label)
    row, bag = container_of(reading, code), reading.get(DoseBag, code)
    if row.state == "discarded":
        raise Refused(f"{code} is discarded; no label is printed for it any more.")
    if bag is not None:
        return _bag(reading, bag, label)
    return container_facts(reading, row, label), row.batch or ""


def _bag(reading: Session, bag: DoseBag, label: Physical) -> tuple[Mapping[str, str], str]:
    if bag.withdrawn_at is not None:
        raise Refused(f"{bag.container} is withdrawn; no label is printed for it any more.")
    of = dose_of(reading, bag.dose)
    if of.state in ("rejected", "released then failed", "revoked"):
        raise Refused(f"{of.code} is {of.state}; no label is printed for it.")
    return label_now(reading, of, bag, label), of.batch


def _sample(reading: Session, code: str, label: Physical) -> tuple[Mapping[str, str], str]:
    """The tube of a laboratory sample; what it is for stands on it as long as there is room."""
    row = sample_of(reading, code)
    tube = reading.get_one(Container, row.container)
    of = Of(reading, tube, batch_of(reading, row.batch), collection_of(reading, tube.collection), label)
    purpose = row.purpose if 0 < len(row.purpose.strip()) <= ROOM else "see its record"
    return tube_facts(of, code, purpose, row.taken_at), row.batch


assert LAYOUTS["dose bag"] == LAYOUT, "release looks for the label that is printed"
