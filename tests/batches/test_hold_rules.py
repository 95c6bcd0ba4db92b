"""Hold times as arithmetic: what segments add up to, when they run out, and what the rules say of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.batches import hold_rules as rules
from mfg.batches.hold_records import HOLD_STATES
from mfg.batches.hold_rules import HOLD, Clock, Holding, Run, clock, minutes, state_after, told
from mfg.facts import Verdict, judge
from mfg.verbs import VERBS

T0 = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
LIMIT, WARN = Decimal(60), Decimal(48)


def at(minute: float) -> datetime:
    return T0 + timedelta(minutes=minute)


def run(start: float | None, stop: float | None = None) -> Run:
    return Run(None if start is None else at(start), None if stop is None else at(stop))


def stands(*runs: Run, now: float = 0) -> Clock:
    return clock(runs, LIMIT, WARN, at(now))


def holding(*runs: Run, now: float = 0, **more: Any) -> Holding:
    return Holding("contact", "Contact", LIMIT, WARN, runs, at(now), **more)


# --- the clock ------------------------------------------------------------------------------------------------


def test_nothing_has_run_before_the_start() -> None:
    found = stands(run(None), now=500)
    assert (found.used, found.running, found.started_at, found.limit_at) == (timedelta(0), False, None, None)


def test_a_missing_stop_is_a_clock_that_still_runs() -> None:
    found = stands(run(0), now=59)
    assert found.running and found.used == timedelta(minutes=59) and not found.over
    assert (found.warn_at, found.limit_at, found.stopped_at) == (at(48), at(60), None)


@pytest.mark.parametrize(("now", "over"), [(60, False), (60.0001, True), (59.9999, False)])
def test_the_limit_itself_is_in_time_and_not_a_moment_more(now: float, over: bool) -> None:
    assert stands(run(0), now=now).over is over
    assert stands(run(0, now), now=500).over is over


def test_a_stopped_clock_does_not_run_on() -> None:
    found = stands(run(0, 30), now=5000)
    assert found.used == timedelta(minutes=30) and not found.running and found.stopped_at == at(30)


def test_segments_add_up_and_the_deadline_moves_with_the_pause() -> None:
    found = stands(run(0, 40), run(100), now=110)
    assert found.used == timedelta(minutes=50) and found.limit_at == at(120) and found.warn_at == at(108)


def test_a_pause_between_segments_has_no_deadline() -> None:
    found = stands(run(0, 40), run(None), now=90)
    assert found.used == timedelta(minutes=40) and found.limit_at is None and not found.running


def test_a_minute_in_which_two_segments_run_counts_once() -> None:
    assert stands(run(0, 40), run(20, 50), now=90).used == timedelta(minutes=50)
    assert stands(run(0), run(20, 50), now=55).used == timedelta(minutes=55)
    assert stands(run(0, 30), run(20), now=40).used == timedelta(minutes=40)
    assert stands(run(0, 30), run(20), now=40).limit_at == at(60)


moments = st.integers(0, 10_000)


@given(cuts=st.lists(moments, min_size=2, max_size=12, unique=True), late=st.integers(0, 1000))
def test_separate_segments_add_up_to_the_plain_sum(cuts: list[int], late: int) -> None:
    """Restated: pairs of sorted minutes are segments that do not touch, so their lengths add up."""
    cuts = sorted(cuts)
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    found = stands(*(run(start, stop) for start, stop in pairs), now=cuts[-1] + late)
    assert found.used == timedelta(minutes=sum(stop - start for start, stop in pairs))
    if len(cuts) % 2:
        running = stands(*(run(start, stop) for start, stop in pairs), run(cuts[-1]), now=cuts[-1] + late)
        assert running.used == found.used + timedelta(minutes=late)
        assert running.limit_at == at(cuts[-1]) + (timedelta(minutes=60) - found.used)
        assert running.over == (running.limit_at < at(cuts[-1] + late))


@given(spans=st.lists(st.tuples(moments, moments).map(sorted), min_size=1, max_size=6), now=st.integers(10_000, 20_000))
def test_overlapping_segments_never_count_a_minute_twice_nor_lose_one(spans: list[list[int]], now: int) -> None:
    covered = {minute for start, stop in spans for minute in range(start, stop)}
    assert stands(*(run(*span) for span in spans), now=now).used == timedelta(minutes=len(covered))


@given(start=st.integers(0, 365 * 24 * 60), length=st.integers(0, 6000),
       zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe"]))
def test_a_zone_and_its_daylight_saving_alter_no_elapsed_time(start: int, length: int, zone: str) -> None:
    begun = at(start)
    ended = begun + timedelta(minutes=length)
    local = Run(begun.astimezone(ZoneInfo(zone)), ended.astimezone(ZoneInfo(zone)))
    assert clock((local,), LIMIT, WARN, ended).used == timedelta(minutes=length)


def test_the_night_the_clocks_go_back_has_its_25_hours() -> None:
    """From 00:30 to 00:30 of the next day by the wall clock of Berlin, 25 October 2026, are 25 hours."""
    berlin = ZoneInfo("Europe/Berlin")
    begun, ended = datetime(2026, 10, 25, 0, 30, tzinfo=berlin), datetime(2026, 10, 26, 0, 30, tzinfo=berlin)
    assert clock((Run(begun, ended),), LIMIT, WARN, T0).used == timedelta(hours=25)


@given(start=moments, stop=moments, shift=st.integers(-500, 500))
def test_a_corrected_time_is_counted_as_if_it_had_always_been_so(start: int, stop: int, shift: int) -> None:
    """The clock has no memory: the same times give the same answer, whatever was entered before."""
    start, stop = sorted((start, stop))
    moved = max(stop + shift, start)
    assert stands(run(start, moved), now=99_999).used - stands(run(start, stop), now=99_999).used == \
        timedelta(minutes=moved - stop)


@given(amount=st.decimals(0, 100_000, places=6))
def test_minutes_are_exact_to_the_microsecond(amount: Decimal) -> None:
    kept = Decimal(minutes(amount) // timedelta(microseconds=1))
    assert kept == (amount * 60_000_000).to_integral_value("ROUND_DOWN")


# --- states -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "runs", "now", "after"), [
    ("running", (run(0),), 30, "running"),
    ("running", (run(0),), 61, "breached"),
    ("running", (run(0, 30),), 40, "stopped"),
    ("running", (run(0, 70),), 80, "breached"),
    ("stopped", (run(0, 30), run(50)), 60, "running"),
    ("stopped", (run(0, 70),), 80, "breached"),
    ("breached", (run(0, 55),), 80, "stopped in time"),
    ("breached", (run(0, 61),), 80, "breached"),
    ("breached", (run(0),), 59, "running"),
    ("stopped in time", (run(0, 55),), 80, "stopped in time"),
    ("stopped in time", (run(0, 61),), 80, "breached"),
    ("stopped in time", (run(0, 30), run(50)), 60, "running"),
    ("continued", (run(0, 55),), 80, "continued"),
    ("continued", (run(0),), 999, "continued"),
])
def test_the_state_follows_from_the_times(before: str, runs: tuple[Run, ...], now: float, after: str) -> None:
    assert state_after(before, stands(*runs, now=now)) == after
    assert before == after or any(before in move.before and move.after == after for move in HOLD.moves)


def test_states_are_reachable_and_known_to_the_database() -> None:
    assert set(HOLD.states) == set(HOLD_STATES)
    assert {move.verb for move in HOLD.moves} <= set(VERBS)
    assert {move.after for move in HOLD.moves} | {HOLD.start} == set(HOLD_STATES)
    assert not [move for move in HOLD.moves if "continued" in move.before]


def test_only_a_breach_can_be_let_continue() -> None:
    assert HOLD.after("continue after breach", "breached") == "continued"
    assert [move.before for move in HOLD.moves if move.after == "continued"] == [frozenset({"breached"})]


# --- rules ------------------------------------------------------------------------------------------------------


def verdict(rule: Any, facts: Holding) -> str:
    return rule(facts).verdict.value


def test_HOLD_01_passes_up_to_and_at_the_limit_and_fails_after_it() -> None:
    assert verdict(rules.within_limit, holding(run(0), now=60)) == "PASS"
    assert verdict(rules.within_limit, holding(run(0), now=61)) == "FAIL"
    assert verdict(rules.within_limit, holding(run(0, 61), now=61)) == "FAIL"


def test_HOLD_01_passes_once_quality_assurance_let_it_continue_and_names_the_deviation() -> None:
    found = rules.within_limit(holding(run(0), now=99, state="continued", deviation="DEV-0004"))
    assert found.verdict is Verdict.PASS and "DEV-0004" in found.why


@pytest.mark.parametrize("state", ["", "running", "stopped", "breached", "stopped in time"])
def test_HOLD_01_no_other_state_makes_an_exceeded_time_pass(state: str) -> None:
    found = rules.within_limit(holding(run(0), now=99, state=state, deviation="DEV-0004"))
    assert found.verdict is Verdict.FAIL and "1 h 39 min" in found.why and "at most 60 min" in found.why
    assert "DEV-0004" in found.why and "Quality assurance" in found.why


def test_HOLD_02_a_stop_before_its_start_is_refused_with_both_times() -> None:
    found = rules.in_order(holding(run(30, 20), now=60))
    assert found.verdict is Verdict.FAIL and "08:20" in found.why and "08:30" in found.why
    assert verdict(rules.in_order, holding(run(30, 30), now=60)) == "PASS"
    assert verdict(rules.in_order, holding(run(30), now=60)) == "PASS"


def test_HOLD_02_compares_moments_and_not_wall_clocks() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    begun = datetime(2026, 10, 25, 2, 45, tzinfo=berlin)  # summer time, 00:45 UTC
    ended = datetime(2026, 10, 25, 2, 15, tzinfo=berlin, fold=1)  # half an hour later, 01:15 UTC
    facts = Holding("contact", "Contact", LIMIT, WARN, (Run(begun, ended),), T0)
    assert verdict(rules.in_order, facts) == "PASS"
    assert facts.clock.used == timedelta(minutes=30)


def test_HOLD_03_an_end_without_a_start_cannot_be_determined() -> None:
    found = rules.start_known(holding(run(None, 20), now=60))
    assert found.verdict is Verdict.CANNOT_DETERMINE and "is not recorded" in found.why
    assert verdict(rules.start_known, holding(run(0, 20), now=60)) == "PASS"
    assert verdict(rules.start_known, holding(run(None), now=60)) == "PASS"


@given(starts=st.lists(st.one_of(st.none(), moments), min_size=1, max_size=4),
       stops=st.lists(st.one_of(st.none(), moments), min_size=4, max_size=4), now=moments)
def test_if_every_rule_passes_then_no_more_than_the_limit_was_used(starts: list[int | None],
                                                                   stops: list[int | None], now: int) -> None:
    """Restated with sets of minutes: whoever is let on has used at most the limit, with every end after a start."""
    pairs = list(zip(starts, stops, strict=False))
    found = judge(rules.HOLDS, holding(*(run(*pair) for pair in pairs), now=now))
    if all(one.verdict is Verdict.PASS for one in found):
        used = {minute for start, stop in pairs if start is not None
                for minute in range(start, now if stop is None else stop)}
        assert len(used) <= LIMIT
        assert all(start is not None and start <= stop for start, stop in pairs if stop is not None)


@pytest.mark.parametrize(("span", "words"), [
    (timedelta(0), "0 min"), (timedelta(seconds=90), "1 min 30 s"), (timedelta(minutes=65), "1 h 05 min"),
    (timedelta(hours=48), "2 d 0 h"), (timedelta(hours=47, minutes=59, seconds=59), "47 h 59 min"),
    (timedelta(minutes=-12), "12 min")])
def test_a_span_is_told_as_people_read_it(span: timedelta, words: str) -> None:
    assert told(span) == words
