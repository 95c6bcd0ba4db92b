"""The dossier of a dose gathered and judged: a batch of 60 steps, 600 values and 120 results, and one ten times that.

CPU time against that of the canonical JSON of the same evidence, which is what has to be hashed anyway; then how time
and statements grow at ten times the size. Statements are counted, not timed: their "cost" is their number.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from sqlalchemy import event
from sqlalchemy.engine import Engine

from bench.big_dose import DOSE, FILLED, big_dose
from bench.measure import Arms, Comparison, cpu, least, milliseconds
from bench.step_page import staffed
from mfg import identity
from mfg.db import look, open_engine
from mfg.recipes import reading
from mfg.release.decide import Judged
from mfg.release.dossier import evidence_of
from mfg.release.gather import decide

AT = FILLED + timedelta(hours=1)
TIMES = 10


def judged(engine: Engine) -> Judged:
    with look(engine) as session:
        return decide(session, DOSE, AT)


def statements(engine: Engine) -> int:
    """How many questions the database is asked, those that only begin a session left out."""
    asked: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith(("PRAGMA", "BEGIN")):
            asked.append(statement)

    event.listen(engine, "before_cursor_execute", hear)
    judged(engine)
    event.remove(engine, "before_cursor_execute", hear)
    return len(asked)


@contextmanager
def plant(times: int) -> Iterator[Engine]:
    """A database with a dose of so many times the size, looked at before anything is measured."""
    with (TemporaryDirectory() as folder, patch.dict(identity.ARGON2, iterations=1, memory_cost=8),
          patch.object(reading, "LONGEST", 1_000_000)):  # no person writes a master record ten times that long
        engine = open_engine(f"sqlite:///{Path(folder) / 'bench.db'}")
        big_dose(engine, staffed(engine), steps=60 * times, results=120 * times)
        found = judged(engine).dossier
        assert (len(found.steps), len(found.results)) == (60 * times, 120 * times), "the dossier is not that large"
        assert found.review is not None and found.review.hash_now == found.review.reviewed_hash
        yield engine
        engine.dispose()


@contextmanager
def one() -> Iterator[Arms]:
    with plant(1) as engine:
        dossier = judged(engine).dossier
        yield Arms(least(cpu(lambda: judged(engine), 1), 3), least(cpu(lambda: evidence_of(dossier), 1), 3))


@contextmanager
def tenfold() -> Iterator[Arms]:
    with plant(TIMES) as large, plant(1) as small:
        yield Arms(cpu(lambda: judged(large), 1), cpu(lambda: judged(small), 1))


@contextmanager
def asked() -> Iterator[Arms]:
    with plant(TIMES) as large, plant(1) as small:
        yield Arms(lambda: float(statements(small)), lambda: float(statements(large)))


COMPARISONS = (
    Comparison("release dossier of 60 steps, 600 values, 120 results", "its canonical JSON", one, milliseconds,
               promise="under 50 ms", kept=lambda _ratio, cost: cost < 0.05),
    Comparison("the same at ten times the size", "at that size", tenfold, milliseconds,
               promise="at most 12x", kept=lambda ratio, _cost: ratio <= 12, rounds=5),
    Comparison("statements of that dossier", "at ten times the size", asked, lambda cost: f"{cost:.0f}",
               promise="25 or fewer, the same at ten times", kept=lambda ratio, cost: ratio == 1 and cost <= 25,
               rounds=5),
)
