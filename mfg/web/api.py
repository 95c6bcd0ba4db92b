"""Doors and views as JSON under /api/v1, and the OpenAPI description made from them.

A client signs in for a bearer token; cookies are not looked at here, so no other site can post. A signed
verb takes user id and password in the body, each time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any

from flask import Flask, Response, current_app, jsonify, request
from sqlalchemy.orm import Session

from mfg import __version__
from mfg.canonical import canonical, plain_data
from mfg.db import look
from mfg.doors import Door, View
from mfg.facts import Refused
from mfg.fields import unprintable
from mfg.identity import Signing
from mfg.web.openapi import describe
from mfg.web.pages import flask_path, run, takes_file
from mfg.web.session import engine, enter

PREFIX = "/api/v1"
OUTER = ("reason", "signature", "seen")


def start(app: Flask, doors: Iterable[Door], views: Iterable[View]) -> None:
    """Open every door and view as JSON."""
    doors, views = tuple(doors), tuple(views)
    app.add_url_rule(f"{PREFIX}/sessions", "api.sessions", _sign_in, methods=["POST"])
    app.add_url_rule(f"{PREFIX}/openapi.json", "api.openapi", _openapi, methods=["GET"])
    by_path = {view.path: view for view in views}
    for door in doors:
        if takes_file(door):
            app.extensions.setdefault("mfg_takes_file", set()).add(f"api:do:{door.path}:{door.slug}")
        app.add_url_rule(flask_path(f"{PREFIX}{door.path}/{door.slug}"), f"api:do:{door.path}:{door.slug}",
                         _do(door, by_path.get(door.path)), methods=["POST"])
    for view in views:
        app.add_url_rule(flask_path(f"{PREFIX}{view.path}"), f"api:see:{view.path}", _see(view), methods=["GET"])
    app.extensions["mfg_openapi"] = describe(doors, views, __version__)


def _openapi() -> Response:
    return jsonify(current_app.extensions["mfg_openapi"])


def read_json() -> dict[str, Any]:
    """The body as an object. Twice the same name, NaN, half characters and anything but an object are refused."""
    try:
        body = json.loads(request.get_data(), object_pairs_hook=_once, parse_constant=_no_constant)
        json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError as broken:
        raise Refused("The body cannot be read: it holds half of a character (a lone surrogate). Send whole "
                      "characters.", kind="input") from broken
    except (ValueError, RecursionError) as broken:
        why = str(broken) if isinstance(broken, _Twice) else "it is not JSON"
        raise Refused(f"The body cannot be read: {why}. Send one JSON object.", kind="input") from broken
    if not isinstance(body, dict):
        raise Refused("The body is not a JSON object with named fields.", kind="input")
    return body


class _Twice(ValueError):
    """A name that stands twice in one object."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Twice("a name stands twice in one object")
    return found


def _no_constant(name: str) -> Any:
    raise _Twice(f"{name} is not a number")


def _sign_in() -> Any:
    body = read_json()
    signing = _signing({"signature": body})
    if signing is None:
        raise Refused("user_id and password are both needed.", kind="input")
    return jsonify({"token": enter(signing)}), 201


def _signing(body: Mapping[str, Any]) -> Signing | None:
    given = body.get("signature")
    if given is None:
        return None
    if not isinstance(given, dict) or set(given) != {"user_id", "password"} or \
            not all(isinstance(part, str) and len(part) <= 200 for part in given.values()):
        raise Refused("“signature” must hold user_id and password as text, and nothing else.", kind="input")
    if any(unprintable(part) for part in given.values()):
        raise Refused("User id or password contains a character that cannot be typed. Send them again.", kind="input")
    return Signing(given["user_id"], given["password"])


def _do(door: Door, view: View | None) -> Callable[..., Any]:
    def do(**codes: str) -> Any:
        body = read_json()
        outer = {name: body.pop(name, None) for name in OUTER}
        if not isinstance(outer["reason"] or "", str):
            raise Refused("“reason” must be text.", kind="input")
        result = run(door, codes, body, signing=_signing(outer), reason=outer["reason"] or "",
                     nonce=request.headers.get("Idempotency-Key"), seen=_seen(outer["seen"]) or _matched(
                         door, view, codes))
        return jsonify({"code": result, "url": door.where(result)})

    return do


def _seen(given: Any) -> str | None:
    if given is not None and not isinstance(given, (str, int)):
        raise Refused("“seen” must be the version or hash that was shown.", kind="input")
    return None if given is None else str(given)


def _matched(door: Door, view: View | None, codes: Mapping[str, str]) -> str | None:
    """If-Match holds the ETag of the record as it was read; what stands there now is then what was seen."""
    wanted = request.headers.get("If-Match")
    if wanted is None or view is None:
        return None
    with look(engine()) as session:
        if etag_of(_read(view, session, codes)) not in wanted:
            raise Refused("The record has changed since you read it. Nothing was saved. Read it again.",
                          kind="precondition")
        return door.seen(session, **codes) if door.seen else None


def etag_of(found: Any) -> str:
    """The fingerprint of what a view answers."""
    return sha256(canonical(found)).hexdigest()[:32]


def _see(view: View) -> Callable[..., Any]:
    def see(**codes: str) -> Any:
        with look(engine()) as session:
            found = _read(view, session, codes)
        answer = jsonify(found)
        answer.set_etag(etag_of(found))
        return answer.make_conditional(request)

    return see


def _read(view: View, session: Session, codes: Mapping[str, str]) -> Any:
    return plain_data(view.read(session, **codes))
