"""What the two databases keep, exactly, and what they refuse to keep: the same on both."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, String, Table, func, insert, select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DatabaseError

from mfg.db import Exact, Moment, look, next_code, open_engine, trimmed
from mfg.facts import Refused
from mfg.identity import Person, RoleGrant
from mfg.ledger import act
from mfg.materials.records import Lot
from mfg.verify import verify
from tests.conftest import FreshDatabase
from tests.office import METADATA, NOON, Office

THINGS = Table("thing", MetaData(), Column("id", Integer, primary_key=True), Column("amount", Exact(6)),
               Column("fine", Exact(15)), Column("at", Moment), Column("text", String))
ZONELESS = NOON.replace(tzinfo=None)


@pytest.fixture
def engine(kind: str, fresh_database: FreshDatabase) -> Iterator[Engine]:
    made = open_engine(fresh_database(kind))
    with made.execution_options(mfg_begin="write").begin() as connection:
        THINGS.metadata.create_all(connection)
    yield made
    made.dispose()


def kept(engine: Engine, **values: Any) -> Any:
    """What comes back of one row."""
    with engine.execution_options(mfg_begin="write").begin() as connection:
        key = connection.execute(insert(THINGS).values(values)).inserted_primary_key[0]
    with look(engine) as session:
        return session.execute(select(THINGS).where(THINGS.c.id == key)).one()


def lot(**values: Any) -> Lot:
    return Lot(**{"code": "LOT-000001", "kind": "medium", "name": "medium", "supplier": "a supplier",
                  "supplier_lot": "1", "certificate": "CoA", "expires_at": NOON, "received_at": NOON,
                  "received_by": "P-0001", "state": "quarantine"} | values)


def keep(office: Office, row: Any) -> None:
    with office.desk() as session, act(session, "receive lot", on="LOT-000001", **office.who("warehouse").how):
        session.add(row)


# --- numbers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["123456789012.345678", "0.000001", "-0.000001", "70", "0", "9223372036854.775807",
                                  "-9223372036854.775807", "12000000000", "0.1"])
def test_a_number_comes_back_as_it_went_in(engine: Engine, text: str) -> None:
    assert str(kept(engine, amount=Decimal(text)).amount) == text


@pytest.mark.parametrize("text", ["70.123456789012345", "0.000000000000001", "123.456789012345678",
                                  "9223.372036854775807"])
def test_a_weight_keeps_fifteen_decimals(engine: Engine, text: str) -> None:
    assert f"{kept(engine, fine=Decimal(text)).fine:f}" == text


@given(st.integers(-2**63 + 1, 2**63 - 1))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_number_within_the_bounds_is_kept_exactly_and_in_order(engine: Engine, millionths: int) -> None:
    value = Decimal(millionths).scaleb(-6)
    back = kept(engine, amount=value).amount
    assert (back, type(back)) == (value, Decimal)
    with look(engine) as session:
        largest = session.scalar(select(func.max(THINGS.c.amount)))
        assert largest >= value
        assert session.scalar(select(func.count()).select_from(THINGS).where(THINGS.c.amount == value)) >= 1


@pytest.mark.parametrize(("padded", "text"), [("70.0", "70"), ("7E+1", "70"), ("0.50", "0.5"), ("-0.0", "0"),
                                              ("1E+10", "10000000000")])
def test_padding_and_exponents_are_not_kept_and_both_databases_agree(engine: Engine, padded: str, text: str) -> None:
    assert str(kept(engine, amount=Decimal(padded)).amount).removeprefix("-") == text
    assert str(trimmed(Decimal(padded))).removeprefix("-") == text


@pytest.mark.parametrize("value", [
    Decimal("0.0000001"), Decimal("1.0000000000000000000000000001"), Decimal(2) ** 70, Decimal("9223372036854.775808"),
    Decimal("1e99"), Decimal("NaN"), Decimal("Infinity"), 1.5, 2, "3",
])
def test_what_cannot_be_kept_exactly_is_refused_never_rounded(value: Any) -> None:
    for name in ("sqlite", "postgresql"):
        dialect = type("Dialect", (), {"name": name})()
        with pytest.raises(Refused) as refused:
            Exact(6).process_bind_param(value, dialect)
        assert refused.value.kind == "input"


@pytest.mark.parametrize(("field", "value"), [
    ("strength", Decimal(2) ** 70), ("strength", Decimal("0.0000001")), ("expires_at", ZONELESS),
    ("name", "a\x00b"), ("name", "\ud800"),
])
def test_an_act_with_such_a_value_is_refused_with_a_sentence_and_leaves_nothing(office: Office, field: str,
                                                                                value: Any) -> None:
    before = office.counts()
    with pytest.raises(Refused) as refused:
        keep(office, lot(**{field: value} | ({"strength_unit": "ug/mL"} if field == "strength" else {})))
    assert refused.value.why.endswith(".") and refused.value.kind == "input"
    assert "INSERT" not in refused.value.why
    assert office.counts() == before
    assert office.last_entry().outcome == "refused"


@pytest.mark.parametrize("name", ["Ω µ ≥ 2", "𝔘𝔫𝔦", "a'; DROP TABLE lot; --", "‮right to left", "line\nbreak", "é"])
def test_any_other_text_is_kept_as_it_is_and_the_ledger_agrees(office: Office, name: str) -> None:
    keep(office, lot(name=name))
    with office.look() as session:
        assert session.get_one(Lot, "LOT-000001").name == name
    assert verify(office.engine, METADATA).problems == []


# --- moments -------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", [
    datetime(2026, 11, 20, 12, 0, 0, 123457, UTC),
    datetime(2026, 10, 25, 2, 30, tzinfo=timezone(timedelta(hours=1))),
    datetime(2026, 1, 1, 0, 0, tzinfo=timezone(timedelta(hours=-11))),
])
def test_a_moment_comes_back_in_utc_to_the_microsecond(engine: Engine, moment: datetime) -> None:
    back = kept(engine, at=moment).at
    assert back == moment and back.utcoffset() == timedelta(0)


def test_a_moment_without_a_zone_is_refused() -> None:
    for name in ("sqlite", "postgresql"):
        with pytest.raises(Refused, match="has no zone; it was not stored"):
            Moment().process_bind_param(ZONELESS, type("Dialect", (), {"name": name})())


def test_nothing_is_kept_as_nothing_and_never_as_zero(engine: Engine) -> None:
    row = kept(engine, text="x")
    assert (row.amount, row.fine, row.at) == (None, None, None)


# --- doors and codes ------------------------------------------------------------------------------


def test_look_cannot_write(engine: Engine) -> None:
    with look(engine) as session, pytest.raises(DatabaseError):
        session.connection().execute(insert(THINGS).values(text="x"))


def test_a_reader_after_a_writer_still_cannot_write_on_the_same_engine(engine: Engine) -> None:
    kept(engine, text="x")
    test_look_cannot_write(engine)
    assert kept(engine, text="y").text == "y"


def test_the_next_code_counts_what_is_there(office: Office) -> None:
    with office.look() as session:
        people = session.scalar(select(func.count()).select_from(Person))
        assert next_code(session, Person, "P", 4) == f"P-{people + 1:04d}"
        assert next_code(session, RoleGrant, "RG") == f"RG-{people + 1:06d}"
