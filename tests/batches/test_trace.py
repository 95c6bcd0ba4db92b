"""Where a lot went and what went into a batch, both ways; a recall reaches every batch; material at a step adds up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from mfg.app import create_app
from mfg.batches.dispensing import issue_material, return_material, waste_material
from mfg.batches.material_doors import read_batch_trace, read_lot_trace, read_recipient_trace
from mfg.batches.recall import recall_lot
from mfg.batches.records import Batch
from mfg.batches.runner import correct_entry
from mfg.batches.scans import as_scanned
from mfg.batches.trace import Trace, batches_with, of_batches, of_lots, reach, trace
from mfg.batches.trace_page import search, show_lot_trace
from mfg.facts import Refused
from mfg.materials.acts import reject_lot
from mfg.materials.records import Lot, consumption_of
from mfg.materials.using import left, reconciliation_of
from mfg.quality.records import deviations_of
from mfg.settings import Settings
from tests.batches.plant import DINS, Plant
from tests.browsing import sign_in
from tests.materials.store import row
from tests.statements import asked_of

BUFFER, FEEDER = "wash buffer", "feeder cells"


def found(plant: Plant, text: str) -> Trace:
    with plant.office.look() as session:
        return trace(session, text)


def told(one: Trace) -> tuple[list[str], list[str], list[str], list[str]]:
    """Lots, batches, recipients, doses."""
    return ([row.code for row in one.lots], [made.batch for made in one.batches],
            [made.recipient for made in one.batches], [given.dose for given in one.doses])


def washed(plant: Plant, number: int = 0, until: str = "wash_platelets") -> str:
    """A batch that has used wash buffer."""
    batch = plant.batch(number)
    plant.run(batch, until=until)
    return batch


# --- both ways ---------------------------------------------------------------------------------------------------


def test_a_lot_leads_to_its_batches_recipients_and_doses_with_their_bags(both: Plant) -> None:
    batch = both.batch()
    both.run(batch)
    dose = both.plan(batch)
    both.fill(dose)
    unused = both.lot(BUFFER)
    one = found(both, both.lots[BUFFER])
    with both.office.look() as session:
        made = session.get_one(Batch, batch)
        assert told(one) == ([both.lots[BUFFER]], [batch], [made.recipient], [dose])
    asks = {f"{batch}/{step.id}" for _, step in both.record.steps() if not step.when and any(
        each.lot_kind == BUFFER for each in step.fields)}
    assert len(asks) > 1 and {use.step for use in one.uses} == asks
    assert [(given.state, len(given.bags), given.bags[0][1:]) for given in one.doses] == [("filled", 1, (120, False))]
    assert reach(one) == "1 lot, 1 batch, 1 recipient, 1 dose."
    assert told(found(both, unused)) == ([unused], [], [], [])


def test_every_way_back_leads_to_the_same_lots(plant: Plant) -> None:
    batch = washed(plant)
    with plant.office.look() as session:
        made = session.get_one(Batch, batch)
    forward = told(found(plant, batch))
    assert forward[0] == [plant.lots[BUFFER]] and forward[1] == [batch]
    din = DINS[0][1:14]
    for code in (made.recipient, made.donor, made.collection, din, DINS[0], f"{batch}-C01", as_scanned(batch),
                 batch.lower()):
        assert told(found(plant, code)) == forward, code


def test_the_suppliers_lot_number_leads_to_every_lot_received_under_it(plant: Plant) -> None:
    batch = washed(plant)
    number = row(plant.office, plant.lots[BUFFER]).supplier_lot
    assert told(found(plant, number))[:2] == ([plant.lots[BUFFER]], [batch])


def test_two_batches_that_shared_a_lot_are_both_found_and_others_are_not(plant: Plant) -> None:
    first, second = washed(plant), washed(plant, 1)
    third = plant.batch(2)
    assert told(found(plant, plant.lots[BUFFER]))[1] == [first, second]
    with plant.office.look() as session:
        assert batches_with(session, plant.lots[BUFFER]) == (first, second)
        assert batches_with(session, plant.lots["cytokine"]) == ()
    assert told(found(plant, third)) == ([], [third], told(found(plant, third))[2], [])


@pytest.mark.parametrize("text", ["", "   ", "nothing", "LOT-9999", "NK-26-999", "'; --", "SUB-9999"])
def test_nothing_is_found_for_a_code_nobody_has(plant: Plant, text: str) -> None:
    one = found(plant, text)
    assert told(one) == ([], [], [], [])
    with plant.office.look() as session:
        page = search(session, code=text)
    assert (page["sections"], bool(page["nothing"])) == ([], bool(text.strip()))


def test_an_entry_that_was_corrected_away_is_no_use(plant: Plant) -> None:
    batch, wrong = plant.batch(), plant.lots[BUFFER]
    plant.run(batch, until="baseline")
    plant.enter(f"{batch}/wash_platelets", "buffer", as_scanned(wrong))
    right = plant.lot(BUFFER)
    plant.office.do(correct_entry, plant.office.who("operator", reason="The other bottle"),
                    step=f"{batch}/wash_platelets", field="buffer", value=as_scanned(right))
    assert told(found(plant, wrong))[1] == []
    assert told(found(plant, right))[1] == [batch]
    assert told(found(plant, batch))[0] == [right]


def test_a_trace_takes_as_many_statements_for_three_batches_as_for_one(plant: Plant) -> None:
    washed(plant)
    counted = []
    for number in (1, 2, 3):
        with plant.office.look() as session, asked_of(plant.office.engine) as heard:
            of_lots(session, "x", Lot.code == plant.lots[BUFFER])
        with plant.office.look() as session, asked_of(plant.office.engine) as back:
            of_batches(session, "x", Batch.code.is_not(None))
        counted.append((sum("SELECT" in one for one in heard), sum("SELECT" in one for one in back)))
        if number < 3:
            washed(plant, number)
    assert counted == [(5, 5)] * 3


def test_json_tells_the_same_as_the_page(plant: Plant) -> None:
    batch = washed(plant)
    with plant.office.look() as session:
        lot = read_lot_trace(session, lot=plant.lots[BUFFER])
        whole = read_batch_trace(session, batch=batch)
        back = read_recipient_trace(session, recipient=whole["batches"][0]["recipient"])
        page = show_lot_trace(session, lot=plant.lots[BUFFER])
    assert [one["batch"] for one in lot["batches"]] == [batch] == [one["batch"] for one in back["batches"]]
    assert [one["code"] for one in whole["lots"]] == [plant.lots[BUFFER]]
    sections = {one["title"]: one["rows"] for one in page["sections"]}
    assert sections["Batches, recipients, donors"][0][0]["text"] == batch
    assert sections["Uses"][0][2] == {"text": "wash_platelets", "url": f"/steps/{batch}/wash_platelets"}


@pytest.fixture
def client(plant: Plant, tmp_path: Path) -> Iterator[FlaskClient]:
    app = create_app(Settings(plant.office.url, plant.office.owner_url, tmp_path / "home", secure_cookie=False))
    yield app.test_client()
    app.extensions["mfg_engine"].dispose()


def test_the_trace_is_one_screen_with_a_field_to_scan_into(client: FlaskClient, plant: Plant) -> None:
    batch = washed(plant)
    sign_in(client, "qa")
    empty = client.get("/trace").get_data(as_text=True)
    assert 'name="code"' in empty and "data-scan" in empty
    for url in (f"/trace?code={plant.lots[BUFFER]}", f"/lots/{plant.lots[BUFFER]}/trace", f"/batches/{batch}/trace"):
        page = client.get(url)
        text = page.get_data(as_text=True)
        assert page.status_code == 200 and f'href="/batches/{batch}"' in text and plant.lots[BUFFER] in text, url
    assert "Nothing in this facility has" in client.get("/trace?code=LOT-7777").get_data(as_text=True)
    assert client.get("/lots/LOT-7777/trace").status_code == 404
    assert client.get("/trace?code=" + "x" * 300).status_code == 422
    forms = [f"/lots/{plant.lots[BUFFER]}/{verb}" for verb in (
        "recall-lot", "block-lot", "open-lot", "reconcile-lot", "release-lot", "attach-certificate", "unblock-lot")]
    forms += [f"/steps/{batch}/wash_1/{verb}-material" for verb in ("issue", "waste", "return")]
    for url in (*forms, "/lots", f"/lots/{plant.lots[BUFFER]}", "/lots/receive-lot", "/suppliers",
                "/suppliers/SUP-0001", "/suppliers/propose-supplier", "/suppliers/SUP-0001/disqualify-supplier",
                "/articles", "/articles/register-article"):
        assert client.get(url).status_code == 200, url


# --- recall ------------------------------------------------------------------------------------------------------


def recall(plant: Plant, lot: str, *, severity: str = "critical", role: str = "qa", reason: str = "Endotoxin found",
           **more: Any) -> str:
    return plant.office.do(recall_lot, plant.office.who(role, reason=reason), lot=lot, severity=severity, **more)


def opened(plant: Plant, batch: str) -> list[tuple[str, str]]:
    with plant.office.look() as session:
        return [(one.on_code, one.severity) for one in deviations_of(session, batch) if one.on_code.startswith("LOT")]


def test_a_recall_opens_a_deviation_on_every_batch_that_used_the_lot_and_on_no_other(both: Plant) -> None:
    first, second, third = washed(both), washed(both, 1), both.batch(2)
    lot = both.lots[BUFFER]
    assert recall(both, lot) == lot
    assert row(both.office, lot).state == "recalled"
    assert opened(both, first) == opened(both, second) == [(lot, "critical")]
    assert opened(both, third) == []
    with both.office.look() as session:
        assert "Endotoxin found" in deviations_of(session, first)[-1].what
    both.run(third, until="baseline")
    with pytest.raises(Refused, match="is in state “recalled”"):
        both.enter(f"{third}/wash_platelets", "buffer", as_scanned(lot))


@pytest.mark.parametrize(("change", "said"), [
    ({"reason": ""}, "needs a reason"),
    ({"role": "production supervisor"}, "takes one of these roles: qa"),
    ({"severity": "minor"}, "a recall is major or critical"),
    ({"seen": "1"}, "You saw version 1"),
])
def test_a_recall_that_is_refused_leaves_no_trace(plant: Plant, change: dict, said: str) -> None:
    batch, lot = washed(plant), plant.lots[BUFFER]
    before, state = plant.office.counts(), row(plant.office, lot).state
    with pytest.raises(Refused, match=said):
        recall(plant, lot, **change)
    assert (plant.office.counts(), row(plant.office, lot).state, opened(plant, batch)) == (before, state, [])


def test_a_recall_is_for_good(plant: Plant) -> None:
    lot = plant.lots[BUFFER]
    recall(plant, lot)
    with pytest.raises(Refused, match="the state is final"):
        recall(plant, lot)


def test_a_lot_is_in_use_from_its_first_scan_so_it_is_recalled_and_not_rejected(plant: Plant) -> None:
    lot = plant.lots[BUFFER]
    assert row(plant.office, lot).state == "released"
    washed(plant)
    assert row(plant.office, lot).state == "in use"
    with pytest.raises(Refused, match="recall lot"):
        plant.office.do(reject_lot, plant.office.who("qa", reason="leaking"), lot=lot)


# --- material at a step ------------------------------------------------------------------------------------------


def at_step(plant: Plant, verb: Any, lot: str, amount: str, *, step: str, unit: str = "mL",
            role: str = "operator") -> str:
    return plant.office.do(verb, plant.office.who(role, reason="As planned"), step=step, lot=as_scanned(lot),
                           amount=Decimal(amount), unit=unit)


def sums(plant: Plant, batch: str) -> list[tuple[Any, ...]]:
    with plant.office.look() as session:
        return [(one.sums.on.partition("/")[2], one.sums.issued, one.sums.used, one.sums.wasted, one.sums.returned,
                 one.finding.verdict.value) for one in reconciliation_of(session, within=batch)]


def test_what_is_issued_to_a_step_is_accounted_for_when_it_is_wasted_or_returned(both: Plant) -> None:
    batch, lot = both.batch(), both.lots[BUFFER]
    step = f"{batch}/wash_platelets"
    assert at_step(both, issue_material, lot, "500", step=step, role="warehouse") == step
    assert sums(both, batch)[0] == ("wash_platelets", 500, 0, 0, 0, "CANNOT DETERMINE")
    at_step(both, waste_material, lot, "450", step=step)
    at_step(both, return_material, lot, "50", step=step)
    assert sums(both, batch) == [("wash_platelets", 500, 0, 450, 50, "PASS"), ("", 500, 0, 450, 50, "PASS")]
    with both.office.look() as session:
        assert left(session, session.get_one(Lot, lot)) == Decimal(10) ** 12 - 450
        assert [one.reason for one in consumption_of(session, on=step)] == ["", "As planned", "As planned"]
    assert told(found(both, lot))[1] == [batch], "an amount is a use even where nothing was scanned"


@pytest.mark.parametrize(("verb", "lot", "amount", "said"), [
    pytest.param(issue_material, FEEDER, "5", "asks for wash buffer", id="another kind than the step asks for"),
    pytest.param(issue_material, BUFFER, "2e12", "are left", id="more than there is"),
    pytest.param(waste_material, BUFFER, "1", "neither issued to", id="waste of what never came"),
    pytest.param(return_material, BUFFER, "1", "neither issued to", id="return of what never came"),
])
def test_material_that_a_step_cannot_have_is_refused(plant: Plant, verb: Any, lot: str, amount: str,
                                                     said: str) -> None:
    batch = plant.batch()
    before = plant.office.counts()
    with pytest.raises(Refused, match=said):
        at_step(plant, verb, plant.lots[lot], amount, step=f"{batch}/wash_platelets")
    assert plant.office.counts() == before


def test_more_than_was_issued_is_neither_wasted_nor_returned(plant: Plant) -> None:
    step = f"{plant.batch()}/wash_platelets"
    at_step(plant, issue_material, plant.lots[BUFFER], "10", step=step)
    for verb in (waste_material, return_material):
        with pytest.raises(Refused, match="10 mL are left") as refused:
            at_step(plant, verb, plant.lots[BUFFER], "10.5", step=step)
        assert [one.rule for one in refused.value.findings] == ["MAT-09"]


def test_what_was_taken_straight_from_the_lot_is_wasted_but_not_returned(plant: Plant) -> None:
    batch = washed(plant)
    step = f"{batch}/wash_platelets"
    at_step(plant, waste_material, plant.lots[BUFFER], "20", step=step)
    assert sums(plant, batch)[0] == ("wash_platelets", 20, 0, 20, 0, "PASS")
    with pytest.raises(Refused, match="it took what it used straight from the lot"):
        at_step(plant, return_material, plant.lots[BUFFER], "1", step=step)


def test_nothing_is_issued_to_a_step_that_is_done(plant: Plant) -> None:
    batch = washed(plant)
    with pytest.raises(Refused, match="issued before a step is done"):
        at_step(plant, issue_material, plant.lots[BUFFER], "1", step=f"{batch}/wash_platelets")


def test_nothing_of_an_expired_or_waiting_lot_is_issued(plant: Plant) -> None:
    step = f"{plant.batch()}/wash_platelets"
    waiting, short = plant.lot(BUFFER, release=False), plant.lot(BUFFER, days=1)
    plant.office.later(days=1, seconds=1)
    for lot, rule in ((waiting, "MAT-01"), (short, "MAT-02")):
        with pytest.raises(Refused) as refused:
            at_step(plant, issue_material, lot, "1", step=step)
        assert [one.rule for one in refused.value.findings] == [rule]


def test_the_time_of_use_is_told_in_the_trace(plant: Plant) -> None:
    batch = washed(plant)
    (use,) = [one for one in found(plant, batch).uses if one.lot == plant.lots[BUFFER]]
    assert use.how == "scanned" and abs(use.at - plant.office.now) < timedelta(days=1)
