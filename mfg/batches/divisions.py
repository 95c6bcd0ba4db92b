"""Containers by their ISBT 128 labels: that of a dose bag carries no code of ours but donation, product and division.

DIN, product code and division together name one bag (ISBT 128, structures 001 and 003), so a division is given
once per donation, to refills too. It prints nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from mfg.batches.records import Container, DoseBag
from mfg.batches.records import container as load_container
from mfg.batches.scans import identified
from mfg.codes.scan import Scan, read, scanned_or_typed
from mfg.donors.records import Collection
from mfg.facts import Refused
from mfg.labelling.records import PrintedLabel
from mfg.labelling.standing import label_scanned, mismatch

#: the division of what was never divided: the bag of a collection (ISBT 128, structure 003)
UNDIVIDED = "00"


def divisions_of(session: Session, collection: str) -> dict[str, str]:
    """Dose bag -> its division, for every dose bag of a donation: A0, B0 ... Z0, then Aa ..."""
    return {code: _division(place) for place, code in enumerate(_dose_bags(session, Collection.code == collection))}


def divisions_among(bags: Iterable[DoseBag]) -> dict[str, str]:
    """The same of bags that are read already, all of the donation."""
    in_order = sorted(bags, key=lambda bag: (bag.filled_at, bag.container))
    return {bag.container: _division(place) for place, bag in enumerate(in_order)}


def _dose_bags(session: Session, of: ColumnElement[bool]) -> list[str]:
    """Every dose bag of one donation in the order they were made; none is ever taken away."""
    return list(session.scalars(
        select(DoseBag.container).join(Container, Container.code == DoseBag.container).join(
            Collection, Collection.code == Container.collection).where(of).order_by(
            DoseBag.filled_at, DoseBag.container)))


def _division(place: int) -> str:
    return chr(ord("A") + place % 26) + ("0" if place < 26 else chr(ord("a") + place // 26 - 1))


def of_the_collection_alone(session: Session, din: str) -> str:
    """The donation number, as long as it stands on the bag of the collection only.

    Every label of a dose bag has the same number in its first bars: from then on it does not say which bag is in hand.
    """
    if _dose_bags(session, Collection.din == din):
        raise Refused(f"The donation {din} stands on its dose bags too, so its number does not say which bag this is. "
                      "Scan the square symbol of the label, or type the code of the container.", kind="input")
    return din


def on_this_bag(label: PrintedLabel | None, container: str) -> None:
    """Refuse a label that stands and was printed for another container than the one it is scanned for."""
    if label is not None and label.container != container:
        _contradicts(label, f"{label.code} was printed for {label.container}; the rest of the scan says {container}.")


def _contradicts(label: PrintedLabel, why: str) -> NoReturn:
    """The hard stop of a symbol whose parts do not belong together; a critical deviation stays."""
    said = f"{why} Stop: set it apart and call QA."
    raise Refused(said, kind="stop", leaves=mismatch(label, said))


def any_container(session: Session, text: str) -> Container:
    """The container that was scanned, of whichever batch, by our code or by the square symbol of a dose bag.

    Typed text has to carry its check character. A label that does not stand is refused.
    """
    row = bag_labelled(session, text)
    if row is not None:
        return row
    code, _ = identified(text, "container")
    row = load_container(session, code)
    on_this_bag(label_scanned(session, scanned_or_typed(text)), row.code)
    return row


def bag_labelled(session: Session, text: str) -> Container | None:
    """The container whose ISBT 128 label's Data Matrix was scanned; None when the scan is something else.

    A dose bag is known by its division, the bag of a collection by having none, a tube by the number of its label.
    """
    if "=+" not in text[:5]:
        return None
    scanned = read(text)
    parts = {part.number: part for part in scanned.parts}
    if "001" not in parts:
        return None
    din = str(parts["001"].fields["din"])
    if "003" not in parts:
        return _by_label(session, scanned, din)
    division = str(parts["003"].fields["division"])
    if division == UNDIVIDED:
        return _collected(session, scanned, din)
    for place, code in enumerate(_dose_bags(session, Collection.din == din)):
        if _division(place) == division:
            on_this_bag(label_scanned(session, scanned), code)
            return session.get_one(Container, code)
    raise Refused(f"The label says donation {din}, division {division}; no dose bag of this facility has it. "
                  "Set the bag apart and call QA.", kind="not found")


def _collected(session: Session, scanned: Scan, din: str) -> Container | None:
    """The collection bag of a donation; None as long as it is in no batch."""
    row = session.scalar(select(Container).join(Collection, Collection.code == Container.collection).where(
        Collection.din == din, Container.kind == "collection bag"))
    if row is not None:
        on_this_bag(label_scanned(session, scanned), row.code)
    return row


def _by_label(session: Session, scanned: Scan, din: str) -> Container | None:
    """The container this very label was printed for; None when it names no label, or one of something else."""
    label = label_scanned(session, scanned)
    row = session.get(Container, label.container) if label is not None else None
    if row is not None and session.get_one(Collection, row.collection).din != din:
        assert label is not None
        _contradicts(label, f"{label.code} was printed for {row.code}, and the scan says donation {din}.")
    return row
