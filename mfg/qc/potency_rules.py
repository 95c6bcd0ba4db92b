"""How well the loaded NK cells kill: lysis of target cells at several effector to target ratios, judged. Pure.

Specific lysis is (experimental - spontaneous) / (maximum - spontaneous) x 100, from the means of the wells, worked out
exactly. What the antibody adds is loaded minus unloaded at the ratio of the claim.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from mfg.facts import Verdict, need, passed, plain, rule
from mfg.qc.occupancy_rules import rounded

Wells = tuple[Decimal, ...]
#: a curve that sinks by more than this many points while the ratio rises is pointed out, not failed
DIP = Decimal(5)


@dataclass(frozen=True, slots=True)
class Point:
    """The wells at one effector to target ratio; no wells: not measured."""

    ratio: Decimal
    loaded: Wells = ()
    unloaded: Wells = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of target cells: what its cells release by themselves, at most, and at each ratio."""

    spontaneous: Wells = ()
    maximum: Wells = ()
    points: tuple[Point, ...] = ()

    def at(self, ratio: Decimal | None) -> Point | None:
        """The point of that ratio, if there is exactly one."""
        found = [one for one in self.points if one.ratio == ratio]
        return found[0] if len(found) == 1 else None

    def lysis(self, wells: Wells) -> Fraction | None:
        """Specific lysis in percent; None without wells, without both controls, or where they lie the wrong way round.

        >>> Line((Decimal(100),), (Decimal(1100),)).lysis((Decimal(400), Decimal(600)))
        Fraction(40, 1)
        """
        if not (wells and self.spontaneous and self.maximum):
            return None
        least, most = _mean(self.spontaneous), _mean(self.maximum)
        return (_mean(wells) - least) * 100 / (most - least) if most > least else None


@dataclass(frozen=True)
class Potency:
    """One assay: the line with the target and, beside it, one without; the claim and the limits it is judged by."""

    target: Line
    without_target: Line | None
    #: the effector to target ratio the limits are for
    claim: Decimal | None
    lysis_minimum: Decimal | None
    difference_minimum: Decimal | None
    #: spontaneous release in percent of the maximum that the method still allows
    spontaneous_maximum: Decimal | None
    #: lysis of the line without the target that is still allowed
    unspecific_maximum: Decimal | None = None
    #: wells that the method asks for at each ratio and of each control
    wells_each: int | None = None


def _mean(wells: Wells) -> Fraction:
    return sum((Fraction(one) for one in wells), Fraction(0)) / len(wells)


def added_lysis(f: Potency) -> Fraction | None:
    """What the antibody adds: lysis by loaded minus lysis by unloaded cells at the ratio of the claim, in points."""
    point = f.target.at(f.claim)
    loaded, unloaded = (f.target.lysis(one) for one in (point.loaded, point.unloaded)) if point else (None, None)
    return loaded - unloaded if loaded is not None and unloaded is not None else None


def remarks(f: Potency) -> tuple[str, ...]:
    """What a reviewer should look at although no limit is broken: a curve that sinks, lysis below 0 or above 100 %."""
    found: list[str] = []
    for name in ("loaded", "unloaded"):
        told = [(one.ratio, lysis) for one in sorted(f.target.points, key=lambda point: point.ratio)
                if (lysis := f.target.lysis(getattr(one, name))) is not None]
        found += [f"Lysis by {name} cells sinks from {_percent(a)} at {plain(low)}:1 to {_percent(b)} at "
                  f"{plain(high)}:1, although there are more of them. Look at the wells."
                  for (low, a), (high, b) in pairwise(told) if a - b > Fraction(DIP)]
        found += [f"Lysis by {name} cells is {_percent(lysis)} at {plain(ratio)}:1, outside the two controls. Look at "
                  "the wells." for ratio, lysis in told if not 0 <= lysis <= 100]
    return tuple(found)


def _percent(value: Fraction) -> str:
    return f"{plain(rounded(value, 2))} %"


@rule("POT-01", "Both release controls hold")
def controls_hold(f: Potency) -> Any:
    """Spontaneous and maximum release were measured on the same plate, and the maximum is the larger."""
    least = need(f.target.spontaneous, "Spontaneous release was not measured. Repeat the assay with it.")
    most = need(f.target.maximum, "Maximum release was not measured. Repeat the assay with it.")
    ok = _mean(most) > _mean(least)
    low, high = (plain(rounded(_mean(one), 2)) for one in (least, most))
    return passed(ok), (f"Spontaneous {low}, maximum {high}." if ok else
                        f"Maximum release ({high}) is not above spontaneous release ({low}). Repeat the assay."), \
        low, high


@rule("POT-02", "Targets do not die by themselves")
def spontaneous_low(f: Potency) -> Any:
    """Spontaneous release is at most the part of the maximum that the method allows."""
    least = need(f.target.spontaneous, "Spontaneous release was not measured. Repeat the assay with it.")
    most = need(f.target.maximum, "Maximum release was not measured. Repeat the assay with it.")
    limit = need(f.spontaneous_maximum, "The method names no limit of spontaneous release. Take it from its "
                                        "validation.")
    if _mean(most) <= 0 or _mean(least) < 0:
        return Verdict.CANNOT_DETERMINE, "Release of 0 or less gives no share. Read the plate again."
    share = _mean(least) * 100 / _mean(most)
    ok = share <= Fraction(limit)
    return passed(ok), (f"Spontaneous release is {_percent(share)} of the maximum, at most {plain(limit)} % are "
                        "allowed."), plain(rounded(share, 2)), plain(limit)


@rule("POT-03", "At least two ratios, loaded and unloaded at each")
def ratios_enough(f: Potency) -> Any:
    """Lysis is measured at two or more effector to target ratios, each once, with unloaded cells beside loaded ones."""
    points = need(f.target.points, "No ratio was measured. Repeat the assay.")
    ratios = [one.ratio for one in points]
    if len(set(ratios)) < len(ratios) or min(ratios) <= 0:
        return Verdict.FAIL, (f"The ratios {', '.join(map(plain, ratios))} stand twice or are not above 0. Enter each "
                              "once, all its wells together.")
    wells = need(f.wells_each, "How many wells the method asks for is not known. Take it from the method.")
    short = [plain(one.ratio) for one in points if min(len(one.loaded) or wells, len(one.unloaded) or wells) < wells]
    if short or min(len(f.target.spontaneous), len(f.target.maximum)) < wells:
        told = [f"at {one}:1" for one in short] or ["of the controls"]
        return Verdict.CANNOT_DETERMINE, (f"Fewer than {wells} wells {', '.join(told)}. Enter all wells, or measure "
                                          "again: none is left out without a reason.")
    whole = [one for one in points if one.loaded and one.unloaded]
    if len(whole) < 2:
        return Verdict.CANNOT_DETERMINE, (f"{len(whole)} ratio has wells of loaded and of unloaded cells; at least two "
                                          "were expected. Measure another.")
    return Verdict.PASS, f"{len(whole)} ratios with loaded and unloaded cells.", str(len(whole)), "2"


def _ratio(f: Potency) -> str:
    return f"{plain(f.claim)}:1" if f.claim is not None else "an unknown ratio"


def _claimed(f: Potency) -> Point:
    ratio = need(f.claim, "At which ratio the specification asks for lysis is not known. Have it approved.")
    return need(f.target.at(ratio), f"{plain(ratio)}:1 was not measured, or twice. Measure the ratio of the "  # type: ignore[no-any-return]
                                    "specification once.")


@rule("POT-04", "Loaded cells kill enough")
def kills(f: Potency) -> Any:
    """Specific lysis by loaded cells at the ratio of the claim is at least the limit of the specification (S19)."""
    limit = need(f.lysis_minimum, "The specification names no lysis. Have one approved.")
    lysis = need(f.target.lysis(_claimed(f).loaded), "The lysis by loaded cells is not known: wells or controls are "
                                                     "missing. Repeat the assay.")
    ok = lysis >= Fraction(limit)
    return passed(ok), f"{_percent(lysis)} lysis at {_ratio(f)}, at least {plain(limit)} % are asked for.", \
        plain(rounded(lysis, 2)), plain(limit)


@rule("POT-05", "The antibody adds enough")
def antibody_adds(f: Potency) -> Any:
    """Loaded cells lyse more than unloaded ones by at least the points of the specification (S19)."""
    limit = need(f.difference_minimum, "The specification names no difference of loaded and unloaded cells. Have one "
                                       "approved.")
    _claimed(f)
    added = need(added_lysis(f), "What the antibody adds is not known: wells of loaded or unloaded cells, or controls, "
                                 "are missing. Repeat the assay.")
    ok = added >= Fraction(limit)
    return passed(ok), (f"Loaded minus unloaded is {plain(rounded(added, 2))} points at {_ratio(f)}, at least "
                        f"{plain(limit)} are asked for."), plain(rounded(added, 2)), plain(limit)


@rule("POT-06", "Cells without the target are spared")
def spares(f: Potency) -> Any:
    """Lysis of the line without the target, by loaded cells at the same ratio, is at most what is allowed (S19)."""
    line = need(f.without_target, "No line without the target was measured. Measure one beside it.")
    limit = need(f.unspecific_maximum, "The specification names no limit for cells without the target. Have one "
                                       "approved.")
    ratio = need(f.claim, "At which ratio the specification asks for lysis is not known. Have it approved.")
    point = need(line.at(ratio), f"{plain(ratio)}:1 was not measured on the line without the target. Measure it.")
    lysis = need(line.lysis(point.loaded), "The lysis of the line without the target is not known: wells or controls "
                                           "are missing. Repeat the assay.")
    wells = need(f.wells_each, "How many wells the method asks for is not known. Take it from the method.")
    if min(len(point.loaded), len(line.spontaneous), len(line.maximum)) < wells:
        return Verdict.CANNOT_DETERMINE, (f"Fewer than {wells} wells on the line without the target. Enter all wells, "
                                          "or measure again: none is left out without a reason.")
    ok = lysis <= Fraction(limit)
    return passed(ok), f"{_percent(lysis)} lysis without the target, at most {plain(limit)} % are allowed.", \
        plain(rounded(lysis, 2)), plain(limit)


POTENCY = (controls_hold, spontaneous_low, ratios_enough, kills, antibody_adds, spares)
