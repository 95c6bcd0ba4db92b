"""A document as a file: GET hands out its text exactly as it was drafted, comments, layout and all. A label layout also
as its example looks on a label.

What is handed out has the hash that was signed, so whoever gets the file can check it; handed in again it is the
same text.
"""

from __future__ import annotations

from flask import Flask, Response, make_response, request

from mfg.db import look
from mfg.documents.records import document as load
from mfg.labelling.layout_pages import layout_file
from mfg.web.session import engine

LABEL_FORMS = {"png": "image/png", "pdf": "application/pdf", "zpl": "text/plain; charset=utf-8"}


def start(app: Flask) -> None:
    """Every signed-in person may read a document."""
    app.add_url_rule("/documents/<path:document>/text.yaml", "page:document text", _text, methods=["GET"])
    for form in LABEL_FORMS:
        app.add_url_rule(f"/documents/<path:document>/layout.{form}", f"page:label layout {form}", _label,
                         methods=["GET"])


def _text(document: str) -> Response:
    with look(engine()) as session:
        row = load(session, document)
        answer = make_response(row.text.encode())
        ending = "md" if row.kind == "procedure" else "yaml"
        answer.headers.set("Content-Disposition", "attachment", filename=f"{row.key}-{row.number}.{ending}")
        answer.set_etag(row.text_hash)
    answer.content_type = "application/yaml; charset=utf-8" if ending == "yaml" else "text/plain; charset=utf-8"
    return answer


def _label(document: str) -> Response:
    form = request.path.rpartition(".")[2]
    with look(engine()) as session:
        answer = make_response(layout_file(session, document, form))
    answer.content_type = LABEL_FORMS[form]
    return answer
