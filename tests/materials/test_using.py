"""Amounts taken of a lot inside another act: enough has to be left, and what is left follows; a race has one winner."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from mfg.db import desk
from mfg.facts import Refused
from mfg.ledger import Who, act
from mfg.materials import acts, keeping
from mfg.materials.records import Consumption, consumption_of
from mfg.materials.records import lot as load_lot
from mfg.materials.using import (
    consume,
    first_use,
    last_openings,
    left,
    lot_facts,
    put,
    reconciliation_of,
    replace_consumption,
    usable_lots,
)
from tests.materials.store import received, released, row
from tests.office import Office

STEP = {"within": "NK-26-001", "on": "NK-26-001/seed"}


def take(session: Any, who: Who, *, amount: str | None, unit: str = "mL", lot: str = "LOT-0001", **more: Any) -> str:
    """What a step does when an amount is entered in it."""
    with act(session, "enter value", on="NK-26-001/seed", within="NK-26-001", **who.how) as doing:
        told = STEP | {"field": "volume", "by": doing.by.code, "at": doing.at} | more
        made = consume(session, lot=lot, amount=None if amount is None else Decimal(amount), unit=unit, **told)
        doing.result = made.code
    return doing.result


def correct(session: Any, who: Who, *, amount: str, reason: str = "misread", **more: Any) -> str:
    """What a step does when that amount is corrected."""
    with act(session, "enter value", on="NK-26-001/seed", within="NK-26-001", **who.how) as doing:
        told = STEP | {"field": "volume", "by": doing.by.code, "at": doing.at, "unit": "mL"} | more
        doing.result = replace_consumption(session, amount=Decimal(amount), reason=reason, **told).code
    return doing.result


def note(session: Any, who: Who, *, kind: str, amount: str, lot: str = "LOT-0001") -> str:
    """An amount of any kind at the step, not judged."""
    with act(session, "enter value", on="NK-26-001/seed", within="NK-26-001", **who.how) as doing:
        put(session, load_lot(session, lot), kind=kind, amount=Decimal(amount), unit="mL", by=doing.by.code,
            at=doing.at, **STEP)
    return ""


def what_is_left(office: Office, lot: str = "LOT-0001") -> Decimal | None:
    with office.look() as session:
        return left(session, row(office, lot))


def test_the_first_use_takes_a_lot_into_use_and_the_last_drop_depletes_it(office: Office) -> None:
    lot = released(office)
    assert office.do(take, office.who("operator"), amount="20.5") == "USE-000001"
    assert (row(office, lot).state, what_is_left(office)) == ("in use", Decimal("29.5"))
    office.do(take, office.who("operator"), amount="29.5", field="more")
    assert (row(office, lot).state, what_is_left(office)) == ("depleted", 0)
    with pytest.raises(Refused, match="depleted") as refused:
        office.do(take, office.who("operator"), amount="0.000001", field="again")
    assert [one.rule for one in refused.value.findings] == ["MAT-01", "MAT-09"]


REFUSED = [
    ("more than is left", {"amount": "50.000001"}, ["MAT-09"]),
    ("a blank amount", {"amount": None}, ["MAT-09"]),
    ("another unit", {"amount": "1", "unit": "L"}, ["MAT-09"]),
    ("no unit", {"amount": "1", "unit": ""}, ["MAT-09"]),
    ("used before it was released", {"amount": "1", "at": None}, ["MAT-01"]),
]


@pytest.mark.parametrize(("change", "rules"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_cannot_be_taken_leaves_nothing_but_its_refusal(office: Office, change: dict, rules: list) -> None:
    lot = released(office)
    change = change | ({"at": office.now - timedelta(hours=2)} if "at" in change else {})
    before = office.counts()
    with pytest.raises(Refused) as refused:
        office.do(take, office.who("operator"), **change)
    assert [one.rule for one in refused.value.findings] == rules
    assert (office.counts(), row(office, lot).state, office.last_entry().outcome) == (before, "released", "refused")


def test_of_a_lot_with_unknown_quantity_no_amount_is_taken(sqlite_office: Office) -> None:
    released(sqlite_office, quantity=None, quantity_unit="")
    with pytest.raises(Refused, match="How much of LOT-0001 was received is not recorded") as refused:
        sqlite_office.do(take, sqlite_office.who("operator"), amount="0.1")
    assert [one.verdict.value for one in refused.value.findings] == ["CANNOT DETERMINE"]
    assert what_is_left(sqlite_office) is None


def test_a_lot_that_expires_between_receipt_and_use_is_refused_at_use(sqlite_office: Office) -> None:
    released(sqlite_office)
    sqlite_office.later(days=30)
    sqlite_office.do(take, sqlite_office.who("operator"), amount="1")
    sqlite_office.later(seconds=1)
    with pytest.raises(Refused) as refused:
        sqlite_office.do(take, sqlite_office.who("operator"), amount="1", field="later")
    assert [one.rule for one in refused.value.findings] == ["MAT-02"]


# --- corrections -------------------------------------------------------------------------------------------------


def test_a_corrected_amount_counts_once_and_the_old_one_stays_readable(office: Office) -> None:
    released(office)
    office.do(take, office.who("operator"), amount="40")
    office.do(correct, office.who("operator"), amount="50")
    assert (what_is_left(office), row(office, "LOT-0001").state) == (0, "depleted")
    office.do(correct, office.who("operator"), amount="4")
    assert (what_is_left(office), row(office, "LOT-0001").state) == (46, "in use")
    with office.look() as session:
        kept = session.query(Consumption).order_by(Consumption.code).all()
    assert [(one.amount, one.supersedes, one.reason) for one in kept] == [
        (40, None, ""), (50, "USE-000001", "misread"), (4, "USE-000002", "misread")]


def test_a_correction_cannot_take_more_than_there_is(office: Office) -> None:
    released(office)
    office.do(take, office.who("operator"), amount="40")
    with pytest.raises(Refused, match="50 mL are left"):
        office.do(correct, office.who("operator"), amount="50.1")
    assert what_is_left(office) == 10


def test_a_correction_may_name_another_lot_and_the_first_gets_its_amount_back(office: Office) -> None:
    released(office)
    other = received(office, supplier_lot="X-2")
    office.do(acts.release_lot, office.who("qa"), lot=other)
    office.do(take, office.who("operator"), amount="50")
    assert row(office, "LOT-0001").state == "depleted"
    office.do(correct, office.who("operator"), amount="50", lot=other)
    assert (row(office, "LOT-0001").state, row(office, other).state) == ("in use", "depleted")
    assert (what_is_left(office), what_is_left(office, other)) == (50, 0)


def test_the_other_lot_of_a_correction_has_to_be_usable(sqlite_office: Office) -> None:
    released(sqlite_office)
    received(sqlite_office, supplier_lot="X-2")
    sqlite_office.do(take, sqlite_office.who("operator"), amount="5")
    with pytest.raises(Refused, match="LOT-0002 is in state “quarantine”"):
        sqlite_office.do(correct, sqlite_office.who("operator"), amount="5", lot="LOT-0002")


def test_an_amount_of_a_lot_that_was_blocked_since_can_still_be_put_right(sqlite_office: Office) -> None:
    released(sqlite_office)
    sqlite_office.do(take, sqlite_office.who("operator"), amount="5")
    sqlite_office.do(acts.block_lot, sqlite_office.who("qa", reason="A complaint"), lot="LOT-0001")
    sqlite_office.do(correct, sqlite_office.who("operator"), amount="6")
    assert (row(sqlite_office, "LOT-0001").state, what_is_left(sqlite_office)) == ("blocked", 44)


def test_where_nothing_was_taken_nothing_is_corrected(sqlite_office: Office) -> None:
    released(sqlite_office)
    with pytest.raises(Refused, match="nothing to correct"):
        sqlite_office.do(correct, sqlite_office.who("operator"), amount="5")


# --- two at once -------------------------------------------------------------------------------------------------


def test_of_two_who_take_the_last_millilitre_at_once_one_wins(office: Office) -> None:
    """Two threads, each with a connection of its own, on either database."""
    released(office)
    office.do(take, office.who("operator"), amount="49")
    ready, answers = threading.Barrier(2), []

    def go(number: int) -> None:
        with desk(office.engine) as session:
            ready.wait()
            try:
                answers.append(take(session, office.who("operator", number), amount="1", field=f"by {number}"))
            except Refused as refused:
                answers.append([one.rule for one in refused.findings])

    threads = [threading.Thread(target=go, args=(number,)) for number in (1, 2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(map(str, answers)) == ["USE-000002", "['MAT-01', 'MAT-09']"]
    assert (what_is_left(office), row(office, "LOT-0001").state) == (0, "depleted")


# --- issued, and looked at ---------------------------------------------------------------------------------------


def test_what_a_step_uses_comes_out_of_what_was_issued_to_it(sqlite_office: Office) -> None:
    released(sqlite_office)
    sqlite_office.do(take, sqlite_office.who("operator"), amount="10", kind="issued", field="")
    assert what_is_left(sqlite_office) == 40
    sqlite_office.do(take, sqlite_office.who("operator"), amount="7")
    assert what_is_left(sqlite_office) == 40
    with pytest.raises(Refused, match="3 mL are left"):
        sqlite_office.do(take, sqlite_office.who("operator"), amount="3.5", field="more")
    sqlite_office.do(note, sqlite_office.who("operator"), kind="returned", amount="2")
    sqlite_office.do(note, sqlite_office.who("operator"), kind="wasted", amount="1")
    with sqlite_office.look() as session:
        found = reconciliation_of(session, within="NK-26-001")
    assert [(one.sums.on, one.sums.issued, one.sums.used, one.sums.wasted, one.sums.returned,
             one.finding.verdict.value) for one in found] == [
        ("NK-26-001/seed", 10, 7, 1, 2, "PASS"), ("", 10, 7, 1, 2, "PASS")]
    assert what_is_left(sqlite_office) == 42


def test_a_lot_that_is_issued_whole_is_depleted_when_its_step_has_used_it(sqlite_office: Office) -> None:
    released(sqlite_office)
    sqlite_office.do(take, sqlite_office.who("operator"), amount="50", kind="issued", field="")
    assert (row(sqlite_office, "LOT-0001").state, what_is_left(sqlite_office)) == ("in use", 0)
    with pytest.raises(Refused) as refused:
        sqlite_office.do(take, sqlite_office.who("operator"), amount="1", on="NK-26-001/wash")
    assert [one.rule for one in refused.value.findings] == ["MAT-09"]
    sqlite_office.do(take, sqlite_office.who("operator"), amount="49")
    assert row(sqlite_office, "LOT-0001").state == "in use"
    sqlite_office.do(note, sqlite_office.who("operator"), kind="wasted", amount="1")
    assert row(sqlite_office, "LOT-0001").state == "depleted"


def test_the_lots_to_take_are_told_first_expired_first(sqlite_office: Office) -> None:
    """LOT-0003 expires last but is open, so it comes first; LOT-0004 is in quarantine and does not come."""
    office = sqlite_office
    for number, days in ((1, 30), (2, 20), (3, 40), (4, 10)):
        make = released if number == 1 else received
        code = make(office, expires_at=office.now + timedelta(days=days), open_life_hours=Decimal(48))
        if number in (2, 3):
            office.do(acts.release_lot, office.who("qa"), lot=code)
    office.later(hours=1)
    office.do(keeping.open_lot, office.who("operator"), lot="LOT-0003", opened_at=office.now)
    with office.look() as session:
        found = usable_lots(session, "bispecific antibody", office.now)
        assert [(lot.code, until) for lot, until in found] == [
            ("LOT-0003", office.now + timedelta(hours=48)), ("LOT-0002", row(office, "LOT-0002").expires_at),
            ("LOT-0001", row(office, "LOT-0001").expires_at)]
        assert usable_lots(session, "medium", office.now) == []
        later = usable_lots(session, "bispecific antibody", office.now + timedelta(hours=49))
        assert [lot.code for lot, _ in later] == ["LOT-0002", "LOT-0001"]
        assert usable_lots(session, "bispecific antibody", office.now - timedelta(hours=3)) == []
        assert last_openings(session, ["LOT-0001", "LOT-0003"], office.now) == {"LOT-0003": office.now}


def test_a_scan_without_an_amount_takes_a_lot_into_use(sqlite_office: Office) -> None:
    released(sqlite_office)
    with sqlite_office.look() as session:
        lot = row(sqlite_office, "LOT-0001")
        facts = lot_facts(session, lot, sqlite_office.now, lot.kind)
        assert (facts.amount, facts.unit, facts.left) == (None, None, None)
    first_use(lot)
    assert lot.state == "in use"
    lot.state = "recalled"
    first_use(lot)
    assert lot.state == "recalled"


def test_only_amounts_that_count_are_read(sqlite_office: Office) -> None:
    released(sqlite_office)
    sqlite_office.do(take, sqlite_office.who("operator"), amount="5")
    sqlite_office.do(correct, sqlite_office.who("operator"), amount="6")
    with sqlite_office.look() as session:
        for asked in ({"lot": "LOT-0001"}, {"within": "NK-26-001"}, {"on": "NK-26-001/seed"}, {}):
            assert [one.amount for one in consumption_of(session, **asked)] == [6]
        assert consumption_of(session, lot="LOT-0002") == []
