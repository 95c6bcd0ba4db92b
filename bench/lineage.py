"""The family of a container among a million containers, against the same family among a thousand."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.engine import Engine

from bench.measure import Arms, Comparison, cpu, milliseconds
from mfg.batches.lineage import family
from mfg.db import look, open_engine
from mfg.tables import METADATA

SMALL, LARGE = 1_000, 1_000_000
#: containers of one batch: a bag, then each made from the one before, every fourth a pool of two
FAMILY, ASKED = 20, 40
AT = "2026-11-20T12:00:00.000000Z"


@contextmanager
def plant(containers: int) -> Iterator[Engine]:
    """So many containers in families of twenty. Rows are put in bare: an act for each would take hours."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "bench.db"
        engine = open_engine(f"sqlite:///{file}")
        with engine.execution_options(mfg_begin="write").begin() as connection:
            METADATA.create_all(connection)
        engine.dispose()
        bare = sqlite3.connect(file)
        bare.executemany(
            "INSERT INTO container (code, kind, recipient, donor, collection, state, made_at, made_by, version) "
            f"VALUES (?, 'vessel', 'SUB-0001', 'DON-0001', 'COL-000001', 'in use', '{AT}', 'P-0001', 1)",
            ((code(number),) for number in range(containers)))
        bare.executemany("INSERT INTO descent (child, parent, recipient, donor) VALUES (?, ?, 'SUB-0001', 'DON-0001')",
                         descents(containers))
        bare.commit()
        bare.close()
        yield engine
        engine.dispose()


def code(number: int) -> str:
    return f"NK-26-{number // FAMILY:05d}-C{number % FAMILY + 1:02d}"


def descents(containers: int) -> Iterator[tuple[str, str]]:
    for number in range(containers):
        place = number % FAMILY
        if place:
            yield code(number), code(number - 1)
        if place and place % 4 == 0:
            yield code(number), code(number - 2)


def families(engine: Engine, containers: int) -> None:
    """The families of containers all over the table, each in the middle of its own."""
    step = containers // ASKED
    with look(engine) as session:
        for number in range(ASKED):
            kin, _ = family(session, code(number * step // FAMILY * FAMILY + FAMILY // 2))
            assert len(kin) == FAMILY, f"{len(kin)} in the family; {FAMILY} were expected"


@contextmanager
def arms() -> Iterator[Arms]:
    with ExitStack() as open_ones:
        large, small = (open_ones.enter_context(plant(many)) for many in (LARGE, SMALL))
        yield Arms(cpu(lambda: families(large, LARGE), ASKED), cpu(lambda: families(small, SMALL), ASKED))


COMPARISONS = (
    Comparison("the family of a container among 1,000,000", "among 1,000", arms, milliseconds,
               promise="at most 1.5x", kept=lambda ratio, _cost: ratio <= 1.5),
)
