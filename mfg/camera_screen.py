"""A label read with the camera of a phone or tablet: a picture is sent, its codes are read here, and one goes the way a
scan goes, to its place or into the field it is for. The picture is not kept.

It works without script; what was filled in before is kept by the form's draft on this screen.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask, current_app, make_response, redirect, request
from flask_wtf.csrf import generate_csrf
from sqlalchemy.orm import Session

from mfg.codes.pictured import Symbol, together
from mfg.db import look
from mfg.facts import Refused
from mfg.paper.photograph import codes_in
from mfg.scan import keep_attempt, place_of
from mfg.uploads import read_upload
from mfg.web.errors import status_of
from mfg.web.pages import chosen_files, draw
from mfg.web.session import engine, own_path

#: pages of one very thing: a picture that leads to two of them shows two things
THINGS = ("/containers/", "/labels/")


def start(app: Flask) -> None:
    """One page, and what its picture is sent to."""
    app.add_url_rule("/scan/picture", "page:picture", _page, methods=["GET"])
    app.add_url_rule("/scan/picture", "page:picture sent", _sent, methods=["POST"])
    app.extensions.setdefault("mfg_takes_file", set()).add("page:picture sent")


def _page() -> str:
    return _draw((), None)


def _sent() -> Any:
    """The symbols of a picture to choose from; one alone goes on at once."""
    try:
        seen = _seen()
    except Refused as refused:
        return make_response(_draw((), refused), status_of(refused))
    right = [one for one in seen if not one.wrong]
    if len(right) == 1:
        return redirect(_onward(right[0].code), 303)
    return _draw(seen, None)


def _seen() -> tuple[Symbol, ...]:
    """What is in the picture, or a refusal; one that names two things, or nothing of ours, is kept as an attempt."""
    name, content = chosen_files().get("picture", ("", b""))
    picture = read_upload(name, content)
    if not picture.media_type.startswith("image/"):
        raise Refused("That is no picture. Take one with the camera, or choose a PNG or JPEG.", kind="input")
    codes = codes_in(picture.content)
    if not codes:
        raise Refused("No code was found in the picture; nothing was recorded. Hold the camera straight over the "
                      "label, near and in good light, and take it again.", kind="input")
    try:
        seen = together(codes)
        with look(engine()) as session:
            _of_one_thing(session, seen)
        if all(one.wrong for one in seen):
            raise Refused(seen[0].wrong, kind="input")
    except Refused as refused:
        keep_attempt(" ".join(codes), refused)
        raise
    return seen


def _of_one_thing(session: Session, seen: tuple[Symbol, ...]) -> None:
    """Refuse a picture whose symbols lead to two containers or labels."""
    places: dict[str, None] = {}
    for one in seen:
        try:
            place = "" if one.wrong else place_of(session, one.code, typed=False)
        except Refused:
            continue
        if place.startswith(THINGS):
            places[place] = None
    if len(places) > 1:
        told = " and ".join(place.rpartition("/")[2] for place in places)
        raise Refused(f"The picture shows two things: {told}. Take one label at a time into the picture.", kind="input")


def _draw(seen: tuple[Symbol, ...], refused: Refused | None) -> str:
    problem = {"why": refused.why, "expected": None, "got": None, "next": None,
               "recorded": "Nothing was accepted."} if refused else None
    told = {"action": "/scan/picture", "csrf": generate_csrf(), "problem": problem, "field": _field(), "into": _into(),
            "choices": [{"url": _onward(one.code), "told": one.told} for one in seen if not one.wrong],
            "others": [{"told": one.told, "why": one.wrong} for one in seen if one.wrong]}
    return draw("picture.html", {"title": "Read a label with the camera", "strip": [], "back": _into() or "/"},
                camera=told)


def _field() -> str:
    """The field the code is for; blank: it opens its place."""
    return request.values.get("field", "")[:80]


def _into() -> str:
    """The form the code is for: as it was told, or where the person came from. Blank: the code opens its place."""
    came = urlsplit(request.headers.get("Referer", ""))
    before = f"{came.path}?{came.query}" if came.query else came.path
    path, mark, query = own_path(request.values.get("into", "")[:2000] or before).partition("?")
    places = current_app.url_map.bind("")
    while path.strip("/") and not places.test(path, "GET"):  # what a form was sent to is no page; what is above it is
        path, mark, query = path.rpartition("/")[0], "", ""
    return "" if not _field() or not path.strip("/") or path.startswith("/scan") else f"{path}{mark}{query}"


def _onward(code: str) -> str:
    """Where the code goes on: into its field of the form, or to the place it belongs."""
    into = _into()
    if not into:
        return f"/scan?{urlencode({'code': code})}"
    path, _, query = into.partition("?")
    kept = [pair for pair in parse_qsl(query) if pair[0] != _field()]
    return f"{path}?{urlencode([*kept, (_field(), code)])}"
