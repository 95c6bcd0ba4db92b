"""The step on the screen: its page, its values sent together, its two signatures, the growth curve as a picture.

What the page shows is made in `batches/step_page.py`; everything is recorded through the doors of batches.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, Response, make_response, redirect, request
from flask_wtf.csrf import generate_csrf

from mfg.batches.api import DOORS
from mfg.batches.book import Book, open_book
from mfg.batches.entering import job
from mfg.batches.hold_pages import Line, lines, section, tiles
from mfg.batches.hold_rules import told as span_told
from mfg.batches.lineage import batch_drawing, container_drawing
from mfg.batches.records import batch as load_batch
from mfg.batches.records import container as load_container
from mfg.batches.step_page import show_step, strip
from mfg.batches.step_recorded import trail
from mfg.batches.told import growth_of
from mfg.db import look
from mfg.facts import Refused
from mfg.ledger import now
from mfg.paper.drawing import growth_curve, to_svg
from mfg.recipes.master import FieldSpec
from mfg.trail import trail_of
from mfg.web.errors import status_of
from mfg.web.names import printed_names, with_names
from mfg.web.pages import OWN, draw, picture, run, typed_signature
from mfg.web.session import engine

BY_VERB = {door.verb: door for door in DOORS}
#: what the main button of a step does, by the state of the step
SIGNS = {"todo": BY_VERB["perform step"], "performed": BY_VERB["verify step"]}


def start(app: Flask) -> None:
    """The step page, what its form is sent to, and the curve."""
    app.add_url_rule("/steps/<path:step>", "page:step", _step, methods=["GET"])
    app.add_url_rule("/steps/<path:step>/values", "page:step values", _values, methods=["POST"])
    app.add_url_rule("/steps/<path:step>/sign", "page:step sign", _sign, methods=["POST"])
    app.extensions.setdefault("mfg_takes_file", set()).add("page:step values")
    app.add_url_rule("/containers/<container>/lineage.svg", "page:container_family", _container_family,
                     methods=["GET"])
    app.add_url_rule("/batches/<batch>/lineage.svg", "page:batch_family", _batch_family, methods=["GET"])
    app.add_url_rule("/batches/<batch>/growth.svg", "page:growth", _growth, methods=["GET"])


def _container_family(container: str) -> Response:
    with look(engine()) as session:
        return picture(to_svg(container_drawing(session, load_container(session, container).code)))


def _batch_family(batch: str) -> Response:
    with look(engine()) as session:
        return picture(to_svg(batch_drawing(session, load_batch(session, batch).code)))


def _growth(batch: str) -> Response:
    with look(engine()) as session:
        load_batch(session, batch)
        return picture(to_svg(growth_curve(growth_of(session, batch).days)))


def _step(step: str) -> Any:
    return _draw_step(step, request.args.to_dict(), {}, None)  # a code read with the camera comes this way


def _draw_step(step: str, given: dict[str, str], errors: dict[str, str], refused: Refused | None, *,
               keep: Collection[str] = ()) -> str:
    with look(engine()) as session:
        book = open_book(session, step)
        page = show_step(session, book, now=now(), given=given, errors=errors, keep=keep)
        clocks = lines(book.record, book.holds, now())
        page["holds"] = section(clocks) if clocks else None
        heading = {"title": page["title"], "strip": _timed(book, clocks, now()),
                   "back": f"/batches/{book.work.batch.code}"}
        page |= {"csrf": generate_csrf(), "nonce": secrets.token_urlsafe(18)} | trail(book, trail_of(session, step))
        named = ("entries", "note", "redlines", "attached")
        page |= with_names({name: page[name] for name in named}, printed_names(session))
    if refused is not None:
        page |= {"findings": [one.as_dict() for one in refused.findings], "problem": {
            "why": refused.why, "expected": None, "got": None, "next": None,
            "recorded": "What was recorded before is listed below; this was not."}}
        if page["sign"] and refused.kind == "not signed":
            page["sign"] |= {"error": refused.why, "user_id": request.form.get("sign_user_id", "")[:80]}
    return draw("batches/show_step.html", heading, step=page)


def _timed(book: Book, clocks: list[Line], at: datetime) -> list[dict[str, Any]]:
    """The strip of a step, with every clock of its batch that runs, and every breach that waits for a decision."""
    parts = [*strip(book), *(tiles(clocks) if clocks else _contact(book, at))]
    return [{"k": "", "v": "", "code": False, "grow": False, "timer_until": None} | one for one in parts]


def _contact(book: Book, at: datetime) -> list[dict[str, Any]]:
    """The clock of a contact that runs, where the master record has a longest contact and no hold times."""
    told = {one.role: one.entry.moment for one in book.told if one.step.stage in (0, book.work.row.stage)}
    most = book.record.loading.contact_minutes_high.value if book.record.loading else None
    started = told.get("loading.started")
    if started is None or told.get("loading.stopped") or most is None:
        return []
    ends = started + timedelta(minutes=int(most))
    over = ends < at
    left = f"OVER by {span_told(ends - at)}" if over else f"{span_told(ends - at)} left"
    return [{"k": "Contact time", "v": left, "timer_until": ends.isoformat(), "state": "over" if over else "ok"}]


#: refusals that are about the person or the whole step: what else was typed would be refused the same way
_OF_ALL = ("stop", "not allowed", "not signed in", "not found")


def _values(step: str) -> Any:
    """Each value is an act of its own: what is good is recorded, and everything that is refused is told at once."""
    with look(engine()) as session:
        fields = [one for one in job(session, step).shape.fields if one.kind != "calculated"]
    given = {one.id: request.form.get(one.id, "").strip() for one in fields}
    wrong: dict[str, Refused] = {}
    for spec in fields:
        try:
            _value(step, spec, given[spec.id])
        except Refused as refused:
            wrong[spec.id] = refused
            if refused.kind in _OF_ALL or any(one.rule.startswith("STEP-") for one in refused.findings):
                break
    if not wrong:
        return redirect(f"/steps/{step}", 303)
    first = next(iter(wrong.values()))
    told = Refused(" ".join(dict.fromkeys(one.why for one in wrong.values())), kind=first.kind,
                   findings=[finding for one in wrong.values() for finding in one.findings])
    page = _draw_step(step, given, {id: _of_field(one, fields, id) for id, one in wrong.items()}, told,
                      keep={id for id, one in wrong.items() if "accept_breach" in one.fields})
    return make_response(page, status_of(first))


def _value(step: str, spec: FieldSpec, typed: str) -> None:
    """One value through its door, if there is one; the same form sent twice enters it once."""
    nonce = request.form.get("nonce", "")[:40]
    chosen = request.files.get(spec.id) if spec.kind == "file" else None
    if chosen is not None and chosen.filename:
        body: dict[str, Any] = {"file": (chosen.filename, chosen.read()), "caption": spec.label, "field": spec.id}
        verb = "attach file"
    elif typed and spec.kind != "file":
        body, verb = {"field": spec.id, "value": typed, "unit": spec.unit}, "enter value"
    else:
        return
    run(BY_VERB[verb], {"step": step}, body, signing=None, reason="", seen=None,
        nonce=f"{nonce}:{spec.id}" if nonce else None)


def _of_field(refused: Refused, fields: list[FieldSpec], id: str) -> str:
    """What is said beside a field: its own sentence, without its name in front."""
    label = next(one.label for one in fields if one.id == id)
    said = " ".join([*refused.fields.get("value", []), *refused.fields.get("file", [])])
    return (said or refused.why).removeprefix(f"{label}: ")


def _sign(step: str) -> Any:
    """Performed or verified, as the state of the step has it; a refusal keeps what was typed, but no password."""
    with look(engine()) as session:
        row = job(session, step).row
    door = SIGNS.get(row.state)
    if door is None:
        raise Refused(f"{step} is {row.state}; there is nothing to sign.", kind="stale")
    given = {name: value for name, value in request.form.items() if name not in OWN}
    try:
        run(door, {"step": step}, given, signing=typed_signature(), reason="", nonce=request.form.get("nonce") or None,
            seen=request.form.get("seen") or None)
    except Refused as refused:
        errors = {name: " ".join(said) for name, said in refused.fields.items()}
        return make_response(_draw_step(step, given, errors, refused), status_of(refused))
    return redirect(f"/steps/{step}", 303)
