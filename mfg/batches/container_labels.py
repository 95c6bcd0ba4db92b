"""What stands on the label of a container that is no dose bag, as text, from the records. It draws and records nothing.

What nobody has recorded says so in words, and what a layout may leave out is left out; nothing is made up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.contents import contents
from mfg.batches.records import Batch, Container, Descent
from mfg.batches.records import batch as load_batch
from mfg.codes import isbt128_write as write
from mfg.codes.isbt128 import din_check, structure_part
from mfg.codes.own import labelled
from mfg.donors.records import Collection, Marker, collection, markers_of, newest_determination
from mfg.donors.rules import PANEL, DonorFacts, MarkerFact
from mfg.facts import Refused, plain
from mfg.paper.drawing import scientific
from mfg.recipes.records import master_record_in
from mfg.settings import Settings, from_environment
from mfg.trial.acts import protocol_of
from mfg.trial.protocol import Protocol
from mfg.trial.records import recipient

#: flags of a donation number (ISBT 128, structure 001): a label that repeats an earlier one, a test tube
REPEAT_LABEL, TEST_TUBE = "05", "07"
#: what nobody has recorded yet: in words, and where an amount stands
UNKNOWN, NO_AMOUNT = "not determined yet", "unknown"
ELIGIBILITY = {"eligible": "eligible", "ineligible": "ineligible", "not completed": "incomplete"}
#: what a kind of container holds, in the words of its label
HOLDS = {"vessel": "in process", "harvest": "harvested", "sample tube": "sample"}


@dataclass(frozen=True)
class Physical:
    """The very label: its number, and whether another one was printed for the same container before it."""

    number: str
    repeat: bool = False


def container_facts(session: Session, row: Container, label: Physical) -> dict[str, str]:
    """Every fact of the layout of this kind of container, as the records say it now. Refused for one in no batch."""
    if row.batch is None or row.kind not in FACTS:
        raise Refused(f"{row.code} is a {row.kind} of {row.batch or 'no batch'}; no label of it is made here.",
                      kind="not found")
    of = Of(session, row, load_batch(session, row.batch), collection(session, row.collection), label)
    return FACTS[row.kind](of)


@dataclass(frozen=True)
class Of:
    """A container with what its label tells of: its batch, where its cells come from, and the very label."""

    session: Session
    row: Container
    batch: Batch
    origin: Collection
    label: Physical

    @property
    def coi(self) -> str:
        """The 15 characters of the chain of identity."""
        return recipient(self.session, self.row.recipient).coi

    @property
    def protocol(self) -> Protocol:
        """The trial protocol the batch pins."""
        return protocol_of(self.session, self.batch.protocol)


def _collection_bag(of: Of) -> dict[str, str]:
    """The bag as it was collected: what its donor gave, not what is left of it."""
    here, origin = from_environment(), of.origin
    pdc, kind = here.collection_code, here.collection_type
    number = din(origin, REPEAT_LABEL if of.label.repeat else "00")
    message = write.compound(number, write.product_code(pdc, kind), write.collection(origin.ended_at),
                             write.coi(of.coi), write.label(of.label.number))
    return {**_always(of, number), **donor_status(of.session, of.row.donor), **_collected_by(origin, here),
            "donor": of.row.donor, "recipient": of.row.recipient, "trial_id": of.protocol.id, "under_ind": "no",
            "product_name": "Mononuclear cells by apheresis", "product_code": f"{pdc} {kind} 00",
            "volume_ml": plain(origin.volume_ml),
            "anticoagulant": f"{origin.anticoagulant}, {plain(origin.anticoagulant_ml)} mL",
            "collected": when(origin.ended_at), "expiry": UNKNOWN, "storage": origin.transport or UNKNOWN,
            "datamatrix": message}


def _collected_by(origin: Collection, here: Settings) -> dict[str, str]:
    """Our name where the donation number is ours; of another facility only its number is known."""
    fin = origin.din[:5]
    ours = fin == here.facility_fin
    return {"facility": here.facility_name if ours else f"Facility {fin}",
            "facility_phone": here.facility_phone if ours else "see its papers"}


def _vessel(of: Of) -> dict[str, str]:
    return {**_in_process(of), "donor": of.row.donor, "trial_id": of.protocol.id}


def _intermediate(of: Of) -> dict[str, str]:
    """Volume and cells are what is in it now; when it has to be used is nobody's record yet."""
    inside = contents(of.session, of.batch.code, [of.row.code])[of.row.code]
    asked = master_record_in(of.session, of.batch.master_record).labelled(of.row.kind)
    keep = "frozen" if of.row.state == "frozen" else asked.keep if asked and asked.keep else UNKNOWN
    return {**_in_process(of), "keep": keep, "expiry": UNKNOWN,
            "volume": NO_AMOUNT if inside.volume_ml is None else f"{plain(inside.volume_ml)} mL",
            "viable_cells": NO_AMOUNT if inside.cells is None else scientific(inside.cells)}


def _in_process(of: Of) -> dict[str, str]:
    """What every container that stays in the facility says; it carries our own code."""
    return {**_always(of, din(of.origin)), **donor_status(of.session, of.row.donor), "code": of.row.code,
            "batch": of.batch.code, "recipient": of.row.recipient, "product_name": _product(of),
            "made": when(of.row.made_at), "datamatrix": labelled(of.row.code, of.label.number)}


def _product(of: Of) -> str:
    """The cells as the trial protocol names them, and how far they are."""
    told = of.protocol.facts.get("product") or {}
    cells = told.get("cells") or "cells of the named trial"
    if of.row.kind == "loaded cells":
        return f"{cells}, loaded: {told.get('loading') or UNKNOWN}"
    return f"{cells}, {HOLDS[of.row.kind]}"


def _sample_tube(of: Of) -> dict[str, str]:
    """A tube that was drawn within the batch; what it is tested for is told by its sample in the laboratory."""
    parent = of.session.scalar(select(Descent.parent).where(Descent.child == of.row.code)) or UNKNOWN
    return tube_facts(of, of.row.code, f"of {parent.removeprefix(f'{of.batch.code}-')}", of.row.made_at)


def tube_facts(of: Of, sample: str, test: str, taken: datetime) -> dict[str, str]:
    """The facts of the layout `sample_tube`: `sample` is the code of the tube or sample, `test` what it is for."""
    number = din(of.origin, TEST_TUBE)
    message = write.compound(number, write.coi(of.coi), write.lot(of.batch.code.replace("-", "")),
                             write.label(of.label.number))
    return {**_always(of, number), "batch": of.batch.code, "sample": sample, "test": test, "taken": when(taken),
            "datamatrix": message}


def _always(of: Of, number: str) -> dict[str, str]:
    return {"label": of.label.number, "country": from_environment().country, "din": number,
            "din_check": din_check(of.origin.din), **chain(of.coi)}


FACTS: Mapping[str, Callable[[Of], dict[str, str]]] = {
    "collection bag": _collection_bag, "vessel": _vessel, "harvest": _intermediate, "loaded cells": _intermediate,
    "sample tube": _sample_tube}


# --- what the label of a dose bag says as well ----------------------------------------------------------------------


def chain(coi: str) -> dict[str, str]:
    """The chain of identity as people read it, and its check character."""
    return {"coi": f"{coi[:7]} {coi[7:9]} {coi[9:]}", "coi_check": structure_part("040", coi).fields["check"]}


def din(origin: Collection, flags: str = "00") -> str:
    """The donation number as its bar code carries it, with its flags."""
    return write.din(origin.din, flags)


def donor_status(session: Session, donor: str) -> dict[str, str]:
    """Donor status words of 21 CFR 1271; reactive tests by name."""
    newest = newest_determination(session, donor)
    return _status(newest.verdict if newest else None, markers_of(session, donor))


def status_of(donor: DonorFacts) -> dict[str, str]:
    """The same of facts that are read already."""
    return _status(donor.determination, donor.markers)


def _status(verdict: str | None, markers: Iterable[Marker | MarkerFact]) -> dict[str, str]:
    excluding = {test.name for test in PANEL if test.excludes}
    reactive = sorted({one.test for one in markers if one.result == "reactive" and one.test in excluding})
    return {"donor_status": ELIGIBILITY[verdict] if verdict else "incomplete",
            "donor_reactive": ", ".join(reactive) or "none"}


def when(moment: datetime) -> str:
    """A moment as labels write it."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"
