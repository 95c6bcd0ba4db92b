"""Counts what is asked of the database, where an issue or a promise gives a number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

#: what every session says before it asks anything
BEGINS = ("PRAGMA", "BEGIN", "SET TRANSACTION")


@contextmanager
def asked_of(engine: Engine) -> Iterator[list[str]]:
    """The statements sent while the block runs, in order; those that only begin a session are left out."""
    told: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith(BEGINS):
            told.append(statement)

    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield told
    finally:
        event.remove(engine, "before_cursor_execute", hear)
