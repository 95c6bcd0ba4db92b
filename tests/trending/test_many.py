"""Two hundred batches: a page of a series asks the database a fixed number of questions, and shows every one."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal as D

import pytest
from sqlalchemy.engine import Engine

from mfg.controls.period import Period
from mfg.db import look
from mfg.facts import Verdict
from mfg.paper.control_chart import MOST
from mfg.trending.api import one_trend
from mfg.trending.pages import list_trends, show_trend, trend_drawing
from mfg.trending.series import SERIES
from mfg.trending.shown import on_paper
from mfg.trending.trend import OUTSIDE
from tests.statements import asked_of
from tests.trending.many import many_batches

#: what a page asks for besides its content: who is signed in, that they are here, and the names
AROUND = 4


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    made = many_batches(tmp_path_factory.mktemp("many") / "many.db", 210)
    yield made
    made.dispose()


@pytest.mark.parametrize("key", SERIES)
def test_a_page_of_a_series_asks_at_most_twelve_statements(engine: Engine, key: str) -> None:
    with look(engine) as session, asked_of(engine) as told:
        shown = show_trend(session, series=key)
    assert len(told) + AROUND <= 12, told
    if key != "loaded":  # nobody tested it here
        assert len(shown["rows"]) == MOST


def test_the_list_of_all_series_asks_as_few(engine: Engine) -> None:
    with look(engine) as session, asked_of(engine) as told:
        shown = list_trends(session)
    assert len(told) + AROUND <= 20 and len(shown["rows"]) == len(SERIES)


def test_purity_knows_what_was_outside_and_draws_every_point(engine: Engine) -> None:
    with look(engine) as session:
        found = one_trend(session, "nk-purity", Period())
        picture = trend_drawing(session, "nk-purity", Period())
    assert found.earlier == 10 and len(found.points) == MOST
    outside = [one.label for place, one in enumerate(found.values) if OUTSIDE in found.broken.get(place, ())]
    assert outside == ["NK-20-031-D1", "NK-20-068-D1", "NK-20-105-D1", "NK-20-142-D1", "NK-20-179-D1"]
    assert found.limits.low == D(80) and sum(one.kind == "left out" for one in found.points) == 5
    assert "5 left out, see the table" in picture.says and picture.h > 5 * 200
    assert len(on_paper(found).rows) == MOST


def test_growth_recovery_and_dose_are_worked_out_from_the_records(engine: Engine) -> None:
    with look(engine) as session:
        fold, kept, dose = (one_trend(session, key, Period()) for key in ("fold-expansion", "loading-recovery",
                                                                          "dose-fraction"))
    assert all(20 < one.value < 110 for one in fold.values) and fold.limits.low is None
    assert kept.values[0].label.endswith(" L1") and all(70 < one.value < 100 for one in kept.values)
    assert kept.limits.low == D(70) and kept.state[0] in (Verdict.PASS, Verdict.FAIL)
    assert (dose.limits.low, dose.limits.high) == (D(80), D(120)) and dose.values[-1].label == "NK-20-210-D1"
