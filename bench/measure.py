"""How a measurement is made here: a subject and a yardstick, in turns, in one run; what counts is the ratio.

A machine is slow one minute and fast the next. The two arms of a comparison take turns, the order changes every
round, and the median of the ratios is given with its range. It times nothing that a test depends on.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import NamedTuple

Arm = Callable[[], float]
"""Does the work once and returns what one unit of it cost, in the unit of its comparison."""


class Arms(NamedTuple):
    """What is measured, and what it is measured against."""

    subject: Arm
    yardstick: Arm


@dataclass(frozen=True)
class Comparison:
    """One line of the table. `open` sets up both arms and clears up after them.

    `promise` is said in words; `kept(median ratio, median cost of the subject)` says whether it is kept.
    `show` turns a cost into the figure people ask for ("2,140 cases/s").
    """

    title: str
    against: str
    open: Callable[[], AbstractContextManager[Arms]]
    show: Callable[[float], str]
    promise: str
    kept: Callable[[float, float], bool]
    rounds: int = 7


@dataclass
class Outcome:
    """What the rounds gave."""

    comparison: Comparison
    costs: list[float] = field(default_factory=list)
    yardsticks: list[float] = field(default_factory=list)

    @property
    def ratios(self) -> list[float]:
        return [cost / yard for cost, yard in zip(self.costs, self.yardsticks, strict=True)]

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)

    @property
    def kept(self) -> bool:
        return self.comparison.kept(self.ratio, statistics.median(self.costs))

    def line(self) -> list[str]:
        one = self.comparison
        return [one.title, one.show(statistics.median(self.costs)), one.against,
                one.show(statistics.median(self.yardsticks)), f"{self.ratio:.2f}x",
                f"{min(self.ratios):.2f}-{max(self.ratios):.2f}", one.promise, "yes" if self.kept else "NO"]


HEAD = ["what", "cost", "against", "cost", "ratio", "range", "promise", "kept"]


def measure(comparison: Comparison) -> Outcome:
    """One warm-up of each arm, then the rounds; the arm that goes first changes every round."""
    outcome = Outcome(comparison)
    with comparison.open() as arms:
        arms.subject()
        arms.yardstick()
        for number in range(comparison.rounds):
            if number % 2:
                outcome.yardsticks.append(arms.yardstick())
                outcome.costs.append(arms.subject())
            else:
                outcome.costs.append(arms.subject())
                outcome.yardsticks.append(arms.yardstick())
    return outcome


def cpu(work: Callable[[], object], units: int) -> Arm:
    """CPU seconds of this process for one of `units` pieces of work."""
    def arm() -> float:
        begin = time.process_time()
        work()
        return (time.process_time() - begin) / units
    return arm


def least(arm: Arm, times: int) -> Arm:
    """The least of so many: what other programs do to the machine meanwhile is no cost of the work."""
    return lambda: min(arm() for _ in range(times))


def started(*command: str) -> Arm:
    """Wall seconds for a program to start, answer and end."""
    def arm() -> float:
        begin = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL)
        return time.perf_counter() - begin
    return arm


def resident(program: str) -> Arm:
    """Megabytes a fresh Python process holds after running `program`."""
    return fresh(program, "VmRSS")


def fresh(program: str, line: str) -> Arm:
    """A line of /proc/self/status in megabytes, of a fresh Python process that has run `program`."""
    ask = (f"\nimport re; text = open('/proc/self/status').read()"
           f"\nprint(int(re.search(r'{line}:\\s+(\\d+)', text)[1]) / 1024)")

    def arm() -> float:
        done = subprocess.run([sys.executable, "-c", program + ask], check=True, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL)
        return float(done.stdout.split()[-1])
    return arm


def per_second(what: str) -> Callable[[float], str]:
    return lambda cost: f"{1 / cost:,.0f} {what}/s"


def milliseconds(cost: float) -> str:
    return f"{cost * 1000:.1f} ms"


def megabytes(cost: float) -> str:
    return f"{cost:.0f} MB"
