"""The controls read beside a sample, from lines as people enter them to what the rules of occupancy and potency judge.

A line is `name = number`, or numbers parted by semicolons for wells. It keeps nothing and judges nothing itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from mfg.codes.own import without_check
from mfg.facts import Finding, Refused, judge, number, shown
from mfg.paper.potency_curve import Lysis, potency_curve
from mfg.paper.shapes import Drawing
from mfg.qc.occupancy_rules import OCCUPANCY, WITH_FOLD, Occupancy, Stain, rounded
from mfg.qc.potency_rules import POTENCY, Line, Point, Potency, Wells, spares
from mfg.recipes.specification import Test

#: what a line may be called, by kind of controls
OCCUPANCY_LINES = tuple(f"{tube} {what}" for tube in ("loaded", "unloaded", "saturated")
                        for what in ("sample", "percent", "mfi", "gates"))
_WELL = re.compile(r"(?P<line>other )?(?P<cells>loaded|unloaded) (?P<ratio>\d{1,4}(?:\.\d{1,3})?):1\Z", re.ASCII)
_RELEASE = re.compile(r"(?P<line>other )?(?P<what>spontaneous|maximum)\Z")
HINTS = {
    "occupancy": "One a line: loaded sample, loaded percent, loaded mfi, loaded gates = …; the same for unloaded and "
                 "saturated.",
    "potency": "One a line, wells parted by semicolons: spontaneous = 101; 99 and maximum, loaded 10:1, unloaded 10:1 "
               "and so on; “other” before it for the line without the target.",
}


def readable(asked: Test, lines: Mapping[str, str]) -> None:
    """Refuse a line whose name or number cannot be read, with its name."""
    for name, text in lines.items():
        if asked.controls == "occupancy" and name in OCCUPANCY_LINES:
            if name.endswith(("percent", "mfi")):
                number(text, what=f"“{name}”")
        elif asked.controls == "potency" and (_WELL.match(name) or _RELEASE.match(name)):
            _wells(name, text)
        else:
            raise Refused(f"{shown(name)} is no control of {asked.title}. {HINTS.get(asked.controls, 'It has none.')}",
                          kind="input", fields={"controls": [f"{shown(name)} is not known."]})
    _once(lines)


def _once(lines: Mapping[str, str]) -> None:
    """Refuse a ratio that is written in two ways, such as 10:1 and 10.0:1: one of them would be silently left out."""
    told: dict[tuple[str | None, str, Decimal], str] = {}
    for name in lines:
        if found := _WELL.match(name):
            key = (found["line"], found["cells"], Decimal(found["ratio"]))
            if key in told:
                raise Refused(f"{shown(name)} and {shown(told[key])} are the same wells. Enter them in one line.",
                              kind="input", fields={"controls": [f"{shown(name)} stands twice."]})
            told[key] = name


def of_the_sample(lines: Mapping[str, str], sample: str) -> None:
    """Refuse a loaded tube of another sample than the one the result is for."""
    named = lines.get("loaded sample", "").strip()
    if not named:
        return
    try:
        ours = without_check(named) == sample
    except Refused:
        ours = False
    if not ours:
        raise Refused(f"The loaded tube is of {shown(named)}; the result is of {sample}. Enter this sample.",
                      kind="input", fields={"controls": [f"{sample} was expected."]})


def lysis_of(asked: Test, lines: Mapping[str, str]) -> list[Lysis]:
    """(ratio, lysis by loaded, by unloaded cells) of the line with the target, in percent, rounded for reading."""
    target = potency_of(asked, lines).target
    return [(one.ratio, _percent(target.lysis(one.loaded)), _percent(target.lysis(one.unloaded)))
            for one in target.points]


def curve_of(asked: Test, lines: Mapping[str, str]) -> Drawing:
    """The killing curve of the line with the target, with the limit at the ratio of the claim."""
    return potency_curve(lysis_of(asked, lines), claim=asked.ratio, minimum=asked.low, title=asked.title)


def _percent(lysis: Fraction | None) -> Decimal | None:
    return None if lysis is None else rounded(lysis, 2)


def _wells(name: str, text: str) -> Wells:
    return tuple(number(part.strip(), what=f"“{name}”") for part in text.split(";"))


def judged_controls(asked: Test, value: str, lines: Mapping[str, str]) -> tuple[Finding, ...]:
    """Every finding about a result with its controls; none for a test that has none."""
    if asked.controls == "occupancy":
        facts = occupancy_of(asked, value, lines)
        return judge(WITH_FOLD if asked.fold is not None else OCCUPANCY, facts)
    if asked.controls == "potency":
        rules = (one for one in POTENCY if one is not spares or asked.unspecific is not None)
        return judge(rules, potency_of(asked, lines))
    return ()


def occupancy_of(asked: Test, value: str, lines: Mapping[str, str]) -> Occupancy:
    """Three tubes and the limits of the specification. The share of the sample is the result itself."""
    loaded = _tube("loaded", {**lines, "loaded percent": value})
    return Occupancy(loaded or Stain(), _tube("unloaded", lines), _tube("saturated", lines), asked.low,
                     asked.saturation, asked.fold)


def _tube(name: str, lines: Mapping[str, str]) -> Stain | None:
    mine = {key.removeprefix(f"{name} "): text for key, text in lines.items() if key.startswith(f"{name} ")}
    if not mine:
        return None
    return Stain(mine.get("sample", ""), _known(mine.get("percent")), _known(mine.get("mfi")), mine.get("gates", ""))


def _known(text: str | None) -> Decimal | None:
    return number(text) if text else None


def potency_of(asked: Test, lines: Mapping[str, str]) -> Potency:
    """The wells of both lines of targets and the limits of the specification."""
    other = {name.removeprefix("other "): text for name, text in lines.items() if name.startswith("other ")}
    own = {name: text for name, text in lines.items() if not name.startswith("other ")}
    return Potency(_line(own), _line(other) if other else None, asked.ratio, asked.low, asked.added,
                   asked.spontaneous, asked.unspecific, asked.wells)


def _line(lines: Mapping[str, str]) -> Line:
    wells = {name: _wells(name, text) for name, text in lines.items()}
    ratios = sorted({Decimal(found["ratio"]) for name in wells if (found := _WELL.match(name))})
    return Line(wells.get("spontaneous", ()), wells.get("maximum", ()), tuple(
        Point(ratio, _of("loaded", ratio, wells), _of("unloaded", ratio, wells)) for ratio in ratios))


def _of(cells: str, ratio: Decimal, wells: Mapping[str, Wells]) -> Wells:
    return next((found for name, found in wells.items() if (match := _WELL.match(name)) and match["cells"] == cells
                 and Decimal(match["ratio"]) == ratio), ())


def value_from_controls(asked: Test, lines: Mapping[str, str]) -> str:
    """The value that the raw values give: the lysis of the claim, or the loaded share; blank where they give none."""
    if asked.controls == "occupancy":
        return lines.get("loaded percent", "")
    if asked.controls != "potency":
        return ""
    facts = potency_of(asked, lines)
    point = facts.target.at(facts.claim)
    lysis = facts.target.lysis(point.loaded) if point else None
    return f"{rounded(lysis, 2):f}" if lysis is not None else ""
