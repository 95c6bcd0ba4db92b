"""Label layouts as controlled documents: drafted as one self-contained text, checked whole, approved, in force.

What a layout means and how it is drawn belongs to `mfg.paper`; how a document lives belongs to `mfg.documents`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg import strict_yaml
from mfg.documents.acts import draft
from mfg.documents.records import Document, document, effective
from mfg.facts import Refused
from mfg.ledger import Who
from mfg.paper import data
from mfg.paper.geometry import geometry_faults
from mfg.paper.layout import Element, Layout, Statement, languages
from mfg.paper.layout_text import read_layout_text

KIND = "label layout"
Change = tuple[str, str, str, str]


def shipped_layout(name: str) -> str:
    """The text of a layout that comes with the product, self-contained, to be drafted as it is or changed first."""
    return data.shipped_layout(name)


def draft_label_layout(session: Session, who: Who, *, text: str = "", file: str | None = None) -> str:
    """Check the layout and hand it in as the next version. Returns the document's code, name/number.

    Everything that is wrong is told at once: the writing with its lines, languages that are missing, and what could
    not be printed or read at 203, 300 or 600 dpi with the layout's own example.
    """
    if bool(text.strip()) == bool(file):
        raise Refused("Paste the text or choose a file: exactly one of the two was expected.", kind="input",
                      fields={"text": ["The text, or a file."]})
    whole = file or text
    layout = checked(whole)
    return draft(session, who, kind=KIND, key=layout.name, title=layout.title or layout.name, text=whole)


def checked(text: str) -> Layout:
    """The layout of a text that could be printed as it is, or Refused with every fault."""
    layout = read_layout_text(text)
    found = geometry_faults(layout)
    if found:
        line = strict_yaml.read(text).line(("elements",))
        sentences = [f"Line {line}: {why}" for why in found]
        raise Refused(f"The {KIND} cannot be used. {' '.join(sentences)}", kind="input", fields={"text": sentences})
    return layout


def in_force(session: Session, name: str) -> tuple[str, Layout]:
    """The document code and the layout that is effective under this name, or a refusal that says what to do."""
    row = effective(session, KIND, name)
    return row.code, read_layout_text(row.text)


def refuse_assumed(layout: Layout, facts: Mapping[str, str]) -> None:
    """A translation nobody qualified has signed for stands on no label of a registered facility.

    Facility numbers A9990 to A9999 are for demonstrations: their labels may be shown in any language.
    """
    if facts.get("din", "").startswith("=A999"):
        return
    spoken = languages(layout, facts)
    used = {name for element in layout.elements for name in element.of}
    found = sorted(name for name in used if set(layout.statements[name].assumed) & set(spoken))
    if found:
        raise Refused(f"Nobody qualified has signed for the text of {', '.join(found)} in {', '.join(spoken)} on label "
                      f"{layout.name}. Have it translated, and approve a version of the layout that no longer says "
                      "“assumed”.", kind="rule")


def layout_in(session: Session, code: str) -> Layout:
    """The layout of this document version."""
    row = document(session, code)
    if row.kind != KIND:
        raise Refused(f"{code} is a {row.kind}, not a {KIND}.", kind="not found")
    return read_layout_text(row.text)


def before(session: Session, row: Document) -> Document | None:
    """The version before this one."""
    return session.scalar(select(Document).where(
        Document.kind == row.kind, Document.key == row.key, Document.number == row.number - 1))


def differences(old: Layout, new: Layout) -> list[Change]:
    """(where, what, before, now) of everything that is different, in words."""
    whole = [("layout", name, getattr(old, name), getattr(new, name)) for name in ("title", "version", "size")]
    return [*((where, what, _shown(one), _shown(other)) for where, what, one, other in whole if one != other),
            *_parts("element", {one.id: one for one in old.elements}, {one.id: one for one in new.elements}),
            *_parts("statement", dict(old.statements), dict(new.statements)),
            *_named("words", dict(old.words), dict(new.words)),
            *_named("country", dict(old.countries), dict(new.countries))]


def _parts(kind: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    """Elements and statements by their ids: gone, added, or changed key by key."""
    yield from ((f"{kind} {id}", "removed", "there", "") for id in old if id not in new)
    yield from ((f"{kind} {id}", "added", "", "there") for id in new if id not in old)
    names = [one.name for one in fields(Element if kind == "element" else Statement)]
    for id in (id for id in new if id in old):
        pairs = ((name, getattr(old[id], name), getattr(new[id], name)) for name in names)
        yield from ((f"{kind} {id}", name, _shown(one), _shown(other)) for name, one, other in pairs if one != other)


def _named(kind: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            yield f"{kind} {name}", "changed", _shown(old.get(name)), _shown(new.get(name))


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name}: {one}" for name, one in value.items())
    if isinstance(value, tuple):
        return ", ".join(_shown(one) for one in value)
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
