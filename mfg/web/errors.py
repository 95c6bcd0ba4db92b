"""Refusals and faults as answers: one page for people, problem+json (RFC 9457) for programs, never a traceback."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, Response, current_app, jsonify, make_response, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from mfg.facts import Refused

STATUS = {"rule": 409, "stale": 409, "not allowed": 403, "not signed": 401, "not signed in": 401,
          "not found": 404, "input": 422, "precondition": 412}
TITLES = {400: "The request cannot be read", 401: "Not signed", 403: "Not allowed", 404: "Not found",
          405: "Not possible here", 409: "Refused", 412: "Changed meanwhile", 413: "Too large",
          415: "Wrong kind of content", 422: "The entry cannot be used", 503: "The database cannot be reached",
          500: "The system failed"}
log = logging.getLogger("mfg")


def status_of(refused: Refused) -> int:
    """HTTP status of a refusal."""
    return STATUS.get(refused.kind, 409)


def problem(status: int, why: str, **more: Any) -> Response:
    """A problem+json answer."""
    body = {"type": "about:blank", "title": TITLES.get(status, "Refused"), "status": status, "detail": why, **more}
    answer = jsonify(body)
    answer.status_code = status
    answer.content_type = "application/problem+json"
    return answer


def refusal_json(refused: Refused) -> Response:
    """Every finding, and every field with its sentence."""
    return problem(status_of(refused), refused.why, fields=refused.fields,
                   findings=[finding.as_dict() for finding in refused.findings])


def start(app: Flask) -> None:
    """Hook the handlers into the application."""
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(Exception, _fault)


def _answer(status: int, why: str, refused: Refused | None = None) -> Response:
    if request.path.startswith("/api/"):
        return refusal_json(refused) if refused else problem(status, why)
    from mfg.web.pages import draw

    title = TITLES.get(status, "Refused")
    page = draw("problem.html", {"title": title, "strip": [], "back": "/"}, problem={
        "word": title, "why": why, "status": status, "recorded": "Nothing was saved.",
        "findings": [finding.as_dict() for finding in refused.findings] if refused else []})
    return make_response(page, status)


def _refused(refused: Refused) -> Response:
    return _answer(status_of(refused), refused.why, refused)


def _csrf(_error: CSRFError) -> Response:
    return _answer(400, "This form is no longer valid, or did not come from this system. Open it again; "
                        "nothing was saved.")


def _http(error: HTTPException) -> Response:
    """Keep what werkzeug says of the method (Allow) and the challenge."""
    status = error.code or 500
    words = {404: f"There is nothing at {request.path[:120]}.",
             405: f"{request.method} is not possible at {request.path[:120]}.",
             413: "What was sent is too large; at most 2 MB can be taken."}
    answer = _answer(status, words.get(status, str(error.description or "The request cannot be answered.")))
    for name, value in error.get_headers(request.environ):
        if name in ("Allow", "WWW-Authenticate"):
            answer.headers[name] = value
    return answer


def _database(error: DBAPIError) -> Response:
    """Disk full, server gone, file locked: nothing was saved, and the person is told so."""
    log.exception("database")
    current_app.logger.debug("%s", type(error.orig).__name__)
    return _answer(503, "The database did not take this; nothing was saved. Try again, and call support if it "
                        "happens twice.")


def _fault(_error: Exception) -> Response:
    log.exception("fault")
    return _answer(500, "The system failed while doing this; nothing was saved. Report the time to support.")
