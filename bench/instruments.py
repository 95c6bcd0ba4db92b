"""How long 1,000 rows of a cell counter take to be read, in this process and in the bounded one, and to be judged.

The issue asks for the import under 2 s beside the reader's own time; ten times the rows are ten times the work.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from bench.measure import Arm, Arms, Comparison, cpu, milliseconds

HEADER = ("Sample ID,Cell count,Viable cells,Total (x10^6) cells/mL,Viable (x10^6) cells/mL,Viability (%),"
          "Average diameter (µm),Average circularity,Bubble count,Cluster count,Images for analysis,Cell type,"
          "Minimum Diameter (µm),Maximum Diameter (µm),Images,Cell sharpness,Decluster degree,Aspiration cycles,"
          "Viable spot brightness (%),Mixing cycles,Analysis date/time,Analysis by,Dilution,Wash,Tag\n")


def export(rows: int) -> bytes:
    """A file of a Vi-CELL BLU with that many samples."""
    lines = (f"S-{number},{2000 + number % 500},{1900 + number % 400},2.00,1.90,95.{number % 10},12.{number % 10},0.88,"
             f"0,0,100,NK,6,30,100,7,Medium,3,50,3,11/{13 + number % 15}/2026 {number % 24}:{number % 60:02},op.a,2,"
             "Normal Wash,\n" for number in range(rows))
    return (HEADER + "".join(lines)).encode()


def wall(work: Callable[[], object]) -> Arm:
    """Wall seconds of one piece of work; a process of its own counts."""
    def arm() -> float:
        begin = time.perf_counter()
        work()
        return time.perf_counter() - begin
    return arm


@contextmanager
def here() -> Iterator[Arms]:
    from mfg.instruments.readers import read

    content = export(1_000)
    yield Arms(cpu(lambda: read("f.csv", content), 1),
               cpu(lambda: list(csv.reader(io.StringIO(content.decode(), newline=""))), 1))


@contextmanager
def bounded() -> Iterator[Arms]:
    from mfg.instruments.bounded import read_bounded
    from mfg.instruments.readers import read

    content = export(1_000)
    yield Arms(wall(lambda: read_bounded("f.csv", content)), wall(lambda: read("f.csv", content)))


@contextmanager
def tenfold() -> Iterator[Arms]:
    from mfg.instruments.bounded import read_bounded

    small, large = export(1_000), export(10_000)
    yield Arms(wall(lambda: read_bounded("f.csv", large)), wall(lambda: read_bounded("f.csv", small)))


@contextmanager
def judged() -> Iterator[Arms]:
    from mfg.instruments.case import Told
    from mfg.instruments.preview import preview
    from mfg.instruments.readers import read

    told = Told(datetime.now(UTC), UTC, operators=frozenset({"op.a"}))
    content = export(1_000)
    file = read("f.csv", content)
    yield Arms(cpu(lambda: preview(file, told), 1), cpu(lambda: read("f.csv", content), 1))


COMPARISONS = (
    Comparison("1,000 rows of a counter read", "csv.reader alone", here, milliseconds, promise="under 500 ms of work",
               kept=lambda _ratio, seconds: seconds < 0.5, rounds=7),
    Comparison("1,000 rows read in its process", "read here", bounded, milliseconds,
               promise="under 2 s", kept=lambda _ratio, seconds: seconds < 2, rounds=5),
    Comparison("10,000 rows read in its process", "1,000 rows", tenfold, milliseconds,
               promise="at most 12x", kept=lambda ratio, _seconds: ratio <= 12, rounds=5),
    Comparison("1,000 rows judged by every rule", "reading them", judged, milliseconds, promise="under 1 s of work",
               kept=lambda _ratio, seconds: seconds < 1, rounds=5),
)
