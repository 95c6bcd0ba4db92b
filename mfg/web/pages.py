"""Doors as forms and records as pages. It decides nothing: acts and rules do.

A page is drawn from plain data; a template never sees a row of the database.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import sha256
from typing import Any

from flask import Flask, Response, current_app, g, make_response, redirect, render_template, request
from flask_wtf.csrf import generate_csrf
from marshmallow import ValidationError
from marshmallow import fields as shapes
from sqlalchemy.orm import Session

from mfg.canonical import canonical
from mfg.codes.part import quoted
from mfg.db import look
from mfg.doors import Door, Page
from mfg.facts import Refused
from mfg.fields import Attached, Secret, unprintable
from mfg.identity import Signing
from mfg.ledger import Repeated, act, now
from mfg.trail import history_of, signatures_of
from mfg.units import in_words
from mfg.web.errors import status_of
from mfg.web.names import printed_names, with_names
from mfg.web.session import engine, open_desk, own_path, settings, who_acts

OWN = ("csrf_token", "nonce", "seen", "reason", "sign_user_id", "sign_password")
#: the menu: what belongs together under one heading
PLACES: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("Work", (("/", "Floor"), ("/notices", "Notices"), ("/calls", "Log of calls"), ("/batches", "Batches"),
              ("/recipients", "Recipients"), ("/donors", "Donors"), ("/collections", "Collections"),
              ("/handovers", "Custody"))),
    ("Laboratory", (("/samples", "Samples"), ("/samples/expected", "Samples to receive"),
                    ("/results", "Results to review"), ("/oos", "Out of specification"),
                    ("/sterility", "Sterility tests"), ("/instrument-files", "Files of instruments"),
                    ("/controls", "Controls of tests"), ("/retains", "Retained samples"))),
    ("Release", (("/decisions", "Decisions"), ("/conditional-releases", "Conditional releases"),
                 ("/exceptional", "Exceptional releases"), ("/stops", "Stops"), ("/recalls", "Recalls"))),
    ("Quality", (("/deviations", "Deviations"), ("/capa", "CAPA"), ("/changes", "Changes"), ("/trends", "Trends"),
                 ("/product-quality-review", "Product quality review"), ("/documents", "Documents"))),
    ("House", (("/lots", "Materials"), ("/equipment", "Equipment"), ("/areas", "Rooms"), ("/printers", "Printers"),
               ("/training", "Training"), ("/people", "People"))))
NAV = [{"url": url, "label": label, "group": group} for group, places in PLACES for url, label in places]
PATH_CODES = ("step", "document", "entry", "hold")


def flask_path(path: str) -> str:
    """Codes of steps and documents have a slash in them."""
    for name in PATH_CODES:
        path = path.replace(f"<{name}>", f"<path:{name}>")
    return path


def draw(template: str, page: Mapping[str, Any], **context: Any) -> str:
    """A page with what every page needs."""
    person = g.get("person")
    who = {"printed_name": person.printed_name, "roles": sorted(person.roles)} if person else None
    conf = settings()
    base = {"title": "", "strip": [], "back": None, "who": who, "nav": _menu() if person else [],
            "sign_out": {"url": "/logout", "csrf": generate_csrf()} if person else None,
            "now_text": f"{now():%H:%M} UTC", "now": now().isoformat(timespec="seconds"), "csrf": generate_csrf(),
            "demonstration": conf.demonstration, "facility": conf.facility_name}
    return render_template(template, page=base | dict(page), **context)


def _menu() -> list[dict[str, Any]]:
    """The menu; the place that is open is marked."""
    return [one | {"here": one["url"] == request.path} for one in NAV]


def add_door(app: Flask, door: Door) -> None:
    """GET shows the form, POST does it."""
    rule = flask_path(f"{door.path}/{door.slug}")
    if takes_file(door):
        app.extensions.setdefault("mfg_takes_file", set()).add(f"do:{door.path}:{door.slug}")
    app.add_url_rule(rule, f"form:{door.path}:{door.slug}", _form(door), methods=["GET"])
    app.add_url_rule(rule, f"do:{door.path}:{door.slug}", _do(door), methods=["POST"])


def takes_file(door: Door) -> bool:
    """Does its body have a file in it? Then more bytes may arrive than elsewhere."""
    return any(isinstance(field, Attached) for field in door.body().fields.values())


def _form(door: Door) -> Callable[..., Any]:
    def form(**codes: str) -> Any:
        return _draw_form(door, codes, values=request.args.to_dict())

    return form


def _do(door: Door) -> Callable[..., Any]:
    def do(**codes: str) -> Any:
        given = typed() | chosen_files()
        try:
            _once_each()
            result = run(door, codes, given, signing=typed_signature(), reason=request.form.get("reason", ""),
                         nonce=request.form.get("nonce") or None, seen=request.form.get("seen") or None)
        except Refused as refused:
            return make_response(_draw_form(door, codes, values=typed(), refused=refused), status_of(refused))
        return redirect(door.where(result), 303)

    return do


def typed() -> dict[str, Any]:
    """What the person filled in, without what the form carries for itself."""
    return {name: value for name, value in request.form.items() if name not in OWN}


def chosen_files() -> dict[str, Any]:
    """Name and bytes of every file that was chosen; a field left empty is left out."""
    return {name: (file.filename or "", file.read()) for name, file in request.files.items() if file.filename}


def _once_each() -> None:
    """A field sent twice would be read as its first value: refused instead."""
    twice = [name for name in request.form if len(request.form.getlist(name)) > 1]
    if twice:
        raise Refused(f"The field “{twice[0][:40]}” was sent twice. Open the form again.", kind="input")


def typed_signature() -> Signing | None:
    """The signature as typed into the form; None when neither part was typed."""
    user_id = request.form.get("sign_user_id", "").strip()[:80]
    password = request.form.get("sign_password", "")[:200]
    return Signing(user_id, password) if user_id or password else None


def run(door: Door, codes: Mapping[str, str], given: Mapping[str, Any], *, signing: Signing | None, reason: str,
        nonce: str | None, seen: str | None) -> str:
    """Check the body's shape, then do the act once. Page and JSON both come through here."""
    try:
        body = door.body().load(given)
    except ValidationError as wrong:
        refused = Refused("Some fields cannot be used as they are; nothing was saved. Correct them and send again.",
                          kind="input", fields=_sentences(wrong))
        _keep_bad_scans(door, given, refused)
        raise refused from wrong
    extra = {"seen": seen} if door.seen else {}
    _keepable(reason, nonce)
    who = who_acts(signing=signing, reason=reason, nonce=nonce, asked=_asked(door, codes, body, reason))
    with open_desk() as session:
        try:
            return door.call(session, who, **codes, **body, **extra)
        except Repeated as again:
            return again.result


def _keep_bad_scans(door: Door, given: Mapping[str, Any], refused: Refused) -> None:
    """A scan that no bar code can have sent is kept as an attempt too; another field that is wrong is only told."""
    for name, field in door.body().fields.items():
        text = given.get(name)
        if name in refused.fields and field.metadata.get("kind") == "scan" and isinstance(text, str) and text.strip():
            who = who_acts(signing=None, reason="", nonce=None)
            with suppress(Refused), open_desk() as session, act(session, "look up code", on=quoted(text), **who.how):
                raise Refused(f"{field.metadata['label']}: {' '.join(refused.fields[name])}", kind="input")


def _keepable(reason: str, nonce: str | None) -> None:
    """What comes beside the body is held to the same shape as what is in it."""
    if len(reason) > 2000:
        raise Refused("The reason has more than 2000 characters. Shorten it.", kind="input")
    if bad := unprintable(reason):
        raise Refused(f"The reason contains a character that cannot be kept ({bad}). Type it again.", kind="input",
                      fields={"reason": ["Type it again."]})
    if nonce and len(nonce) > 80:
        raise Refused("The key of this form has more than 80 characters. Send a shorter one.", kind="input")


def _asked(door: Door, codes: Mapping[str, str], body: Mapping[str, Any], reason: str) -> str:
    """Digest of what is asked for, without passwords: a double tap asks for the same, another use does not."""
    open_ = {name: value for name, value in body.items() if not isinstance(door.body().fields.get(name), Secret)}
    whole = {"verb": door.verb, "codes": dict(codes), "body": open_, "reason": reason}
    return sha256(canonical(whole)).hexdigest()[:32]


def _sentences(wrong: ValidationError) -> dict[str, list[str]]:
    messages = wrong.normalized_messages()  # type: ignore[no-untyped-call]
    return {str(name): [str(one) for one in (told if isinstance(told, list) else [told])]
            for name, told in messages.items()}


def _draw_form(door: Door, codes: Mapping[str, str], *, values: Mapping[str, Any],
               refused: Refused | None = None) -> str:
    with look(engine()) as session:
        prepared = door.prepares(session, **codes)
        shows = with_names(door.shows(session, **codes), printed_names(session))
        seen = door.seen(session, **codes) if door.seen else None
    errors = refused.fields if refused else {}
    act = {
        "title": door.title, "intro": door.intro, "main": door.main, "danger": door.danger,
        "action": request.path, "csrf": generate_csrf(), "nonce": secrets.token_urlsafe(18),
        "seen": request.form.get("seen") or seen if refused and refused.kind != "stale" else seen,
        "fields": [field_of(name, field, prepared.get(name, {}), values.get(name), errors.get(name))
                   for name, field in door.body().fields.items()] + _reason_field(door, errors),
        "sign": _signature_block(door, shows, refused),
        "problem": _problem(refused), "findings": [f.as_dict() for f in refused.findings] if refused else [],
    }
    page = {"title": door.title, "strip": _strip(codes), "back": own_path(request.args.get("back") or _above())}
    return draw("act.html", page, act=act)


def _above() -> str:
    """The page of the record, or the list, that a form stands under; the floor where there is none."""
    above = request.path.rpartition("/")[0]
    return above if current_app.url_map.bind("").test(above, "GET") else "/"


def _strip(codes: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"k": name.replace("_", "-").capitalize(), "v": code, "code": True, "grow": False, "timer_until": None}
            for name, code in codes.items()]


def _signature_block(door: Door, shows: list[tuple[str, str]], refused: Refused | None) -> dict[str, Any] | None:
    row = door.row
    if not (row.meaning or row.proof):
        return None
    wrong = refused.why if refused and refused.kind == "not signed" else None
    return {"meaning": row.meaning or "It is you who does this", "verb": door.verb,
            "user_id": request.form.get("sign_user_id", "")[:80], "shows": shows, "hash": None,
            "reason_needed": row.reason, "error": wrong, "reason": request.form.get("reason", "")[:2000]}


def _reason_field(door: Door, errors: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    """A reason without a signature is a field of the form like any other."""
    if not door.row.reason or door.row.meaning:
        return []
    return [{"name": "reason", "label": "Reason", "kind": "textarea", "unit": "", "choices": [], "required": True,
             "hint": "Why, in your own words. It stays in the record.", "readonly": False, "typed": False,
             "value": request.form.get("reason", "")[:2000], "error": " ".join(errors.get("reason", [])) or None}]


def _problem(refused: Refused | None) -> dict[str, Any] | None:
    """A failed signature is told in the signature box, where the person has to type again."""
    if refused is None or refused.kind == "not signed":
        return None
    return {"why": refused.why, "expected": None, "got": None, "recorded": "Nothing of this form was saved.",
            "next": None}


def field_of(name: str, field: shapes.Field[Any], override: Mapping[str, Any], value: Any,
             errors: list[str] | None) -> dict[str, Any]:
    """One field as the template shows it. A password is never shown again."""
    meta = field.metadata
    shown = {"name": name, "label": meta.get("label", name), "kind": meta.get("kind", "text"),
             "unit": in_words(meta.get("unit")), "hint": meta.get("hint", ""), "choices": meta.get("choices", []),
             "required": field.required, "readonly": False, "typed": False, "value": "",
             "scans": meta.get("scans", False), "error": " ".join(errors) if errors else None}
    shown |= dict(override)
    if value is not None and shown["kind"] != "password":
        shown["value"] = str(value)
    return shown


def add_page(app: Flask, page: Page) -> None:
    """GET shows one record or list."""

    def show(**codes: str) -> Any:
        asked = {name: request.args.get(name, "") for name in page.asks}
        with look(engine()) as session:
            found = with_names(page.show(session, **codes, **asked), printed_names(session))
            if page.template == "record.html":
                found = _with_trail(session, found)
        strip = [{"k": "", "v": "", "code": False, "grow": False, "timer_until": None} | dict(one)
                 for one in found.get("strip", [])]
        heading = {"title": found.get("title", ""), "strip": strip, "back": found.get("back", "/")}
        return draw(page.template, heading, record=found)

    app.add_url_rule(flask_path(page.path), f"page:{page.path}", show, methods=["GET"])


def _with_trail(session: Session, found: dict[str, Any]) -> dict[str, Any]:
    """Signatures and history stand on every record, on screen as on paper (21 CFR 11.50(b))."""
    base: dict[str, Any] = {"state": "", "pairs": [], "sections": [], "drawings": [], "actions": []}
    code = found["code"]
    return base | found | {"signatures": signatures_of(session, code), "history": history_of(session, code)}


def picture(svg: str) -> Response:
    """A drawing as the browser's <img> wants it."""
    answer = make_response(svg)
    answer.content_type = "image/svg+xml; charset=utf-8"
    return answer
