"""What the database itself forbids: triggers and rights, installed after every migration and checked at start.

SQLite: triggers. PostgreSQL: triggers that fire ALWAYS, a role that owns nothing, and a deferred check
that a ledger entry exists for the transaction that changed a record. It is not the trail (ledger.py).
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import MetaData, Table, text
from sqlalchemy.engine import Connection

from mfg.facts import Refused

APP_ROLE = "mfg_app"
APPEND_ONLY = {"entry": "seq", "signature": "seq", "checkpoint": "size"}


def recorded_tables(metadata: MetaData) -> list[Table]:
    """GxP tables: written by acts only, and never deleted from."""
    return [t for t in metadata.sorted_tables if t.name not in APPEND_ONLY and not t.info.get("unrecorded")]


def unrecorded_tables(metadata: MetaData) -> list[Table]:
    """Tables that carry no GxP content."""
    return [t for t in metadata.sorted_tables if t.info.get("unrecorded")]


def install(connection: Connection, metadata: MetaData) -> None:
    """Put every guard in place; running it again changes nothing."""
    statements = _sqlite(metadata) if connection.dialect.name == "sqlite" else _postgres(metadata)
    for _name, statement in statements:
        connection.execute(text(statement))


def missing(connection: Connection, metadata: MetaData) -> list[str]:
    """The guards that should be there and are not, by name."""
    if connection.dialect.name == "sqlite":
        found = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type='trigger'"))
        there = {name: _bare(sql) for name, sql in found}
        return [name for name, sql in _sqlite(metadata) if there.get(name) != _bare(sql)]
    return _postgres_missing(connection, metadata)


def _bare(statement: str) -> str:
    """A trigger's text as SQLite keeps it: one that only bears the name of a guard guards nothing."""
    return " ".join(statement.replace(" IF NOT EXISTS", "").split())


def refuse_without(connection: Connection, metadata: MetaData) -> None:
    """The application does not start when a guard is missing, or when it is connected as an owner."""
    gone = missing(connection, metadata)
    if gone:
        raise Refused(f"The database lacks {len(gone)} of its guards ({', '.join(gone[:4])}). "
                      "Run `mfg migrate`, then start again.", kind="not allowed")


def _sqlite(metadata: MetaData) -> Iterator[tuple[str, str]]:
    for table, key in APPEND_ONLY.items():
        for verb in ("UPDATE", "DELETE"):
            name = f"guard_{table}_{verb.lower()}"
            yield name, _sqlite_trigger(name, verb, table, "", f"{table} is append-only")
        name = f"guard_{table}_order"
        condition = (f"WHEN NEW.{key} <= (SELECT coalesce(max({key}), -1) FROM {table})" if table == "checkpoint"
                     or table == "signature" else
                     f"WHEN NEW.{key} <> (SELECT coalesce(max({key}) + 1, 0) FROM {table})")
        yield name, _sqlite_trigger(name, "INSERT", table, condition, f"{table} grows only at its end")
    for live in recorded_tables(metadata):
        name = f"guard_{live.name}_delete"
        yield name, _sqlite_trigger(name, "DELETE", live.name, "", f"{live.name} is never deleted from")


def _sqlite_trigger(name: str, verb: str, table: str, condition: str, why: str) -> str:
    return (f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {verb} ON {table} FOR EACH ROW {condition} "
            f"BEGIN SELECT RAISE(ABORT, '{why}'); END")


def _postgres(metadata: MetaData) -> Iterator[tuple[str, str]]:
    yield "", (f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}') THEN "
               f"CREATE ROLE {APP_ROLE} LOGIN; END IF; EXCEPTION WHEN duplicate_object OR unique_violation "
               "THEN NULL; END $$")
    yield "", ("CREATE OR REPLACE FUNCTION guard_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
               "RAISE EXCEPTION '% is never changed this way (%)', TG_TABLE_NAME, TG_OP; END $$")
    yield "", ("CREATE OR REPLACE FUNCTION guard_entry() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
               "IF NOT EXISTS (SELECT FROM entry WHERE txid = txid_current()) THEN "
               "RAISE EXCEPTION 'a change of % without a ledger entry', TG_TABLE_NAME; END IF; "
               "RETURN NULL; END $$")
    yield "", "ALTER TABLE entry ALTER COLUMN txid SET DEFAULT txid_current()"
    yield "", f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}"
    for table in APPEND_ONLY:
        yield from _pg_refuse(table, "UPDATE OR DELETE", "row")
        yield from _pg_refuse(table, "TRUNCATE", "truncate")
        yield "", f"REVOKE ALL ON {table} FROM {APP_ROLE}"
        yield "", f"GRANT SELECT, INSERT ON {table} TO {APP_ROLE}"
    for live in recorded_tables(metadata):
        yield from _pg_refuse(live.name, "DELETE", "row")
        yield from _pg_refuse(live.name, "TRUNCATE", "truncate")
        yield from _pg_entry(live.name)
        yield "", f"GRANT SELECT, INSERT, UPDATE ON {live.name} TO {APP_ROLE}"
    for free in unrecorded_tables(metadata):
        yield "", f"GRANT SELECT, INSERT, UPDATE, DELETE ON {free.name} TO {APP_ROLE}"
    yield "", (f"DO $$ BEGIN IF to_regclass('alembic_version') IS NOT NULL THEN "
               f"GRANT SELECT ON alembic_version TO {APP_ROLE}; END IF; END $$")


def _pg_refuse(table: str, verbs: str, kind: str) -> Iterator[tuple[str, str]]:
    name = f"guard_{table}_{kind}"
    each = "STATEMENT" if kind == "truncate" else "ROW"
    yield name, (f"CREATE OR REPLACE TRIGGER {name} BEFORE {verbs} ON {table} FOR EACH {each} "
                 "EXECUTE FUNCTION guard_refuse()")
    yield "", f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"


def _pg_entry(table: str) -> Iterator[tuple[str, str]]:
    """A constraint trigger cannot be replaced, so it is dropped and made anew."""
    name = f"guard_{table}_entry"
    yield "", f"DROP TRIGGER IF EXISTS {name} ON {table}"
    yield name, (f"CREATE CONSTRAINT TRIGGER {name} AFTER INSERT OR UPDATE ON {table} "
                 "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION guard_entry()")
    yield "", f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"


def _postgres_missing(connection: Connection, metadata: MetaData) -> list[str]:
    rows = connection.execute(text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A'"))
    there = set(rows.scalars())
    gone = [name for name, _ in _postgres(metadata) if name and name not in there]
    owns = connection.execute(text(
        "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner "
        "WHERE c.relname = 'entry' AND (r.rolname = current_user OR "
        "(SELECT rolsuper FROM pg_roles WHERE rolname = current_user))")).scalar()
    return [*gone, f"an application role that owns nothing (connected as the owner; use {APP_ROLE})"] if owns else gone
