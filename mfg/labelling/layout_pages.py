"""Label layouts to look at: the label as its example makes it, beside the version before, and every text on it."""

from __future__ import annotations

import io
from typing import Any

from sqlalchemy.orm import Session

from mfg.documents.records import Document
from mfg.documents.records import document as load
from mfg.doors import Page
from mfg.labelling.layouts import KIND, before, differences, layout_in
from mfg.paper.labels import render_pdf, render_zpl
from mfg.paper.layout import Layout
from mfg.paper.readback import picture

#: fine enough to read on a screen
SCREEN_DPI = 203


def show_layout(session: Session, *, document: str) -> dict[str, Any]:
    """One version of a layout: its picture, what changed, its statements in every language, where it may be used."""
    row, layout = load(session, document), layout_in(session, document)
    earlier = before(session, row)
    drawings = [_drawing(row, layout, f"As {row.code} prints its example")]
    if earlier is not None:
        old = layout_in(session, earlier.code)
        drawings.append(_drawing(earlier, old, f"The version before, {earlier.code}"))
    return {"code": row.code, "title": f"Label layout {layout.title or row.key}", "state": row.state,
            "pairs": [("size", f"{layout.size[0]:g} x {layout.size[1]:g} mm", False),
                      ("proved at", "203, 300 and 600 dpi, before it was drafted", False)],
            "drawings": drawings,
            "sections": [*([_changed(earlier, differences(old, layout))] if earlier is not None else []),
                         _statements(layout), _countries(layout)],
            "strip": [{"k": KIND, "v": row.code, "code": True}],
            "actions": [{"url": f"/documents/{row.code}{page}", "label": label, "danger": False, "main": not page}
                        for page, label in (("", "Back to the document"), ("/layout.pdf", "Open the PDF"),
                                            ("/layout.zpl", "Get the ZPL"))]}


def _drawing(row: Document, layout: Layout, title: str) -> dict[str, Any]:
    return {"title": title, "svg_url": f"/documents/{row.code}/layout.png",
            "alt": f"The label {layout.title or row.key} with the facts of its example",
            "headers": ["fact", "text in the example"], "rows": [list(one) for one in sorted(layout.example.items())]}


def _changed(earlier: Document, found: list[tuple[str, str, str, str]]) -> dict[str, Any]:
    return {"title": f"Changed since {earlier.code}", "headers": ["where", "what", "before", "now"],
            "rows": [list(one) for one in found], "empty": "Nothing but comments or writing changed."}


def _statements(layout: Layout) -> dict[str, Any]:
    rows = [[name, one.version, language + (" (assumed)" if language in one.assumed else ""), text, one.source]
            for name, one in layout.statements.items() for language, text in one.text.items()]
    return {"title": "Statements", "headers": ["statement", "version", "language", "text", "source"], "rows": rows,
            "note": "Assumed: no qualified translator has signed for this text. It must not stand on a label in use.",
            "empty": "This label carries no statement."}


def _countries(layout: Layout) -> dict[str, Any]:
    return {"title": "Languages by country", "headers": ["country", "languages that stand on the label"],
            "rows": [[country, ", ".join(spoken)] for country, spoken in layout.countries.items()]}


def layout_file(session: Session, document: str, form: str) -> bytes:
    """The example of one version as png, pdf or zpl."""
    layout = layout_in(session, document)
    if form == "zpl":
        return render_zpl(layout, layout.example)
    if form == "pdf":
        return render_pdf(layout, layout.example)
    out = io.BytesIO()
    picture(render_pdf(layout, layout.example, SCREEN_DPI), SCREEN_DPI).save(out, "PNG")
    return out.getvalue()


LAYOUT_PAGES: tuple[Page, ...] = (Page("/documents/<document>/layout", show_layout),)
