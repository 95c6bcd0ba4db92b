"""Rules of containers as a table of rows, the table of transformations, the arithmetic of what is in a container."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.batches import container_rules as rules
from mfg.batches.content import Content, Happened, content
from mfg.batches.records import CONTAINER_STATES
from mfg.batches.transformations import TRANSFORMATIONS
from mfg.facts import judge
from mfg.recipes.master import CONTAINER_KINDS
from mfg.verbs import VERBS

TEN, HUNDRED = Decimal(10), Decimal(100)
OURS = rules.Origin("NK-26-001-C02", "vessel", "SUB-0001", "DON-0001", "NK-26-001", "", HUNDRED, TEN, Decimal("1e8"))
HARVESTED = replace(OURS, kind="harvest")
MAKING = rules.Making("harvest", "NK-26-001", "SUB-0001", "DON-0001", (OURS,), (Decimal(50),))
MOVING = replace(MAKING, transformation="transfer", parts_ml=(TEN,))
CHANGING = rules.Changing("measure", "NK-26-001-C02", "harvest", ("harvest",), volume_ml=TEN, cells=Decimal(5),
                          given=Decimal(5))
LOSING = rules.Losing("transfer", HUNDRED, Decimal(95), "mL", Decimal(5))

ROWS: list[tuple[Any, Any, dict[str, Any], str]] = [
    # CON-01 one recipient, one listed donor
    (rules.one_chain, MAKING, {}, "PASS"),
    (rules.one_chain, MAKING, {"parents": ()}, "CANNOT DETERMINE"),
    (rules.one_chain, MAKING, {"parents": (OURS, replace(OURS, recipient="SUB-0002"))}, "FAIL"),
    (rules.one_chain, MAKING, {"parents": (replace(OURS, donor="DON-0002"),)}, "FAIL"),
    # CON-02 of the same batch
    (rules.same_batch, MAKING, {}, "PASS"),
    (rules.same_batch, MAKING, {"parents": (replace(OURS, batch="NK-26-002"),)}, "FAIL"),
    # CON-03 a transformation of the table, of the kinds and the number it names
    (rules.declared, MAKING, {}, "PASS"),
    (rules.declared, MAKING, {"transformation": "load"}, "FAIL"),
    (rules.declared, MAKING, {"transformation": "melt"}, "CANNOT DETERMINE"),
    (rules.declared, MAKING, {"transformation": "fill", "parents": (HARVESTED,)}, "FAIL"),
    (rules.declared, MAKING, {"transformation": "fill", "parents": (HARVESTED,), "loads": False}, "PASS"),
    (rules.declared, MAKING, {"transformation": "pool", "parents": (OURS,)}, "FAIL"),
    (rules.declared, MAKING, {"transformation": "pool", "parents": (OURS, replace(OURS, code="C03"))}, "PASS"),
    (rules.declared, MAKING, {"transformation": "pool", "parents": (OURS, HARVESTED)}, "FAIL"),
    (rules.declared, MAKING, {"transformation": "transfer", "parents": (OURS, replace(OURS, code="C03"))}, "FAIL"),
    # CON-04 not more is taken than is there; the whole of it may be
    (rules.enough_there, MAKING, {}, "PASS"),
    (rules.enough_there, MAKING, {"parents": (replace(OURS, taken_ml=HUNDRED),)}, "PASS"),
    (rules.enough_there, MAKING, {"parents": (replace(OURS, taken_ml=Decimal("100.001")),)}, "FAIL"),
    (rules.enough_there, MAKING, {"parents": (replace(OURS, taken_ml=Decimal(0)),)}, "FAIL"),
    (rules.enough_there, MAKING, {"parents": (replace(OURS, left_ml=None),)}, "CANNOT DETERMINE"),
    (rules.enough_there, MAKING, {"parents": (replace(OURS, taken_ml=None),)}, "CANNOT DETERMINE"),
    # CON-05 no volume comes from nothing, unless liquid is added
    (rules.volume_kept, MOVING, {}, "PASS"),
    (rules.volume_kept, MOVING, {"parts_ml": (Decimal("10.001"),)}, "FAIL"),
    (rules.volume_kept, MOVING, {"parts_ml": (Decimal(6), Decimal("4.001"))}, "FAIL"),
    (rules.volume_kept, MOVING, {"parts_ml": (TEN, Decimal(0))}, "FAIL"),
    (rules.volume_kept, MOVING, {"parts_ml": ()}, "FAIL"),
    (rules.volume_kept, MOVING, {"parents": (replace(OURS, taken_ml=None),)}, "CANNOT DETERMINE"),
    (rules.volume_kept, MAKING, {}, "PASS"),
    (rules.volume_kept, MAKING, {"transformation": "melt"}, "CANNOT DETERMINE"),
    # CON-06 never more cells than went in
    (rules.no_cell_from_nothing, MAKING, {}, "PASS"),
    (rules.no_cell_from_nothing, MAKING, {"cells": Decimal("1e8")}, "PASS"),
    (rules.no_cell_from_nothing, MAKING, {"cells": Decimal("100000001")}, "FAIL"),
    (rules.no_cell_from_nothing, MAKING, {"cells": Decimal(-1)}, "FAIL"),
    (rules.no_cell_from_nothing, MAKING, {"cells": Decimal(1), "parents": (replace(OURS, taken_cells=None),)},
     "CANNOT DETERMINE"),
    (rules.no_cell_from_nothing, MOVING, {"cells": Decimal(1)}, "FAIL"),
    (rules.no_cell_from_nothing, MAKING, {"transformation": "melt"}, "CANNOT DETERMINE"),
    # CON-07 it may be opened
    (rules.may_be_opened, MAKING, {}, "PASS"),
    (rules.may_be_opened, MAKING, {"parents": (replace(OURS, closed="C02 is frozen."),)}, "FAIL"),
    # CON-08 the process freezes it
    (rules.process_freezes, CHANGING, {}, "PASS"),
    (rules.process_freezes, CHANGING, {"frozen_kinds": ()}, "FAIL"),
    # CON-09 nobody waits for it
    (rules.nobody_waits, CHANGING, {}, "PASS"),
    (rules.nobody_waits, CHANGING, {"waited_for": "filled"}, "FAIL"),
    (rules.nobody_waits, CHANGING, {"waited_for": "certified"}, "FAIL"),
    (rules.nobody_waits, CHANGING, {"waited_for": "rejected"}, "PASS"),
    # CON-10 a measurement that can be
    (rules.measurable, CHANGING, {}, "PASS"),
    (rules.measurable, CHANGING, {"cells": Decimal(6)}, "FAIL"),
    (rules.measurable, CHANGING, {"cells": Decimal(6), "kind": "vessel"}, "PASS"),
    (rules.measurable, CHANGING, {"cells": Decimal(6), "given": None}, "PASS"),
    (rules.measurable, CHANGING, {"cells": None}, "PASS"),
    (rules.measurable, CHANGING, {"volume_ml": None}, "CANNOT DETERMINE"),
    (rules.measurable, CHANGING, {"volume_ml": Decimal(-1)}, "FAIL"),
    (rules.measurable, CHANGING, {"kind": "dose bag"}, "FAIL"),
    (rules.measurable, CHANGING, {"closed": "C02 is frozen."}, "FAIL"),
    # CON-11 no more is lost than stated
    (rules.loss_within, LOSING, {}, "PASS"),
    (rules.loss_within, LOSING, {"came_out": Decimal("94.9")}, "FAIL"),
    (rules.loss_within, LOSING, {"came_out": Decimal("100.1")}, "FAIL"),
    (rules.loss_within, LOSING, {"went_in": Decimal(0)}, "FAIL"),
    (rules.loss_within, LOSING, {"went_in": None}, "CANNOT DETERMINE"),
    (rules.loss_within, LOSING, {"came_out": None}, "CANNOT DETERMINE"),
    (rules.loss_within, LOSING, {"most_percent": None}, "CANNOT DETERMINE"),
]


@pytest.mark.parametrize(("rule", "facts", "change", "verdict"), ROWS,
                         ids=[f"{row[0].id}-{place}" for place, row in enumerate(ROWS)])
def test_rule(rule: Any, facts: Any, change: dict[str, Any], verdict: str) -> None:
    found = judge((rule,), replace(facts, **change))[0]
    assert found.verdict.value == verdict, found.why
    assert found.why.endswith(".")


def test_every_rule_of_containers_has_a_row() -> None:
    listed = {one.id for many in (rules.MAKE, rules.LOSE, rules.FREEZE, rules.DISCARD, rules.MEASURE) for one in many}
    assert {row[0].id for row in ROWS} == listed == {f"CON-{number:02d}" for number in range(1, 12)}


def test_the_states_of_a_container_are_reachable_and_known_to_the_database() -> None:
    assert set(CONTAINER_STATES) == {"in use", "frozen", "discarded"} == set(rules.CONTAINER.states)
    assert {move.verb for move in rules.CONTAINER.moves} <= set(VERBS)
    assert not [move for move in rules.CONTAINER.moves if "discarded" in move.before]


# --- the table ------------------------------------------------------------------------------------------------


def test_every_transformation_the_issue_names_is_declared_and_has_a_verb() -> None:
    asked = {"collect", "receive", "wash", "deplete", "split", "pool", "load", "fill", "sample", "thaw", "discard"}
    assert asked <= set(TRANSFORMATIONS)
    for one in TRANSFORMATIONS.values():
        assert one.verb in VERBS
        assert one.identity and one.volume and one.cells and one.about
        assert one.origins | {one.makes} <= {*CONTAINER_KINDS, "", "the same kind"}


@pytest.mark.parametrize("kind", CONTAINER_KINDS)
def test_every_kind_of_container_comes_to_be_and_ends(kind: str) -> None:
    makers = [one for one in TRANSFORMATIONS.values() if one.makes == kind]
    assert makers, kind
    assert kind in TRANSFORMATIONS["discard"].origins


def test_nothing_makes_a_dose_bag_but_filling_and_nothing_mixes_kinds_but_the_table() -> None:
    assert [one.name for one in TRANSFORMATIONS.values() if one.makes == "dose bag"] == ["fill"]
    order = {kind: place for place, kind in enumerate(("collection bag", "vessel", "harvest", "loaded cells",
                                                       "dose bag", "sample tube"))}
    for one in TRANSFORMATIONS.values():
        if one.makes in order and one.makes != "sample tube":
            assert all(order[kind] <= order[one.makes] for kind in one.origins), one.name


# --- what is in a container -------------------------------------------------------------------------------------

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
VOLUMES = st.decimals("0.001", 1000, places=3)


def taken(volume: Any, cells: Any = None, *, hours: int = 1) -> Happened:
    return Happened(NOON + timedelta(hours=hours), False, volume, cells)


def measured(volume: Any, cells: Any = None, *, hours: int = 1) -> Happened:
    return Happened(NOON + timedelta(hours=hours), True, volume, cells)


def test_what_was_taken_is_gone() -> None:
    assert content(Content(HUNDRED, Decimal(1000)), [taken(TEN, Decimal(100)), taken(TEN, Decimal(100))]) == \
        Content(Decimal(80), Decimal(800))


def test_a_measurement_counts_from_then_on() -> None:
    after = content(Content(HUNDRED, Decimal(1000)), [taken(TEN, Decimal(100)), measured(Decimal(70), hours=2),
                                                      taken(TEN, Decimal(100), hours=3)])
    assert after == Content(Decimal(60), None)


def test_a_measurement_of_the_same_moment_comes_before_what_was_taken() -> None:
    assert content(Content(HUNDRED), [taken(TEN), measured(Decimal(90))]).volume_ml == Decimal(80)


def test_an_unknown_amount_leaves_an_unknown_content_and_never_zero() -> None:
    assert content(Content(HUNDRED, Decimal(5)), [taken(None)]) == Content(None, None)
    assert content(Content(None), [taken(TEN)]) == Content(None, None)
    assert content(Content(None), [taken(TEN), measured(TEN, hours=2)]) == Content(TEN, None)
    assert Content(None, Decimal(5)).share(TEN) is None
    assert Content(HUNDRED, None).share(TEN) is None
    assert Content(Decimal(0), Decimal(0)).share(TEN) is None


@given(parts=st.lists(VOLUMES, min_size=1, max_size=6), rest=VOLUMES, cells=st.integers(0, 10**12))
def test_cells_and_volume_taken_and_left_are_what_was_there(parts: list[Decimal], rest: Decimal, cells: int) -> None:
    first = Content(sum(parts, rest), Decimal(cells))
    shares = [first.share(one) for one in parts]
    left = content(first, [taken(one, share) for one, share in zip(parts, shares, strict=True)])
    assert left.volume_ml == rest
    given_away = sum(one for one in shares if one is not None)
    assert left.cells is not None and left.cells >= 0
    assert left.cells + given_away == cells
    assert all(one is not None and one <= cells * part / first.volume_ml < one + 1
               for one, part in zip(shares, parts, strict=True) if first.volume_ml)
