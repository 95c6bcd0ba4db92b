"""A shipment from packing to acceptance: scans at both ends, the logger's file, excursions, who may end it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from mfg.custody import shipment_acts
from mfg.custody.shipment_records import logs_of
from mfg.custody.shipment_rules import ACCEPT, LEAVE, PACK, Accepting, Leaving
from mfg.facts import Finding, Refused, Verdict, judge
from mfg.files import kept_file
from tests.batches.plant import DINS, Plant
from tests.custody.hands import Hands


def end(hands: Hands, code: str, verb: Callable[..., str] = shipment_acts.accept_shipment, **more: Any) -> str:
    return hands.plant.office.do(verb, hands.who("qa", **more), shipment=code)


def test_a_shipment_goes_from_packing_to_acceptance(both: Plant) -> None:
    hands = Hands(both)
    batch = both.batch()
    bag = f"{batch}-C01"
    code = hands.send(bag, until="in transit")
    assert (code, hands.custody(bag).holder) == ("SHP-0001", "courier A courier, driver")
    both.office.later(hours=2)
    hands.receive(code, bag)
    assert hands.custody(bag).holder == hands.who("warehouse").by
    content = hands.log(code)
    hands.read(code, content)
    assert hands.custody(bag).verdict is Verdict.PASS
    end(hands, code)
    with both.office.look() as session:
        (log,) = logs_of(session, code)
        assert kept_file(session, log.file).content == content
    assert (log.verdict, log.rows, log.low_c, log.mean_kinetic_c) == ("PASS", 15, Decimal("5.0"), Decimal("5.00"))
    assert (hands.shipment(code).state, hands.deviations()) == ("accepted", [])


def test_an_excursion_opens_a_deviation_and_holds_the_shipment_which_can_be_rejected(hands: Hands) -> None:
    batch = hands.plant.batch()
    code = hands.send(f"{batch}-C01", until="delivered")
    hands.read(code, hands.log(code, outside=(5, 6)))
    assert hands.deviations() == [(batch, code, "limit breach", "major")]
    with pytest.raises(Refused, match="Not ended: DEV-0001"):
        end(hands, code)
    with pytest.raises(Refused, match="needs a reason"):
        end(hands, code, shipment_acts.reject_shipment)
    end(hands, code, shipment_acts.reject_shipment, reason="Too warm")
    assert hands.shipment(code).state == "rejected"


def test_a_log_with_a_reading_taken_out_cannot_tell_and_reading_it_again_leaves_the_deviation(hands: Hands) -> None:
    code = hands.send(f"{hands.plant.batch()}-C01", until="delivered")
    hands.read(code, hands.log(code, leave_out=(5,)))
    assert [one[1:] for one in hands.deviations()] == [(code, "limit breach", "major")]
    again = {"shipment": code, "file": shipment_acts.Upload("log.csv", hands.log(code), "text/csv"), "again": True}
    with pytest.raises(Refused, match="needs a reason"):
        hands.plant.office.do(shipment_acts.read_logger, hands.who("warehouse"), **again)
    hands.plant.office.do(shipment_acts.read_logger, hands.who("warehouse", reason="Wrong export"), **again)
    with hands.plant.office.look() as session:
        assert [one.verdict for one in logs_of(session, code)] == ["CANNOT DETERMINE", "PASS"]
    with pytest.raises(Refused, match="Not ended"):
        end(hands, code)


def test_a_file_that_cannot_be_read_is_refused_recorded_and_changes_nothing(hands: Hands) -> None:
    code = hands.send(f"{hands.plant.batch()}-C01", until="delivered")
    before = hands.plant.office.counts()
    with pytest.raises(Refused, match="log.csv, row 2"):
        hands.read(code, b"Timestamp,Temperature (C)\nyesterday,=1+1\n")
    entry = hands.plant.office.last_entry()
    assert (hands.plant.office.counts(), entry.verb, entry.outcome) == (before, "read logger", "refused")


def test_another_person_receives_it_and_quality_that_had_no_hand_in_it_accepts(hands: Hands) -> None:
    bag = f"{hands.plant.batch()}-C01"
    code = hands.send(bag, until="in transit")
    hands.plant.office.later(hours=1)
    with pytest.raises(Refused, match="the same person did"):
        hands.receive(code, bag, by=hands.who("operator"))
    hands.receive(code, bag, by=hands.who("qa"))
    hands.read(code, hands.log(code))
    with pytest.raises(Refused, match="the same person did “receive shipment”"):
        end(hands, code)
    with pytest.raises(Refused, match="takes one of these roles: qa"):
        hands.plant.office.do(shipment_acts.accept_shipment, hands.who("operator"), shipment=code)
    hands.plant.office.do(shipment_acts.accept_shipment, hands.who("qa", 2), shipment=code)


def test_another_shipper_another_thing_and_a_thing_left_out_stop_the_receipt(hands: Hands) -> None:
    batch, other = hands.plant.batch(0), hands.plant.batch(1)
    code = hands.send(f"{batch}-C01", until="sealed")
    with pytest.raises(Refused, match="Shipper “BOX-8” was scanned"):
        hands.dispatch(code, shipper="BOX-8")
    hands.dispatch(code)
    before = hands.plant.office.counts()
    for things, why in (([f"{other}-C01"], "carries chain of identity"), ([], "Not scanned")):
        with pytest.raises(Refused, match=why):
            hands.receive(code, *things)
    with pytest.raises(Refused, match="was scanned"):
        hands.receive(code, f"{batch}-C01", shipper="BOX-8")
    assert hands.plant.office.counts() == before | {"deviation": 1, "affected": 1}
    assert hands.deviations() == [(batch, f"{other}-C01", "identity mismatch", "critical")]


def test_a_broken_seal_and_a_late_scan_each_open_a_deviation(hands: Hands) -> None:
    batch = hands.plant.batch()
    code = hands.send(f"{batch}-C01", until="in transit")
    delivered = hands.plant.office.later(hours=1)
    hands.plant.office.later(hours=1, seconds=1)
    hands.receive(code, f"{batch}-C01", seal="", delivered_at=delivered)
    assert hands.deviations() == [(batch, code, "custody gap", "major")] * 2


@pytest.mark.parametrize("minutes", [-1, 61])
def test_it_is_delivered_neither_before_it_left_nor_in_the_future(hands: Hands, minutes: int) -> None:
    bag = f"{hands.plant.batch()}-C01"
    code = hands.send(bag, until="in transit")
    sent = hands.plant.office.now
    hands.plant.office.later(hours=1)
    with pytest.raises(Refused):
        hands.receive(code, bag, delivered_at=sent + timedelta(minutes=minutes))
    assert hands.shipment(code).state == "in transit"


def test_what_is_on_its_way_is_not_handed_over_and_not_packed_again(hands: Hands) -> None:
    bag = f"{hands.plant.batch()}-C01"
    code = hands.send(bag, until="sealed")
    with pytest.raises(Refused, match=f"is in {code} already"):
        hands.give(bag)
    assert hands.custody(bag).verdict is Verdict.CANNOT_DETERMINE


def test_what_was_rejected_on_its_way_is_a_gap_and_what_never_left_is_none(hands: Hands) -> None:
    batch = hands.plant.batch()
    kept, lost = f"{batch}-C01", hands.plant.container(batch, "vessel")
    for thing, until in ((kept, "sealed"), (lost, "in transit")):
        end(hands, hands.send(thing, until=until), shipment_acts.reject_shipment, reason="Called back, or lost")
    assert [hands.custody(thing).verdict for thing in (kept, lost)] == [None, Verdict.FAIL]


def test_a_dose_bag_does_not_leave_before_its_dose_is_released_and_out_of_date_it_is_not_even_packed(
        hands: Hands) -> None:
    plant = hands.plant
    batch = plant.batch()
    plant.run(batch, until="wash_off") if plant.record.step("wash_off") else plant.run(batch)
    dose = plant.plan(batch)
    bag = plant.fill(dose)
    bag = bag if "-C" in bag else _bag_of(hands, dose)
    code = hands.send(bag, until="sealed")
    with pytest.raises(Refused, match="qualified person releases it first"):
        hands.dispatch(code)
    assert hands.shipment(code).state == "sealed"
    end(hands, code, shipment_acts.reject_shipment, reason="Called back.")
    plant.office.later(days=30)
    before = plant.office.counts()
    with pytest.raises(Refused, match=f"{bag} expired .* Nothing was packed. Set the bag apart and call QA"):
        hands.send(bag)
    assert plant.office.counts() == before and plant.office.last_entry().outcome == "refused"


def test_a_dose_that_is_not_released_does_not_reach_the_clinic_by_hand_either(hands: Hands) -> None:
    """Out of production by hand is out of production: the same rule as with a courier. Inside it goes on."""
    plant = hands.plant
    batch = plant.batch()
    plant.run(batch, until="wash_off")
    dose = plant.plan(batch)
    plant.fill(dose)
    bag = _bag_of(hands, dose)
    code, before = hands.give(bag), plant.office.counts()
    with pytest.raises(Refused, match="qualified person releases it first"):
        hands.take(code, bag, by=hands.who("clinical coordinator"))
    assert plant.office.counts() == before and hands.hand_over(code).state == "given"
    hands.take(code, bag)
    assert hands.hand_over(code).state == "accepted"


def test_the_donation_number_alone_names_no_bag_once_dose_bags_carry_it(hands: Hands) -> None:
    """The first bars of every dose label are the donation number: scanned, they named the bag of the collection."""
    plant = hands.plant
    batch = plant.batch()
    plant.run(batch, until="wash_off")
    hands.take(hands.give(batch, things=[f"]C0{DINS[0]}"]), f"{batch}-C01")
    plant.fill(plant.plan(batch))
    before = plant.office.counts()
    with pytest.raises(Refused, match="stands on its dose bags too, so its number does not say which bag this is"):
        hands.give(batch, things=[f"]C0{DINS[0]}"])
    with pytest.raises(Refused, match="That is the donation number on a test tube, not on the bag"):
        hands.give(batch, things=[f"]C0{DINS[0][:-2]}07"])
    assert plant.office.counts() == before


def _bag_of(hands: Hands, dose: str) -> str:
    from mfg.batches.records import bags_of
    from mfg.batches.records import dose as load

    with hands.plant.office.look() as session:
        return bags_of(session, load(session, dose))[0].container


AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
BAG = Leaving("NK-26-001-C05", "dose bag", "NK-26-001-D1", "certified", True, AT + timedelta(hours=1), AT)


@pytest.mark.parametrize(("change", "verdict"), [
    ({}, "PASS"), ({"dose_state": "released on condition"}, "PASS"), ({"dose_state": "cleared"}, "FAIL"),
    ({"dose_state": "rejected"}, "FAIL"), ({"dose_state": "released then failed"}, "FAIL"),
    ({"present": False}, "FAIL"),
    ({"expires_at": AT}, "FAIL"), ({"expires_at": None}, "CANNOT DETERMINE"), ({"dose": None}, "CANNOT DETERMINE"),
    ({"kind": "vessel", "dose": None}, "PASS")])
def test_only_a_released_bag_in_date_of_the_present_fill_leaves(change: dict[str, Any], verdict: str) -> None:
    assert [one.verdict.value for one in judge(LEAVE, replace(BAG, **change))] == [verdict]


@pytest.mark.parametrize(("change", "verdict"), [
    ({}, "PASS"), ({"expires_at": AT + timedelta(seconds=1)}, "PASS"), ({"expires_at": AT}, "FAIL"),
    ({"expires_at": None}, "CANNOT DETERMINE"), ({"kind": "vessel", "expires_at": None}, "PASS")])
def test_a_bag_out_of_date_is_not_packed(change: dict[str, Any], verdict: str) -> None:
    assert [one.verdict.value for one in judge(PACK, replace(BAG, **change))] == [verdict]


GOOD, WRONG = (Finding("X", verdict, "Why.") for verdict in (Verdict.PASS, Verdict.FAIL))


@pytest.mark.parametrize(("findings", "deviations", "verdict"), [
    ((GOOD,), (), "PASS"), ((WRONG,), (), "FAIL"), ((WRONG,), (("DEV-0001", False),), "FAIL"),
    ((WRONG,), (("DEV-0001", True),), "PASS"), ((GOOD,), (("DEV-0001", False),), "FAIL"), ((), (), "CANNOT DETERMINE"),
    ((replace(WRONG, verdict=Verdict.CANNOT_DETERMINE),), (), "FAIL")])
def test_a_shipment_is_accepted_when_all_is_judged(findings: tuple[Finding, ...],
                                                   deviations: tuple[tuple[str, bool], ...], verdict: str) -> None:
    assert [one.verdict.value for one in judge(ACCEPT, Accepting("SHP-0001", findings, deviations))] == [verdict]
