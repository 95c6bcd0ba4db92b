"""The path of a dose scan by scan, from the recipient's wristband back to the donor's arm, from the records.

It reads and judges nothing. A link that no record tells stays on the path and says so. So many statements for any size
of family: see its test.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.containers import with_ancestors
from mfg.batches.records import (
    Batch,
    Container,
    Descent,
    DoseBag,
    Step,
    StepEntry,
    Transformed,
    bags_of,
)
from mfg.batches.records import batch as batch_of
from mfg.batches.records import dose as dose_of
from mfg.codes.own import coi_text
from mfg.custody.records import hand_overs_of
from mfg.donors.records import Collection
from mfg.labelling.records import PrintedLabel
from mfg.ledger import Entry
from mfg.release.identity_path_rules import ARM, WRISTBAND, IdentityPath, Scan
from mfg.trial.records import recipient as recipient_of


def identity_path(session: Session, dose: str) -> IdentityPath:
    """The path of the present fill of a dose. Refused when there is no such dose."""
    of = dose_of(session, dose)
    row, bags = batch_of(session, of.batch), bags_of(session, of)
    codes = with_ancestors(session, [bag.container for bag in bags])
    containers = {one.code: one for one in session.scalars(select(Container).where(Container.code.in_(codes)))}
    coi = coi_text(recipient_of(session, row.recipient).coi)
    links = [Scan(WRISTBAND, "Check of bag and wristband", coi), *_back(session, bags, containers),
             *_arrival(session, row)]
    family = tuple((code, containers[code].recipient, containers[code].donor) for code in sorted(containers))
    return IdentityPath(dose, row.recipient, row.donor, tuple(links), family)


def _back(session: Session, bags: Sequence[DoseBag], containers: dict[str, Container]) -> list[Scan]:
    """Everything read of bags and containers, the newest first."""
    codes = list(containers)
    found = [*_handed(session, codes), *_labels(session, codes), *_checked(bags), *_made(session, codes),
             *_steps(session, codes)]
    return sorted(found, key=lambda one: (one.at is None, one.at, one.record), reverse=True)


def _handed(session: Session, codes: Sequence[str]) -> Iterable[Scan]:
    """Both sides of every hand-over."""
    for thing, row in hand_overs_of(session, codes):
        url = f"/handovers/{row.code}"
        yield Scan(f"{row.place_from} to {row.place_to}", "Handed over", thing.thing, row.given_at, row.given_by,
                   thing.given_how, row.code, url)
        if row.taken_at is not None:
            yield Scan(row.place_to, "Taken over", thing.thing, row.taken_at, row.taken_by or "",
                       thing.taken_how or "", row.code, url)


def _labels(session: Session, codes: Sequence[str]) -> Iterable[Scan]:
    """Labels that were scanned back and put on; both take nothing but a scan of the very label."""
    rows = session.scalars(select(PrintedLabel).where(PrintedLabel.container.in_(codes)).order_by(PrintedLabel.code))
    for row in rows:
        for what, at, by in (("Label scanned back", row.verified_at, row.verified_by),
                             ("Label put on and scanned", row.applied_at, row.applied_by)):
            if at is not None:
                yield Scan(row.container, what, f"{row.container}, {row.code}", at, by or "", "scanned", row.code,
                           f"/labels/{row.code}")


def _checked(bags: Sequence[DoseBag]) -> Iterable[Scan]:
    for bag in bags:
        if bag.checked_at is not None:
            yield Scan(bag.container, "Fill checked by a second person", bag.container, bag.checked_at,
                       bag.checked_by or "", bag.checked_how or "", bag.dose, f"/doses/{bag.dose}")


def _made(session: Session, codes: Sequence[str]) -> Iterable[Scan]:
    """Every transformation on the way: the container it was taken from was read then."""
    rows = session.execute(select(Descent, Transformed, Container).join(
        Container, Container.code == Descent.child).outerjoin(
        Transformed, Transformed.code == Descent.transformation).where(Descent.child.in_(codes)).order_by(
        Descent.child, Descent.parent))
    for descent, done, child in rows:
        name = done.name if done is not None else "made, before this was recorded"
        parent = descent.parent.removeprefix(f"{child.batch}-")  # what it is of stands before it
        yield Scan(descent.child, f"{name.capitalize()}: {descent.child} from {parent}", descent.parent,
                   child.made_at, child.made_by, descent.how or "", descent.child, f"/containers/{descent.child}")


def _steps(session: Session, codes: Sequence[str]) -> Iterable[Scan]:
    """Every step that scanned one of them, with the entry that counts."""
    later = select(StepEntry.supersedes).where(StepEntry.supersedes.is_not(None))
    rows = session.execute(select(StepEntry, Step.code).join(Step, Step.code == StepEntry.step).where(
        StepEntry.value.in_(codes), StepEntry.code.not_in(later)).order_by(StepEntry.code))
    for entry, step in rows:
        yield Scan(step, "Read in a step", entry.value, entry.read_at or entry.entered_at, entry.entered_by, entry.how,
                   entry.code, f"/steps/{step}")


def _arrival(session: Session, row: Batch) -> list[Scan]:
    """Receipt and collection, the collection last: that is the donor's arm."""
    origin = session.get_one(Collection, row.collection)
    url, found = f"/collections/{origin.code}", []
    if origin.inspected_at is not None:
        found += [Scan("clean room", f"Received: {what} read", code or "", origin.inspected_at,
                       origin.inspected_by or "", origin.identified or "", origin.code, url)
                  for what, code in (("chain of identity", origin.coi_scanned), ("donation number", origin.din))]
    return [*found, Scan(ARM, "Collection begun", origin.din, origin.started_at, _collector(session, origin.code),
                         origin.din_how or "", origin.code, url)]


def _collector(session: Session, collection: str) -> str:
    return session.scalar(select(Entry.person).where(
        Entry.on_code == collection, Entry.verb == "record collection", Entry.outcome == "done").limit(1)) or ""
