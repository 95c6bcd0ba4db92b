"""The test databases themselves: a copy is whole, and no test sees another's rows."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

runs: list[str] = []


def fill(url: str) -> None:
    runs.append(url)
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE bag (code TEXT)"))
        connection.execute(text("INSERT INTO bag VALUES ('B-1')"))


def bags(url: str, *, add: str = "") -> list[str]:
    with create_engine(url, poolclass=NullPool).begin() as connection:
        if add:
            connection.execute(text("INSERT INTO bag VALUES (:code)"), {"code": add})
        return list(connection.scalars(text("SELECT code FROM bag ORDER BY code")))


def test_a_prepared_database_is_filled_once_and_copied_whole(kind: str, fresh_database: Callable[..., str]) -> None:
    before = len(runs)
    first, second = fresh_database(kind, fill), fresh_database(kind, fill)
    assert bags(first, add="B-2") == ["B-1", "B-2"]
    assert bags(second) == ["B-1"]
    assert len(runs) - before <= 1


def test_two_empty_databases_are_two(kind: str, fresh_database: Callable[..., str]) -> None:
    first, second = fresh_database(kind), fresh_database(kind)
    fill(first)
    fill(second)
    assert bags(first, add="B-3") == ["B-1", "B-3"]
    assert bags(second) == ["B-1"]
