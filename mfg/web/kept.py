"""Kept files: how large a request may be that brings one, and how one is shown. What is kept, `files.py` decides."""

from __future__ import annotations

from flask import Flask, Response, current_app, make_response, request

from mfg.db import look
from mfg.files import kept_file
from mfg.uploads import LARGEST
from mfg.web.session import engine

#: a file in base64 with what stands around it
LARGEST_REQUEST = LARGEST * 3 // 2


def start(app: Flask) -> None:
    """Every signed-in person may look at a file; a request that brings one may be larger than others."""
    app.before_request(_make_room)
    app.add_url_rule("/files/<code>", "page:file", _show, methods=["GET"])


def _make_room() -> None:
    if request.endpoint in current_app.extensions.get("mfg_takes_file", ()):
        request.max_content_length = LARGEST_REQUEST
        request.max_form_memory_size = LARGEST_REQUEST


def _show(code: str) -> Response:
    """A picture is shown; anything else is handed over to be saved. Neither can run anything here."""
    with look(engine()) as session:
        row = kept_file(session, code)
        answer = make_response(row.content)
        name, kind = row.name, row.media_type
    where = "inline" if kind.startswith("image/") else "attachment"
    answer.headers.set("Content-Disposition", where, filename=name)
    answer.content_type = kind if not kind.startswith("text/") else "text/plain; charset=utf-8"
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
