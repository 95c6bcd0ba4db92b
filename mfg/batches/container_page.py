"""The page of a container: what is in it, what was done to it, its family; and the balance of a whole batch."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from mfg.batches.container_doors import content_of, told, transformations_of
from mfg.batches.container_rules import CONTAINER, LOSE, Losing
from mfg.batches.content import NOTHING, Content
from mfg.batches.contents import counted_first
from mfg.batches.lineage import family, table
from mfg.batches.records import Batch, Container, Descent, Dose, DoseBag, Transformed
from mfg.batches.records import batch as load_batch
from mfg.batches.records import container as load_container
from mfg.batches.step_page import batch_strip
from mfg.batches.told import record_of
from mfg.batches.told import told as values_told
from mfg.batches.transformations import KEPT, TRANSFORMATIONS
from mfg.doors import Page
from mfg.facts import Finding, judge, plain, significant
from mfg.labelling.pages import labels_on
from mfg.labelling.records import labels_of
from mfg.ledger import now


def show_container(session: Session, *, container: str) -> dict[str, Any]:
    """One container, what is in it, what was done to it, and its family."""
    row = load_container(session, container)
    drawn = {"title": "Where it comes from, and what became of it", "svg_url": f"/containers/{row.code}/lineage.svg",
             "alt": f"The family of {row.code}; the same stands in the table below.",
             **table(family(session, row.code))}
    made_with = "not measured" if row.volume_ml is None else f"{plain(row.volume_ml)} mL"
    return {"code": row.code, "title": row.kind.capitalize(), "state": row.state,
            "strip": batch_strip(session, load_batch(session, row.batch)) if row.batch else [],
            "pairs": [("batch", row.batch or "none", False), ("recipient", row.recipient, False),
                      ("donor", row.donor, False), ("collection", row.collection, False),
                      *_as_dose(session, row.code),
                      ("in it now", told(content_of(session, row)), False), ("volume when made", made_with, False),
                      ("made", f"{row.made_by}, {row.made_at:%Y-%m-%d %H:%M} UTC", False)],
            "sections": [labels_on(session, row.code), _done(session, row.code)],
            "drawings": [drawn], "actions": _actions(row, _frozen(session, row), bool(labels_of(session, row.code)))}


def _as_dose(session: Session, code: str) -> list[tuple[str, str, bool]]:
    """Of a dose bag: which dose it is, how far that is, and until when it may be used."""
    bag = session.get(DoseBag, code)
    if bag is None:
        return []
    dose, expired = session.get_one(Dose, bag.dose), bag.expires_at <= now()
    standing = "withdrawn: the dose was filled again" if bag.withdrawn_at else dose.state
    return [("dose", f"{dose.code}, {standing}", False),
            ("expired" if expired else "expires", f"{bag.expires_at:%Y-%m-%d %H:%M} UTC"
             + (": not to be used" if expired else ""), False)]


def _done(session: Session, code: str) -> dict[str, Any]:
    """Everything that was done to make it, to it, and with what was in it."""
    rows = transformations_of(session, code)
    parts: dict[str, list[Descent]] = {}
    for one in session.scalars(select(Descent).where(
            Descent.transformation.in_([row.code for row in rows]),
            or_(Descent.child == code, Descent.parent == code)).order_by(Descent.parent, Descent.child)):
        parts.setdefault(one.transformation or "", []).append(one)
    lines = [[{"text": one.name, "sub": TRANSFORMATIONS[one.name].about}, _moved(one, parts.get(one.code, []), code),
              "none" if not one.loss_ml else f"{plain(one.loss_ml)} mL", one.reason or "",
              f"{one.by}, {one.at:%Y-%m-%d %H:%M} UTC"] for one in rows]
    return {"title": "What was done", "headers": ["transformation", "what went where", "lost", "reason", "by"],
            "rows": lines, "empty": "It comes from before this was recorded."}


def _moved(done: Transformed, parts: Sequence[Descent], code: str) -> str:
    if done.container == code:
        return f"in it since: {told(Content(done.volume_ml, done.cells))}"
    return "; ".join(f"{_amount(one.taken_ml, one.taken_cells)} from {one.parent}" if one.child == code else
                     f"{_amount(one.taken_ml, one.taken_cells)} into {one.child}" for one in parts)


def _frozen(session: Session, row: Container) -> frozenset[str]:
    """The kinds that the process of its batch freezes."""
    return frozenset(record_of(session, load_batch(session, row.batch)).frozen) if row.batch else frozenset()


def _actions(row: Container, frozen: frozenset[str], labelled: bool) -> list[dict[str, Any]]:
    """The label first as long as there is none; then what its kind, its state and its process allow. Only a dose bag
    has a second label; any other one is a reprint, from the page of the label."""
    here = f"/containers/{row.code}"
    able = {name for name, one in TRANSFORMATIONS.items() if row.kind in one.origins
            and (name not in ("freeze", "thaw") or row.kind in frozen)}
    wanted = [("split", "split-container", "Split into several"), ("measure", "measure-content", "Measure the content"),
              ("freeze", "freeze-container", "Freeze"), ("thaw", "thaw-container", "Thaw"),
              ("discard", "discard-container", "Discard")]
    possible = [(slug, label) for name, slug, label in wanted if name in able and _fits(name, row.state)]
    label = {"url": f"{here}/print-label", "label": "Print another label" if labelled else "Print the label",
             "danger": False, "main": not labelled}
    return [*([label] if not labelled or row.kind == "dose bag" else []),
            {"url": f"/custody/{row.code}", "label": "Who held it", "danger": False, "main": False},
            *({"url": f"{here}/{slug}", "label": label, "danger": slug == "discard-container", "main": False}
              for slug, label in possible)]


def _fits(name: str, state: str) -> bool:
    moves = [one for one in CONTAINER.moves if one.verb == TRANSFORMATIONS[name].verb]
    return any(state in one.before for one in moves) if moves else state == CONTAINER.start


# --- the balance of a batch -----------------------------------------------------------------------------------------


def balance(session: Session, batch: Batch) -> dict[str, Any]:
    """Every container with what went in and what came out, judged against the loss that is stated."""
    limits, counted = record_of(session, batch).losses, counted_first(values_told(session, batch.code))
    rows = session.execute(select(Container, Descent, Transformed).join(Descent, Descent.child == Container.code).join(
        Transformed, Transformed.code == Descent.transformation, isouter=True).where(
        Container.batch == batch.code).order_by(Container.code, Descent.parent)).all()
    made: dict[str, list[Any]] = {}
    for container, descent, done in rows:
        made.setdefault(container.code, [container, done, []])[2].append(descent)
    lines = [_line(container, done, descents, counted.get(container.code, container.cells), limits)
             for container, done, descents in made.values()]
    return {"title": "Balance of volumes and cells",
            "headers": ["container", "by", "went in", "came out", "status", ""], "rows": lines,
            "empty": "Nothing was made of the collection yet.",
            "note": "Cells grow in culture only. A loss nobody stated a limit for is shown and judged by nobody."}


def _line(container: Container, done: Transformed | None, descents: Sequence[Descent], counted: Decimal | None,
          limits: Any) -> list[Any]:
    """`counted`: viable cells by the first step that counted it, else as it was made."""
    volume, cells = (_sum([getattr(one, name) for one in descents]) for name in ("taken_ml", "taken_cells"))
    found = _judged(container, done, (volume, container.volume_ml), (cells, counted), limits)
    return [{"text": container.code, "url": f"/containers/{container.code}", "code": True},
            done.name if done else "not recorded", _amount(volume, cells), _amount(container.volume_ml, counted),
            {"verdict": found.verdict.value, "text": found.verdict.value}, found.why]


Pair = tuple[Decimal | None, Decimal | None]


def _judged(container: Container, done: Transformed | None, volumes: Pair, cells: Pair, limits: Any) -> Finding:
    """In mL where no liquid is added, else in viable cells; the parts of one split are no loss of each other."""
    name = done.name if done else "an unknown transformation"
    stated = getattr(limits, name, None)
    most = NOTHING if name in ("split", "fill", "sample") else stated.value if stated else None
    kept = name in TRANSFORMATIONS and TRANSFORMATIONS[name].volume == KEPT
    went_in, came_out = volumes if kept else cells
    return judge(LOSE, Losing(name, went_in, came_out, "mL" if kept else "{cells}", most, container.code))[0]


def _sum(amounts: Sequence[Decimal | None]) -> Decimal | None:
    known = [one for one in amounts if one is not None]
    return sum(known, NOTHING) if len(known) == len(amounts) else None


def _amount(volume: Decimal | None, cells: Decimal | None) -> str:
    told_of = [*([] if volume is None else [f"{plain(volume)} mL"]),
               *([] if cells is None else [f"{significant(cells)} cells"])]
    return ", ".join(told_of) or "not known"


CONTAINER_PAGES: tuple[Page, ...] = (Page("/containers/<container>", show_container),)
