"""create_app: the only file that knows all rooms. It wires them; it does nothing else."""

from __future__ import annotations

import secrets
from importlib import import_module
from pathlib import Path
from threading import Event, Thread
from types import ModuleType
from typing import Any

from flask import Flask, jsonify
from flask_wtf.csrf import CSRFProtect
from jinja2 import StrictUndefined
from sqlalchemy.exc import DBAPIError

from mfg import (
    camera_screen,
    custody_screen,
    decision_screen,
    document_file,
    floor,
    guards,
    oos_screen,
    result_screen,
    scan,
    step_screen,
    trend_screen,
    workstation_screen,
)
from mfg.batches.holds import watch
from mfg.checkpoints import Sealer
from mfg.db import open_engine
from mfg.labelling.sending import no_longer_wanted
from mfg.notices.acts import watch as watch_notices
from mfg.places import shipped
from mfg.printing import worker as outbox
from mfg.qc.late_acts import watch as watch_reads
from mfg.settings import Settings, from_environment
from mfg.tables import METADATA
from mfg.web import api, errors, kept, pages, session

ROOMS = ("people", "notices", "quality", "documents", "training", "trial", "donors", "materials", "equipment",
         "printing", "recipes", "labelling", "batches", "custody", "controls", "qc", "review", "release", "trending")


def create_app(settings: Settings | None = None) -> Flask:
    """The application. Refuses to start when a guard of the database is missing."""
    settings = settings or from_environment()
    app = Flask("mfg", template_folder=str(shipped("templates")), static_folder=str(Path(__file__).parent / "static"))
    app.config.update(SECRET_KEY=_secret(settings), MAX_CONTENT_LENGTH=2 * 1024 * 1024,
                      MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024, WTF_CSRF_TIME_LIMIT=None, **_cookie(settings))
    app.jinja_env.undefined = StrictUndefined
    app.extensions |= {"mfg_engine": open_engine(settings.database_url), "mfg_settings": settings,
                       "mfg_sealer": Sealer.at(settings.key_file, settings.checkpoint_folder, seal_name(settings))}
    with app.extensions["mfg_engine"].connect() as connection:
        guards.refuse_without(connection, METADATA)
    _open(app)
    return app


def seal_name(settings: Settings) -> str:
    """The origin of this installation's checkpoints."""
    return f"{settings.facility_fin.lower()}.mfg-ledger"


def _secret(settings: Settings) -> str:
    """Signs the cookie that carries the session token. Kept beside the sealing key when none is given."""
    if settings.secret_key:
        return settings.secret_key
    file = settings.home / "cookie.key"
    if not file.exists():
        settings.home.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(32))
    return file.read_text().strip()


def _cookie(settings: Settings) -> dict[str, Any]:
    return {"SESSION_COOKIE_NAME": "__Host-mfg" if settings.secure_cookie else "mfg",
            "SESSION_COOKIE_SECURE": settings.secure_cookie, "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Strict", "SESSION_COOKIE_PATH": "/"}


def _open(app: Flask) -> None:
    kept.start(app)  # before anything reads the form: it says how large a request may be
    csrf = CSRFProtect(app)
    session.start(app)
    errors.start(app)
    doors = [door for module in rooms("api") for door in getattr(module, "DOORS", ())]
    views = [view for module in rooms("api") for view in getattr(module, "VIEWS", ())]
    for door in doors:
        pages.add_door(app, door)
    for module in rooms("pages"):
        for page in getattr(module, "PAGES", ()):
            pages.add_page(app, page)
        getattr(module, "start", lambda _app: None)(app)
    document_file.start(app)
    floor.start(app)
    scan.start(app)
    step_screen.start(app)
    decision_screen.start(app)
    custody_screen.start(app)
    trend_screen.start(app)
    workstation_screen.start(app)
    camera_screen.start(app)
    oos_screen.start(app)
    result_screen.start(app)
    api.start(app, doors, views)
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/"):
            csrf.exempt(app.view_functions[rule.endpoint])
    app.add_url_rule("/healthz", "health", lambda: jsonify({"ok": True}))
    app.add_url_rule("/readyz", "ready", lambda: _ready(app))


def watched(app: Flask) -> Flask:
    """Start the watches over hold times, the outbox of the printers, notices and sterility reads beside a served
    application; they end with the program. Two do no harm."""
    conf: Settings = app.extensions["mfg_settings"]
    info = {"sealer": app.extensions["mfg_sealer"], "fin": conf.facility_fin}
    printing = {"how": outbox.How(unwanted=no_longer_wanted, info=info)}
    for name, watching, more in (("hold times", watch, info), ("outbox", outbox.watch, printing),
                                 ("notices", watch_notices, info), ("sterility reads", watch_reads, info)):
        Thread(target=watching, args=(app.extensions["mfg_engine"], Event()), kwargs=more, daemon=True,
               name=name).start()
    return app


def rooms(file: str) -> list[ModuleType]:
    """One file of every room that has it, lowest room first."""
    found = []
    for room in ROOMS:
        if (Path(__file__).parent / room / f"{file}.py").exists():
            found.append(import_module(f"mfg.{room}.{file}"))
    return found


def _ready(app: Flask) -> Any:
    """Can acts be done: database there, guards in place."""
    try:
        with app.extensions["mfg_engine"].connect() as connection:
            gone = guards.missing(connection, METADATA)
    except DBAPIError:
        gone = ["the database"]
    return jsonify({"ok": not gone, "missing": gone}), 503 if gone else 200
