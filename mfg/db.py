"""Base class, exact column types, engines, and look(): the read-only door to the database.

It is not the way to write: that is `ledger.act()`. Nothing here knows a verb or a person.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    MetaData,
    Numeric,
    String,
    create_engine,
    event,
    func,
    select,
)
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

from mfg.facts import EXACT, Refused, plain

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every kept record. Tables marked UNRECORDED hold no GxP content (login sessions)."""

    metadata = MetaData(naming_convention=NAMES)


UNRECORDED = {"unrecorded": True}


class Exact(TypeDecorator[Decimal]):
    """A decimal that comes back as it went in: NUMERIC on PostgreSQL, a scaled integer on SQLite.

    SQLite's NUMERIC is a float. A scaled integer keeps value and order. A number with more decimals
    than `scale`, or too large, is refused: it is never rounded silently.
    """

    impl = Numeric
    cache_ok = True

    def __init__(self, scale: int = 6) -> None:
        super().__init__()
        self.scale = scale

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind = BigInteger() if dialect.name == "sqlite" else Numeric(asdecimal=True)
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if not isinstance(value, Decimal) or not value.is_finite():
            raise Refused(f"“{value}” is not an exact number; it was not stored.", kind="input")
        scaled = value.scaleb(self.scale, EXACT)
        whole = int(scaled)
        if whole != scaled or abs(whole) >= 2**63:
            raise Refused(f"“{plain(value)}” has more than {self.scale} decimals, or is too large to be "
                          "kept exactly. Enter it as it was read.", kind="input")
        return whole if dialect.name == "sqlite" else trimmed(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        if dialect.name != "sqlite":
            return trimmed(value)
        whole, part = divmod(value, 10 ** self.scale)
        return trimmed(Decimal(value).scaleb(-self.scale)) if part else Decimal(whole)  # most numbers are whole


def trimmed(value: Decimal) -> Decimal:
    """The same number without padding zeros and without an exponent above zero (70, not 7E+1)."""
    normal = value.normalize(EXACT)
    exponent = normal.as_tuple().exponent
    return normal.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else normal


class Moment(TypeDecorator[datetime]):
    """A moment in UTC. A datetime without a zone is refused: nobody can say when it was."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise Refused(f"The time {value.isoformat()} has no zone; it was not stored.", kind="input")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def open_engine(url: str) -> Engine:
    """An engine with the manners each database needs; see `_sqlite_manners` and `_begin`."""
    is_sqlite = url.startswith("sqlite")
    engine = create_engine(url)
    if is_sqlite:
        event.listen(engine, "connect", _sqlite_manners)
    event.listen(engine, "begin", _begin)
    return engine


def _sqlite_manners(connection: Any, _record: Any) -> None:
    """WAL with FULL sync loses nothing at power loss; recursive triggers catch INSERT OR REPLACE."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON",
                   "busy_timeout=10000", "trusted_schema=OFF"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """Writers take SQLite's write lock at once; readers cannot write, by the database's own word."""
    writing = connection.get_execution_options().get("mfg_begin") == "write"
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writing else 'ON'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
    elif not writing:
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")


@contextmanager
def look(engine: Engine) -> Iterator[Session]:
    """A session that can only read. Nothing done through it reaches the disk."""
    with Session(engine.execution_options(mfg_begin="read"), autoflush=False) as session:
        session.info["door"] = "look"
        yield session


@contextmanager
def desk(engine: Engine, **info: Any) -> Iterator[Session]:
    """A session for acts: nothing has been read through it yet, and only `act()` can write with it."""
    with Session(engine.execution_options(mfg_begin="write"), expire_on_commit=False) as session:
        session.info.update(info)
        yield session


_turns: dict[str, threading.Lock] = {}


def turn_of(engine: Engine) -> threading.Lock:
    """The queue of writers inside this process: SQLite's own waiting starves the slowest (performance.md)."""
    return _turns.setdefault(str(engine.url), threading.Lock())

Code = Annotated[str, mapped_column(String(80), primary_key=True)]
Ref = Annotated[str, mapped_column(String(80))]
MaybeRef = Annotated[str | None, mapped_column(String(80))]
Words = Annotated[str, mapped_column(String(2000))]
When = Annotated[datetime, mapped_column(Moment)]
MaybeWhen = Annotated[datetime | None, mapped_column(Moment)]
Amount = Annotated[Decimal, mapped_column(Exact(6))]
MaybeAmount = Annotated[Decimal | None, mapped_column(Exact(6))]


def both_or_neither(one: str, other: str) -> CheckConstraint:
    """A decision and who took it are both there or both missing."""
    return CheckConstraint(f"({one} IS NULL) = ({other} IS NULL)", name=f"{one}_pair")


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """The database knows the allowed words too."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def next_code(session: Session, kind: type[Any], prefix: str, digits: int = 6) -> str:
    """The next code of a kind: nothing is ever deleted and the turn is ours, so counting is safe."""
    session.flush()
    number = (session.scalar(select(func.count()).select_from(kind)) or 0) + 1
    return f"{prefix}-{number:0{digits}d}"
