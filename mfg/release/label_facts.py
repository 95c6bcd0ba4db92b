"""What stands on the label of a dose bag, as text, from the records. It draws nothing and records nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from sqlalchemy.orm import Session

from mfg.batches.container_labels import REPEAT_LABEL, UNKNOWN, Physical, chain, din, status_of, when
from mfg.batches.records import Batch, Dose, DoseBag, batch
from mfg.codes import isbt128_write as write
from mfg.codes.isbt128 import din_check
from mfg.donors.records import Collection, collection
from mfg.donors.rules import DonorFacts
from mfg.facts import Missing, plain
from mfg.paper.drawing import scientific
from mfg.settings import from_environment
from mfg.trial.dose import DoseFacts, given_ml, nk_per_ml, per_kg
from mfg.trial.dose import bags_of as bags_in
from mfg.trial.protocol import Protocol, setting
from mfg.trial.records import Recipient, recipient
from mfg.trial.shown import decimal

Mapped = Mapping[str, str]
STATUS = {"released on condition": "conditional", "certified": "final", "released exceptionally": "exceptional"}
#: what a label says that is not about the cells: where and by which layout it is printed, and how far release is
NOT_OF_THE_CELLS = frozenset({"facility", "facility_phone", "layout", "release"})


def differing(printed: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """The facts on a printed label that are no longer what the records say."""
    return tuple(sorted(name for name in {*printed, *now} - NOT_OF_THE_CELLS if printed.get(name) != now.get(name)))


@dataclass(frozen=True)
class About:
    """What the labels of all bags of a dose have in common, read once."""

    of: Dose
    row: Batch
    who: Recipient
    origin: Collection
    bags: Sequence[DoseBag]
    donor: Mapped
    #: bag -> its division of the donation
    divisions: Mapped


def about(session: Session, of: Dose, bags: Sequence[DoseBag], donor: DonorFacts, divisions: Mapped) -> About:
    """Read it. `divisions`: those of the donation."""
    row = batch(session, of.batch)
    return About(of, row, recipient(session, row.recipient), collection(session, row.collection), bags,
                 status_of(donor), divisions)


def bag_label_facts(common: About, bag: DoseBag, arithmetic: DoseFacts, protocol: Protocol,
                    label: Physical) -> dict[str, str]:
    """Every fact of the layout `dose_bag`, as the records say it now."""
    of, row, who, origin = common.of, common.row, common.who, common.origin
    bags = [one.container for one in common.bags]
    many, here = setting(protocol, "infusions_per_course"), from_environment()
    return {
        "label": label.number, "country": here.country, "din": _din(origin, label), "din_check": din_check(origin.din),
        **chain(who.coi), **common.donor,
        **_contents(arithmetic, protocol, bag),
        **_codes(common, bag, label), "recipient": who.code, "batch": row.code, "donor": row.donor,
        "trial_id": protocol.id, "under_ind": "no",
        "facility": here.facility_name, "facility_phone": here.facility_phone,
        "product_name": product_of(protocol), "volume_ml": plain(bag.volume_ml),
        "dose_number": str(of.infusion), "dose_total": str(many.value) if many and many.value else "?",
        "bag_number": str(bags.index(bag.container) + 1) if bag.container in bags else "?", "bag_total": str(len(bags)),
        "collected": when(origin.ended_at), "manufactured": when(bag.filled_at), "expiry": when(bag.expires_at),
        "storage": "2 to 8 °C, do not freeze", "route": "intravenous", "release": _status(of)}


def product_of(protocol: Protocol) -> str:
    """The product as the trial protocol names it."""
    told = protocol.facts.get("product") or {}
    cells, loading = told.get("cells"), told.get("loading")
    return f"{cells}, loaded: {loading}" if cells and loading else str(cells or "cells of the named trial")


def _status(of: Dose) -> str:
    return STATUS.get(of.state, "quarantine")


def _contents(arithmetic: DoseFacts, protocol: Protocol, bag: DoseBag) -> dict[str, str]:
    """Cells of this bag, and per kg for the whole dose; what is not known says so in words."""
    facts = replace(arithmetic, protocol=protocol)
    name, one = next((name, one) for name, one in bags_in(facts) if one.code == bag.container)
    return {"viable_nk_total": _shown(lambda: nk_per_ml(name, one) * given_ml(name, one), " cells"),
            "viable_nk_per_kg": _shown(lambda: per_kg(facts), " /kg"),
            "concentration": _shown(lambda: nk_per_ml(name, one), " NK/mL")}


def _shown(make: Callable[[], Fraction], unit: str) -> str:
    try:
        return scientific(decimal(make())) + unit
    except Missing:
        return UNKNOWN


def _din(origin: Collection, label: Physical) -> str:
    """The donation number; its flags say when another label was printed before."""
    return din(origin, REPEAT_LABEL if label.repeat else "00")


def _codes(common: About, bag: DoseBag, label: Physical) -> dict[str, str]:
    """Product code with a division of its own for every dose bag of the donation, refills too, and the 2-D message."""
    division, here, origin = common.divisions[bag.container], from_environment(), common.origin
    pdc, kind = here.product_code, here.collection_type
    message = write.compound(_din(origin, label), write.product_code(pdc, kind, division),
                             write.expiry(bag.expires_at), write.facility(here.facility_fin), write.coi(common.who.coi),
                             write.label(label.number))
    return {"product_code": f"{pdc} {kind} {division}", "datamatrix": message}
