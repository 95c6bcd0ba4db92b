"""The way of measuring: the arms take turns, and the ratio and the promise are told as they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bench.measure import HEAD, Arms, Comparison, measure, milliseconds
from bench.run import comparisons


def comparison(turns: list[str], subject: list[float], yardstick: list[float]) -> Comparison:
    """A comparison whose costs are written down beforehand; the first of each is the warm-up."""
    @contextmanager
    def arms() -> Iterator[Arms]:
        def arm(name: str, costs: list[float]) -> float:
            turns.append(name)
            return costs.pop(0)
        yield Arms(lambda: arm("subject", subject), lambda: arm("yardstick", yardstick))
        turns.append("closed")

    return Comparison("a signed act", "bare rows", arms, milliseconds, promise="at most 3x",
                      kept=lambda ratio, _cost: ratio <= 3, rounds=3)


def test_the_arms_take_turns_and_the_warm_up_does_not_count() -> None:
    turns: list[str] = []
    outcome = measure(comparison(turns, [9.0, 0.2, 0.6, 0.4], [9.0, 0.1, 0.1, 0.1]))
    assert turns == ["subject", "yardstick", "subject", "yardstick", "yardstick", "subject", "subject", "yardstick",
                     "closed"]
    line = dict(zip(HEAD, outcome.line(), strict=False))
    assert (line["ratio"], line["range"], line["kept"]) == ("4.00x", "2.00-6.00", "NO")


def test_a_kept_promise_is_said_to_be_kept() -> None:
    outcome = measure(comparison([], [9.0, 0.2, 0.2, 0.2], [9.0, 0.1, 0.1, 0.1]))
    assert outcome.kept and outcome.line()[-1] == "yes"


def test_every_file_of_the_folder_measures_something_against_something() -> None:
    every = comparisons([])
    assert len(every) >= 3
    assert all(one.rounds >= 5 and one.promise and one.against for one in every)


def test_an_unknown_measurement_is_refused_by_name() -> None:
    with pytest.raises(SystemExit, match="no measurement called nonsense; there are cli_help"):
        comparisons(["nonsense"])
