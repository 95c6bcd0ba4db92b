"""What is done to cells in containers: made into others, split, measured, frozen, thawed, discarded.

What may be done, and what it does to identity and quantity, is the table in `transformations.py`. Doses are filled in
`filling.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.container_rules import (
    CONTAINER,
    DISCARD,
    FREEZE,
    LOSE,
    MAKE,
    MEASURE,
    Changing,
    Losing,
    Making,
    Origin,
    kind_made,
)
from mfg.batches.containers import begin, closed, dose_of_bag, make, origin
from mfg.batches.content import NOTHING, Content
from mfg.batches.contents import contents
from mfg.batches.entering import container_scanned
from mfg.batches.records import Batch, Container, Descent
from mfg.batches.records import batch as load_batch
from mfg.batches.records import container as load_container
from mfg.batches.told import record_of
from mfg.batches.transformations import KEPT, MADE, SHARED, TRANSFORMATIONS, Transformation
from mfg.batches.values import kept_exactly
from mfg.facts import Refused, Verdict, judge, refuse_unless, shown
from mfg.ledger import Doing, Who, act, fresh
from mfg.quality.records import draft

#: what has to be true before a container itself is changed
TURN = {"freeze": FREEZE, "thaw": FREEZE, "discard": DISCARD}


def make_container(session: Session, who: Who, *, batch: str, transformation: str, parents: Sequence[str],
                   volume_ml: Decimal | None = None, taken_ml: Sequence[Decimal] = (),
                   cells: Decimal | None = None) -> str:
    """Make a container from scanned ones by a transformation of the table. Returns NK-26-001-C02.

    `parents` as scanned; what is typed carries its check character. `taken_ml`: how much of each, in that order; empty
    when it is all of each. `volume_ml` in the new container; it may be left out where nothing is added and nothing
    lost. `cells`: viable cells counted in it, where they were. Raises Refused, kind "stop", for cells of another chain.
    """
    how = TRANSFORMATIONS.get(transformation)
    if how is None or transformation not in MADE:
        raise Refused(f"{shown(transformation)} is not done here. Choose one of: {', '.join(MADE)}.", kind="input")
    if taken_ml and len(taken_ml) != len(parents):
        raise Refused(f"{len(taken_ml)} volumes are told for {len(parents)} containers. Tell one of each, in the same "
                      "order, or none when all of it is taken.", kind="input")
    amounts = _exact("The volume taken", taken_ml)
    _exact("The volume", [one for one in (volume_ml, cells) if one is not None])
    with act(session, "make container", on=batch, within=batch, **who.how) as doing:
        row = load_batch(session, batch)
        origins = _origins(session, row, parents, amounts)
        taken = {one.code: Content(one.taken_ml, one.taken_cells) for one in origins}
        whole = _sum(one.taken_ml for one in origins)
        inside = volume_ml if volume_ml is not None or how.volume != KEPT else whole
        facts = Making(transformation, batch, row.recipient, row.donor, origins,
                       () if inside is None else (inside,), cells)
        refuse_unless(judge(MAKE, facts))
        assert inside is not None and whole is not None
        went_in = Content(whole, _sum(one.taken_cells for one in origins))
        held = Content(inside, went_in.share(inside) if how.cells == SHARED else cells)
        done = begin(session, doing, row, how.name, loss_ml=whole - inside if how.volume == KEPT else None)
        kind = kind_made(how, [one.kind for one in origins])
        doing.on = doing.result = make(session, doing, row, done, kind, taken, held,
                                         {one.code: one.how for one in origins}).code
        _lost_too_much(session, doing, row, _losing(session, row, how, went_in, held, doing.result))
    return doing.result


def _losing(session: Session, batch: Batch, how: Transformation, went_in: Content, held: Content, made: str) -> Losing:
    """In mL where no liquid is added, else in viable cells."""
    stated = getattr(record_of(session, batch).losses, how.name, None)
    most = stated.value if stated else None
    if how.volume == KEPT:
        return Losing(how.name, went_in.volume_ml, held.volume_ml, "mL", most, made)
    return Losing(how.name, went_in.cells, held.cells, "{cells}", most, made)


def _lost_too_much(session: Session, doing: Doing, batch: Batch, facts: Losing) -> None:
    """Cells that are gone cannot be refused: what is lost beyond the stated share opens a deviation in the same act."""
    for finding in judge(LOSE, facts):
        if finding.verdict is Verdict.FAIL:
            draft(session, within=batch.code, on=facts.made, kind="reconciliation", what=finding.why[:2000],
                  by=doing.by.code, at=doing.at, requirement="No more is lost than the master record states")


def _exact(what: str, amounts: Sequence[Decimal]) -> Sequence[Decimal]:
    """The amounts, once each can be kept exactly and none is negative."""
    for one in amounts:
        if kept_exactly(one, what) < 0:
            raise Refused(f"{what} is {one}; 0 or more was expected.", kind="input")
    return amounts


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """All together; None when one of them is not known."""
    found = NOTHING
    for one in amounts:
        if one is None:
            return None
        found += one
    return found


def _origins(session: Session, batch: Batch, scans: Sequence[str], amounts: Sequence[Decimal]) -> tuple[Origin, ...]:
    """The scanned containers with what is taken out of each. A foreign one stops everything."""
    read = [container_scanned(session, batch, one) for one in scans]
    codes = [row.code for row, _ in read]
    if len(set(codes)) < len(codes):
        raise Refused("The same container was scanned twice. Scan each one once.", kind="input")
    inside = contents(session, batch.code, codes)
    taken: Sequence[Decimal | None] = amounts or [inside[code].volume_ml for code in codes]
    return tuple(origin(session, row, inside[row.code], part, how)
                 for (row, how), part in zip(read, taken, strict=True))


def split_container(session: Session, who: Who, *, container: str, scan: str, volumes_ml: Sequence[Decimal]) -> str:
    """Part the cells of a container into several of its kind, one volume in mL each; the rest stays. Returns the first.

    The label on the container is scanned.
    """
    _exact("The volume", volumes_ml)
    with act(session, "split container", on=container, **who.how) as doing:
        row, batch, how = _scanned(session, doing, container, scan)
        inside = contents(session, batch.code, [row.code])[row.code]
        facts = Making("split", batch.code, batch.recipient, batch.donor,
                       (origin(session, row, inside, sum(volumes_ml, NOTHING), how),), tuple(volumes_ml))
        refuse_unless(judge(MAKE, facts))
        done = begin(session, doing, batch, "split", loss_ml=NOTHING)
        made = [make(session, doing, batch, done, row.kind, {row.code: part}, part, {row.code: how}).code
                for part in (Content(one, inside.share(one)) for one in volumes_ml)]
        doing.result = made[0]
    return doing.result


def _scanned(session: Session, doing: Doing, code: str, scan: str) -> tuple[Container, Batch, str]:
    """The container of the page, which is the one that was scanned, with its batch and how it was read; the act is
    within that batch."""
    row = load_container(session, code)
    if row.batch is None:
        raise Refused(f"{code} is in no batch; nothing is done to it here.")
    batch = load_batch(session, row.batch)
    doing.within = batch.code
    found, how = container_scanned(session, batch, scan)
    if found.code != row.code:
        raise Refused(f"You scanned {found.code}; this is the page of {row.code}. Scan the label of {row.code}, or "
                      f"open the page of {found.code}.", kind="stop")
    return row, batch, how


def measure_content(session: Session, who: Who, *, container: str, scan: str, volume_ml: Decimal,
                    cells: Decimal | None = None) -> str:
    """Record what was weighed and counted in a container: mL, and viable cells where counted. Returns its code."""
    _exact("The volume", [one for one in (volume_ml, cells) if one is not None])
    with act(session, "measure content", on=container, **who.how) as doing:
        row, batch, _ = _scanned(session, doing, container, scan)
        facts = Changing("measure", row.code, row.kind, closed=closed(session, row), volume_ml=volume_ml, cells=cells,
                         given=_given(session, row.code))
        refuse_unless(judge(MEASURE, facts))
        begin(session, doing, batch, "measure", container=row.code, volume_ml=volume_ml, cells=cells)
        doing.result = row.code
    return doing.result


def _given(session: Session, code: str) -> Decimal | None:
    """The viable cells that were taken for a container when it was made; None when they are not all known."""
    rows = session.scalars(select(Descent.taken_cells).where(Descent.child == code)).all()
    return _sum(rows) if rows else None


def freeze_container(session: Session, who: Who, *, container: str, scan: str) -> str:
    """Put a container into the cold; it cannot be opened until it is thawed. Returns its code."""
    return _turned(session, who, "freeze", container, scan)


def thaw_container(session: Session, who: Who, *, container: str, scan: str) -> str:
    """Bring a frozen container back. Its cells have to be counted again. Returns its code."""
    return _turned(session, who, "thaw", container, scan)


def discard_container(session: Session, who: Who, *, container: str, scan: str, seen: str | None = None) -> str:
    """Destroy what is left in a container, with the reason; it is used for nothing any more. Returns its code."""
    return _turned(session, who, "discard", container, scan, seen)


def _turned(session: Session, who: Who, name: str, container: str, scan: str, seen: str | None = None) -> str:
    """A transformation of the container itself; no new one comes of it."""
    verb = TRANSFORMATIONS[name].verb
    with act(session, verb, on=container, **who.how) as doing:
        row, batch, _ = _scanned(session, doing, container, scan)
        fresh(row, seen)
        state = CONTAINER.after(verb, row.state)
        refuse_unless(judge(TURN[name], _changing(session, name, row, batch)))
        inside = contents(session, batch.code, [row.code])[row.code]
        held = {"discard": Content(NOTHING, NOTHING), "thaw": Content(inside.volume_ml)}.get(name, inside)
        row.state = state
        begin(session, doing, batch, name, container=row.code, volume_ml=held.volume_ml, cells=held.cells,
              loss_ml=inside.volume_ml if name == "discard" else None)
        doing.signs({"container": row.code, "kind": row.kind, "transformation": name, "left_ml": inside.volume_ml})
        doing.result = row.code
    return doing.result


def _changing(session: Session, name: str, row: Container, batch: Batch) -> Changing:
    dose = dose_of_bag(session, row.code)
    return Changing(name, row.code, row.kind, record_of(session, batch).frozen, dose.state if dose else "")
