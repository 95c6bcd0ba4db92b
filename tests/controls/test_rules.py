"""Rules TRD-01 to TRD-09: a row for each verdict, under the name of the rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.controls import rules
from mfg.controls.rules import (
    CONTROL_RUN,
    ControlFacts,
    Controlled,
    LevelFacts,
    Running,
    SecondPerson,
    SettingUp,
    Spread,
)
from mfg.facts import Rule
from tests.office import NOON

HOUR = timedelta(hours=1)
RUNNING = Running("nk_percent", ("nk_percent", "viability"), "%", "%", "LOT-0001", "LOT-0001", NOON, NOON)
SETTING = SettingUp("nk_percent", "normal", "LOT-0001", "runs", 20, None, None, ("1-3s", "2-2s"), 24, "released")
ASSIGNED = replace(SETTING, basis="assigned", runs=0, centre=D(90), sd=D(2))
GOOD = ControlFacts("CR-000021", NOON - HOUR, "reviewed", "PASS")
BAD = replace(GOOD, verdict="FAIL", broken=("1-3s",), deviation="DEV-0001", concluded=False)
LEVEL = LevelFacts("normal", "CC-0001", 24, GOOD)
TESTED = Controlled("nk_percent", NOON, (LEVEL,))

ROWS = [
    (rules.for_a_test, RUNNING, "PASS", "is a test in use"),
    (rules.for_a_test, replace(RUNNING, test="mood"), "FAIL", "Choose one of: nk_percent, viability"),
    (rules.for_a_test, replace(RUNNING, known_tests=()), "FAIL", "make a specification effective first"),
    (rules.in_the_past, RUNNING, "PASS", "follow each other"),
    (rules.in_the_past, replace(RUNNING, run_at=NOON + HOUR), "FAIL", "it is now 2026-11-20 12:00 UTC"),
    (rules.in_the_past, replace(RUNNING, beside=("nk_percent", NOON - HOUR)), "PASS", "follow"),
    (rules.in_the_past, replace(RUNNING, beside=("viability", NOON)), "FAIL", "Name a run of the same test"),
    (rules.in_the_past, replace(RUNNING, beside=("nk_percent", NOON - 25 * HOUR)), "FAIL", "and day"),
    (rules.of_the_chart, RUNNING, "PASS", "those of the chart"),
    (rules.of_the_chart, replace(RUNNING, chart_unit=None, chart_lot=None), "PASS", "no chart yet"),
    (rules.of_the_chart, replace(RUNNING, lot="LOT-0002"), "PASS", "counts towards its new version"),
    (rules.of_the_chart, replace(RUNNING, unit="{cells}/mL"), "FAIL", "the chart is in %"),
    (rules.enough_runs, SETTING, "PASS", "20 reviewed runs"),
    (rules.enough_runs, replace(SETTING, runs=19), "CANNOT DETERMINE", "at least 20 were expected"),
    (rules.enough_runs, replace(SETTING, centre=D(90)), "FAIL", "leave both empty"),
    (rules.enough_runs, ASSIGNED, "PASS", "Assigned to LOT-0001: 90, SD 2"),
    (rules.enough_runs, replace(ASSIGNED, centre=None), "CANNOT DETERMINE", "from its certificate"),
    (rules.enough_runs, replace(ASSIGNED, sd=None), "CANNOT DETERMINE", "from its certificate"),
    (rules.asks_rules, SETTING, "PASS", "1-3s, 2-2s"),
    (rules.asks_rules, replace(SETTING, rules=("1-3s",)), "FAIL", "at least one rule more"),
    (rules.asks_rules, replace(SETTING, rules=("1-2s", "1-3s")), "FAIL", "not a rejecting rule"),
    (rules.asks_rules, replace(SETTING, rules=("2-2s", "4-1s")), "FAIL", "1-3s and"),
    (rules.asks_rules, replace(SETTING, hours=0), "FAIL", "above zero hours"),
    (rules.lot_usable, SETTING, "PASS", "LOT-0001 is released"),
    (rules.lot_usable, replace(SETTING, lot_state="quarantine"), "FAIL", "a released lot was expected"),
    (rules.lot_usable, replace(SETTING, lot_state=None), "CANNOT DETERMINE", "There is no lot"),
    (rules.spread_known, Spread(D("0.5")), "PASS", "SD 0.5"),
    (rules.spread_known, Spread(D(0)), "FAIL", "zero to six decimals"),
    (rules.spread_known, Spread(None), "CANNOT DETERMINE", "two different values"),
    (rules.two_people, SecondPerson("CR-000001", "P-1", "P-2"), "PASS", "second person"),
    (rules.two_people, SecondPerson("CR-000001", "P-1", "P-1"), "FAIL", "Another one"),
    (rules.control_in_order, TESTED, "PASS", "in order in CR-000021"),
    (rules.control_in_order, replace(TESTED, levels=()), "PASS", "not run with a control here"),
    (rules.control_in_order, replace(TESTED, levels=(replace(LEVEL, before=None),)), "CANNOT DETERMINE", "not run"),
    (rules.control_in_order, replace(TESTED, tested_at=NOON + 23 * HOUR), "PASS", "in order"),
    (rules.control_in_order, replace(TESTED, tested_at=NOON + 23 * HOUR + timedelta(seconds=1)), "CANNOT DETERMINE",
     "was not run within 24 h"),
    (rules.control_in_order, replace(TESTED, levels=(replace(LEVEL, before=BAD),)), "FAIL", "broke 1-3s in CR-000021"),
    (rules.control_in_order, replace(TESTED, levels=(LEVEL, replace(LEVEL, level="high", before=BAD))), "FAIL",
     "nk_percent, high, broke"),
    (rules.control_in_order, replace(TESTED, levels=(replace(LEVEL, before=replace(GOOD, state="excluded")),)),
     "CANNOT DETERMINE", "excluded and says nothing"),
    (rules.control_in_order, replace(TESTED, levels=(replace(LEVEL, before=replace(GOOD, verdict="CANNOT DETERMINE")),
                                                     )), "CANNOT DETERMINE", "Set up the chart"),
    (rules.control_in_order, replace(TESTED, levels=(replace(LEVEL, after=BAD),)), "CANNOT DETERMINE",
     "until DEV-0001 is concluded"),
    (rules.control_in_order, replace(TESTED, levels=(replace(LEVEL, after=replace(BAD, concluded=True)),)), "PASS",
     "in order"),
    (rules.control_in_order, replace(TESTED, levels=(replace(LEVEL, after=GOOD),)), "PASS", "in order"),
]


@pytest.mark.parametrize(("asked", "facts", "verdict", "said"), ROWS,
                         ids=[f"{one[0].id} {one[2]} {place}" for place, one in enumerate(ROWS)])
def test_a_rule_answers(asked: Rule[Any], facts: Any, verdict: str, said: str) -> None:
    found = asked(facts)
    assert found.verdict.value == verdict and said in found.why


def test_every_rule_of_the_room_has_a_row_and_a_requirement() -> None:
    made = {one for one in vars(rules).values() if isinstance(one, Rule)}
    assert made == {row[0] for row in ROWS}
    assert all(len(one.requirement) > 40 for one in made)
    assert len({one.id for one in made}) == len(made)


RUNS = st.none() | st.builds(
    ControlFacts, run=st.just("CR-000001"), run_at=st.integers(0, 60).map(lambda hours: NOON - hours * HOUR),
    state=st.sampled_from(sorted(CONTROL_RUN.states)), verdict=st.sampled_from(["PASS", "FAIL", "CANNOT DETERMINE"]),
    broken=st.just(("1-3s",)), deviation=st.just("DEV-0001"), concluded=st.booleans())
LEVELS = st.lists(st.builds(LevelFacts, level=st.just("normal"), chart=st.just("CC-0001"), hours=st.integers(1, 48),
                            before=RUNS, after=RUNS), min_size=1, max_size=3)


@given(LEVELS)
def test_a_control_in_order_means_a_good_recent_run_of_every_level_and_nothing_open_after_it(
        levels: list[LevelFacts]) -> None:
    found = rules.control_in_order(Controlled("nk_percent", NOON, tuple(levels)))
    good = all(one.before is not None and one.before.verdict == "PASS" and one.before.state != "excluded"
               and NOON - one.before.run_at <= one.hours * HOUR
               and not (one.after and one.after.verdict == "FAIL" and not one.after.concluded) for one in levels)
    assert (found.verdict.value == "PASS") is good


@given(LEVELS, st.data())
def test_taking_a_run_away_never_lets_a_result_through(levels: list[LevelFacts], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(levels) - 1))
    fewer = [replace(one, before=None) if at == place else one for at, one in enumerate(levels)]
    assert rules.control_in_order(Controlled("nk_percent", NOON, tuple(fewer))).verdict.value != "PASS"


def test_an_excluded_run_stays_excluded() -> None:
    assert CONTROL_RUN.states == {"recorded", "reviewed", "excluded"} and CONTROL_RUN.final == {"excluded"}
