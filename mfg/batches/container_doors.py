"""The doors of what is done to containers of cells, with what JSON reads of them. `api.py` opens them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from mfg.batches.bodies import MakeContainer, MeasureContent, OnContainer, SplitContainer
from mfg.batches.containers import ancestors, descendants
from mfg.batches.content import Content
from mfg.batches.contents import contents
from mfg.batches.records import Container, Descent, Transformed
from mfg.batches.records import container as load_container
from mfg.batches.transforming import (
    discard_container,
    freeze_container,
    make_container,
    measure_content,
    split_container,
    thaw_container,
)
from mfg.canonical import plain_data
from mfg.doors import Door, Pairs, View
from mfg.facts import plain, significant


def content_of(session: Session, row: Container) -> Content:
    """What is in a container now; nothing is known of one that is in no batch."""
    return contents(session, row.batch, [row.code])[row.code] if row.batch else Content(row.volume_ml, row.cells)


def told(inside: Content) -> str:
    """A content in words."""
    if inside.volume_ml is None:
        return "not known; measure it"
    cells = "" if inside.cells is None else f", {significant(inside.cells)} viable cells"
    return f"{plain(inside.volume_ml)} mL{cells}"


def shows_container(session: Session, *, container: str) -> Pairs:
    """The container, whose it is, and what is in it."""
    row = load_container(session, container)
    return [("Container", row.code), ("Kind", row.kind), ("Batch", row.batch or "none"), ("Recipient", row.recipient),
            ("Donor", row.donor), ("State", row.state), ("In it now", told(content_of(session, row)))]


def container_version(session: Session, *, container: str) -> str:
    """The version a person sees."""
    return str(load_container(session, container).version)


def transformations_of(session: Session, code: str) -> list[Transformed]:
    """Everything that was done to make a container, to it, and with what was in it, oldest first."""
    by = select(Descent.transformation).where(or_(Descent.child == code, Descent.parent == code))
    return list(session.scalars(select(Transformed).where(
        or_(Transformed.container == code, Transformed.code.in_(by))).order_by(Transformed.at, Transformed.code)))


def read_container(session: Session, *, container: str) -> Any:
    """One container, what is in it, what was done to it, what it comes from and what was made of it."""
    row = load_container(session, container)
    return _columns(row) | {
        "content": plain_data(content_of(session, row)),
        "transformations": [_columns(one) for one in transformations_of(session, row.code)],
        "ancestors": ancestors(session, row.code), "descendants": descendants(session, row.code)}


def _columns(row: Any) -> dict[str, Any]:
    return {one.key: plain_data(getattr(row, one.key)) for one in row.__mapper__.column_attrs}


def _page(code: str) -> str:
    return f"/containers/{code}"


CONTAINER_DOORS = (
    Door("make container", "/batches/<batch>", make_container, "Make a container", "Record the container", _page,
         MakeContainer, intro="It takes recipient and donor from the containers it is made from."),
    Door("split container", "/containers/<container>", split_container, "Split into several",
         "Record the new containers", _page, SplitContainer, shows=shows_container,
         intro="Each new container takes recipient, donor and its share of the cells; the rest stays in this one."),
    Door("measure content", "/containers/<container>", measure_content, "Measure what is in it", "Record the content",
         _page, MeasureContent),
    Door("freeze container", "/containers/<container>", freeze_container, "Freeze", "Sign: frozen", _page, OnContainer,
         shows=shows_container, intro="It cannot be opened until it is thawed."),
    Door("thaw container", "/containers/<container>", thaw_container, "Thaw", "Sign: thawed", _page, OnContainer,
         shows=shows_container, intro="The cells have to be counted again: what was counted before counts no more."),
    Door("discard container", "/containers/<container>", discard_container, "Discard", "Sign: discarded", _page,
         OnContainer, shows=shows_container, seen=container_version, danger=True,
         intro="What is left is destroyed. Nothing can be done with this container afterwards."),
)
CONTAINER_VIEWS = (View("/containers/<container>", read_container, "Container"),)
