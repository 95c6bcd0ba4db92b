"""What the values of a control say: the multirules of Westgard, and limits made from the data themselves.

Pure arithmetic on exact decimals; no point is ever judged by a rounded number. It knows no test and no chart: every
value comes with the centre and the standard deviation of its own level. Which runs count is for who calls it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from mfg.facts import EXACT, Verdict, passed

#: 3 / d2 and d2 for moving ranges of two values (Shewhart's individuals chart)
THREE_OVER_D2, D2 = Decimal("2.66"), Decimal("1.128")


@dataclass(frozen=True, slots=True)
class Measured:
    """One value of one control, in the order of time, with centre and SD of its level. `run` names the analytical run
    it was measured in; values of one run and level are its replicates."""

    value: Decimal
    centre: Decimal
    sd: Decimal
    level: str = ""
    run: str = ""

    @property
    def off(self) -> Decimal:
        """How far the value lies from its centre, exactly."""
        return EXACT.subtract(self.value, self.centre)

    def beyond(self, spreads: int) -> int:
        """1 above centre + `spreads` SD, -1 below centre - `spreads` SD, 0 on or between them."""
        line = EXACT.multiply(Decimal(spreads), self.sd)
        return 1 if self.off > line else -1 if self.off < EXACT.minus(line) else 0


@dataclass(frozen=True, slots=True)
class Multirule:
    """One rule. `reads` is how many values it looks at; a warning asks people to look, a rejecting rule stops."""

    name: str
    reads: int
    rejects: bool
    about: str
    #: the values up to the newest, oldest first -> is the rule broken at the newest
    broken: Callable[[Sequence[Measured]], bool]


def _one(spreads: int) -> Callable[[Sequence[Measured]], bool]:
    return lambda seen: seen[-1].beyond(spreads) != 0


def _same_side(many: int, spreads: int) -> Callable[[Sequence[Measured]], bool]:
    """The last `many` beyond the same line on the same side, within the level of the newest or across all levels."""
    def asked(seen: Sequence[Measured]) -> bool:
        newest = seen[-1]
        side = newest.beyond(spreads)
        own = [one for one in seen if one.level == newest.level]
        return side != 0 and any(len(row) >= many and all(one.beyond(spreads) == side for one in row[-many:])
                                 for row in (own, seen))
    return asked


def _two_beyond_two(seen: Sequence[Measured]) -> bool:
    """Twice in a row in one level, or twice in one run, whichever levels: across runs levels are not mixed."""
    newest = seen[-1]
    side = newest.beyond(2)
    own = [one for one in seen[:-1] if one.level == newest.level][-1:]
    beside = [one for one in seen[:-1] if one.run and one.run == newest.run]
    return side != 0 and any(one.beyond(2) == side for one in (*own, *beside))


def _four_apart(seen: Sequence[Measured]) -> bool:
    """Within one run only: between runs such a distance is a shift, and other rules see that."""
    newest = seen[-1]
    side = newest.beyond(2)
    return side != 0 and any(one.beyond(2) == -side for one in seen[:-1] if one.run and one.run == newest.run)


def _trend(many: int) -> Callable[[Sequence[Measured]], bool]:
    """The last `many` of one level each above, or each below, the one before it."""
    def asked(seen: Sequence[Measured]) -> bool:
        last = [one for one in seen if one.level == seen[-1].level][-many:]
        pairs = list(zip(last, last[1:], strict=False))
        return len(last) == many and (all(a.off < b.off for a, b in pairs) or all(a.off > b.off for a, b in pairs))
    return asked


_TABLE = (
    Multirule("1-2s", 1, False, "one value beyond 2 SD: look at it", _one(2)),
    Multirule("1-3s", 1, True, "one value beyond 3 SD", _one(3)),
    Multirule("2-2s", 2, True, "two in a row, or two of one run, beyond 2 SD on the same side", _two_beyond_two),
    Multirule("R-4s", 2, True, "two of one run beyond 2 SD on opposite sides", _four_apart),
    Multirule("4-1s", 4, True, "four in a row beyond 1 SD on the same side", _same_side(4, 1)),
    Multirule("8-x", 8, True, "eight in a row on the same side of the centre", _same_side(8, 0)),
    Multirule("10-x", 10, True, "ten in a row on the same side of the centre", _same_side(10, 0)),
    Multirule("12-x", 12, True, "twelve in a row on the same side of the centre", _same_side(12, 0)),
    Multirule("7-T", 7, True, "seven in a row, each above or each below the one before", _trend(7)),
)
MULTIRULES: dict[str, Multirule] = {one.name: one for one in _TABLE}
WARNING = "1-2s"
#: what a chart asks unless somebody sets it up otherwise
USUAL = ("1-3s", "2-2s", "R-4s", "4-1s", "10-x")
#: for a series of batches: there is no run in which two are measured
OF_A_SERIES = ("1-3s", "2-2s", "4-1s", "10-x")
REJECTING = tuple(one.name for one in _TABLE if one.rejects)


def broken_rules(values: Sequence[Measured], rules: Sequence[str] = USUAL) -> tuple[tuple[str, ...], ...]:
    """For each value the rules it breaks, the warning among them. An SD that is not above zero tells nothing and is
    refused by a ValueError: it is a fault of who set up the chart, never of the value."""
    if any(one.sd <= 0 for one in values):
        raise ValueError("A standard deviation has to be above zero.")
    asked = [MULTIRULES[name] for name in dict.fromkeys((WARNING, *rules))]
    return tuple(tuple(one.name for one in asked if one.broken(values[:at + 1])) for at in range(len(values)))


def rejects(broken: Sequence[str]) -> tuple[str, ...]:
    """Of the rules broken, those that reject."""
    return tuple(name for name in broken if MULTIRULES[name].rejects)


def telling(broken: Sequence[str]) -> tuple[str, ...]:
    """What stands beside a point: the rules that reject, or the warning where none does."""
    return rejects(broken) or tuple(broken)


def answers(values: Sequence[Measured], rules: Sequence[str] = USUAL) -> dict[str, Verdict]:
    """What each rejecting rule says of the newest value; one that needs more values than there are cannot tell."""
    found = broken_rules(values, rules)[-1] if values else ()
    return {name: Verdict.FAIL if name in found else _enough(values, MULTIRULES[name]) for name in rules}


def _enough(values: Sequence[Measured], asked: Multirule) -> Verdict:
    return Verdict.PASS if len(values) >= asked.reads else Verdict.CANNOT_DETERMINE


# --- centre and spread ------------------------------------------------------------------------------------


def mean(values: Sequence[Decimal]) -> Decimal:
    """The arithmetic mean of one or more values."""
    return sum(values, Decimal(0)) / len(values)


def standard_deviation(values: Sequence[Decimal]) -> Decimal | None:
    """The sample standard deviation; None for fewer than two values: it is not known then."""
    if len(values) < 2:
        return None
    middle = mean(values)
    return (sum(((one - middle) ** 2 for one in values), Decimal(0)) / (len(values) - 1)).sqrt()


@dataclass(frozen=True, slots=True)
class Individuals:
    """Limits of single values, made from how far each lies from the one before it."""

    centre: Decimal
    mean_range: Decimal

    @property
    def sd(self) -> Decimal:
        """The standard deviation the moving ranges stand for."""
        return self.mean_range / D2

    @property
    def low(self) -> Decimal:
        """Centre - 2.66 mean moving ranges."""
        return self.centre - THREE_OVER_D2 * self.mean_range

    @property
    def high(self) -> Decimal:
        """Centre + 2.66 mean moving ranges."""
        return self.centre + THREE_OVER_D2 * self.mean_range


def individuals(values: Sequence[Decimal], needed: int) -> Individuals | None:
    """The limits of a series in the order of time; None with fewer values than `needed`, or where none ever moves."""
    if len(values) < max(2, needed):
        return None
    ranges = [abs(b - a) for a, b in zip(values, values[1:], strict=False)]
    middle = mean(ranges)
    return Individuals(mean(values), middle) if middle > 0 else None


def series_verdict(found: Sequence[Sequence[str]], limits: Individuals | None) -> Verdict:
    """Of a series: without limits it cannot be told; FAIL where the newest value breaks a rejecting rule."""
    if limits is None or not found:
        return Verdict.CANNOT_DETERMINE
    return passed(not rejects(found[-1]))
