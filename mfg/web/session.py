"""Who is at the screen: signing in and out, server-side expiry, security headers, the Who of an act.

The cookie holds only a token; the server decides when it ends. A session signs nothing: every signature
types both components again (21 CFR 11.200(a)).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask, Response, current_app, g, redirect, request, session, url_for
from flask_wtf.csrf import generate_csrf
from sqlalchemy import select, update
from sqlalchemy.engine import Engine

from mfg.db import desk, look
from mfg.facts import Refused
from mfg.identity import LoginSession, Person, Signing, roles_of, token_hash
from mfg.ledger import Who, now
from mfg.people.acts import alive, sign_in, sign_out
from mfg.settings import Settings

TOUCH = timedelta(seconds=30)
OPEN_TO_ALL = {"static", "session.login", "session.login_post", "health", "ready", "api.sessions", "api.openapi"}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                               "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}


@dataclass(frozen=True)
class Present:
    """The person signed in at this screen."""

    code: str
    user_id: str
    printed_name: str
    roles: frozenset[str]


def engine() -> Engine:
    """The application's engine."""
    made: Engine = current_app.extensions["mfg_engine"]
    return made


def settings() -> Settings:
    """The installation's settings."""
    held: Settings = current_app.extensions["mfg_settings"]
    return held


def open_desk() -> Any:
    """A session for one act, with the sealer and the facility number it may need."""
    return desk(engine(), sealer=current_app.extensions["mfg_sealer"], fin=settings().facility_fin)


def bearer() -> str | None:
    """The token of a JSON client, from its Authorization header."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" and token else None


def present(token: str | None) -> Present | None:
    """Who holds this token, if the session behind it is alive."""
    if not token or len(token) > 200:
        return None
    hashed, conf = token_hash(token), settings()
    with look(engine()) as reading:
        row = reading.get(LoginSession, hashed)
        if row is None or not alive(row, timedelta(minutes=conf.idle_minutes), timedelta(hours=conf.session_hours)):
            return None
        person = reading.get_one(Person, row.person)
        roles = roles_of(reading, person.code)
    if now() - row.seen_at > TOUCH:
        _touch(hashed)
    return Present(person.code, person.user_id, person.printed_name, roles) if person.active else None


def _touch(hashed: str) -> None:
    """Note that the session was used. It is no record, so it needs no act."""
    with engine().execution_options(mfg_begin="write").begin() as connection:
        connection.execute(update(LoginSession.__table__).where(  # type: ignore[arg-type]
            LoginSession.token_hash == hashed).values(seen_at=now()))


def who_acts(*, signing: Signing | None, reason: str, nonce: str | None, asked: str = "") -> Who:
    """The Who of an act. A signer need not be the one signed in: the verifier signs on the operator's screen."""
    by = g.person.code
    if signing is not None:
        with look(engine()) as reading:
            by = reading.scalar(select(Person.code).where(
                Person.user_id == signing.user_id.strip().lower()[:40])) or by
    return Who(by, reason=reason, signing=signing, nonce=nonce, workstation=workstation(), zone=settings().zone,
               asked=asked)


def workstation() -> str:
    """What the ledger knows this workstation by: the address its requests come from."""
    return (request.remote_addr or "local")[:80]


def start(app: Flask) -> None:
    """Hook the session into the application."""
    app.before_request(_find_person)
    app.after_request(_headers)
    app.add_url_rule("/login", "session.login", login, methods=["GET"])
    app.add_url_rule("/login", "session.login_post", login_post, methods=["POST"])
    app.add_url_rule("/logout", "session.logout", logout, methods=["POST"])


def _find_person() -> Any:
    if not request.full_path.isprintable():
        raise Refused("This address has a character that no code of ours has.", kind="not found")
    is_api = request.path.startswith("/api/")
    g.person = present(bearer() if is_api else session.get("token"))
    if g.person is not None or request.endpoint in OPEN_TO_ALL or request.endpoint is None:
        return None
    if is_api:
        raise Refused("You are not signed in, or your session has ended. Sign in again.", kind="not signed in")
    return redirect(url_for("session.login", next=request.full_path.rstrip("?")), 303)


def _headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def login(problem: str | None = None, user_id: str = "") -> Any:
    """The sign-in page."""
    from mfg.web.pages import draw

    return draw("login.html", {"title": "Sign in", "strip": [], "back": None}, login={
        "action": url_for("session.login_post"), "csrf": generate_csrf(), "next": _safe_next(),
        "user_id": user_id, "error": problem, "place": settings().facility_name})


def login_post() -> Any:
    """Check both components; a new session each time, so no earlier token survives."""
    user_id = request.form.get("user_id", "")[:80]
    try:
        token = enter(Signing(user_id, request.form.get("password", "")[:200]))
    except Refused as refused:
        page = current_app.make_response(login(refused.why, user_id))
        page.status_code = 401
        return page
    session.clear()
    session["token"] = token
    return redirect(_safe_next(), 303)


def enter(signing: Signing) -> str:
    """Sign in and return the token. Who is unknown is recorded as an attempt too."""
    g.person = Present("nobody", "", "nobody", frozenset())
    who = who_acts(signing=signing, reason="", nonce=None)
    with open_desk() as writing:
        return sign_in(writing, who)


def logout() -> Any:
    """End the session on the server, not only in the browser."""
    token = session.pop("token", "")
    with open_desk() as writing:
        sign_out(writing, Who(g.person.code, nonce=secrets.token_hex(8), zone=settings().zone), token=token)
    return redirect(url_for("session.login"), 303)


def _safe_next() -> str:
    """Where to go after signing in."""
    return own_path(request.values.get("next", "/"))


def own_path(wanted: str) -> str:
    """A path of this application, nothing else. Browsers drop tabs and line ends, and read `//` as another place."""
    ours = wanted.isprintable() and "\\" not in wanted and wanted.startswith("/") and not wanted.startswith("//")
    return wanted if ours else "/"
