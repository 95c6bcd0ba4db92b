"""What makes a layout unfit to print, found by putting its own example on it: at each resolution of a printer, in each
country it is for, and with every statement it may have to carry. It judges the layout, not the facts of a label.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from mfg.facts import Refused
from mfg.paper.barcodes import code128_width
from mfg.paper.layout import Layout, Statement
from mfg.paper.place import DOT_MM, Bars, Squares, dot_mm, place
from mfg.paper.readback import prove

LOWEST_BARS_MM = 5.0
#: of the length of the symbol, without its quiet zones (ST-001, section 10)
LOWEST_BARS_SHARE = 0.15
SMALLEST_MODULE_MM = 0.25


def geometry_faults(layout: Layout) -> list[str]:
    """Sentences; none when every label of this layout can be printed and read."""
    if not layout.example or not layout.countries:
        return ["an example of its facts and the languages by country are needed to see what it prints."]
    found: list[str] = []
    for facts in _examples(layout):
        found += _refused(partial(place, layout, facts, 300))
    if not found:
        for dpi in DOT_MM:
            found += [why for facts in _spoken(layout) for why in _refused(partial(prove, layout, facts, dpi))]
            found += _symbol_faults(layout, dpi)
    return list(dict.fromkeys(found))


def _refused(draw: Callable[[], object]) -> list[str]:
    try:
        draw()
    except Refused as refused:
        return [refused.why]
    return []


def _examples(layout: Layout) -> Iterator[Mapping[str, str]]:
    """The example in every set of languages, and in each of them once with every statement the layout may carry."""
    wanted = {name for element in layout.elements for name in element.of}
    for facts in _spoken(layout):
        yield facts
        yield from ({**facts, **_calls_for(layout.statements[name], facts)} for name in sorted(wanted))


def _spoken(layout: Layout) -> list[Mapping[str, str]]:
    """The example in every set of languages."""
    one_of_each = {spoken: country for country, spoken in layout.countries.items()}
    return [{**layout.example, "country": country}
            for country in sorted({layout.example.get("country", ""), *one_of_each.values()})]


def _calls_for(statement: Statement, facts: Mapping[str, str]) -> dict[str, str]:
    """Facts that call for a statement. A test on the beginning of a code is left alone: codes have to stay readable."""
    wanted = {one.fact: one.is_ for one in statement.when if one.is_ is not None}
    for one in statement.when:
        if one.is_not is not None and facts.get(one.fact) == one.is_not:
            wanted[one.fact] = "HBsAg, HIV-1/2"  # as long as two reactive tests
    return wanted


def _symbol_faults(layout: Layout, dpi: int) -> Iterator[str]:
    """Bars that are too low or modules that are too fine for a scanner at the bedside."""
    dot = dot_mm(dpi)
    try:
        marks = place(layout, layout.example, dpi)
    except Refused:
        return
    for mark in marks:
        if isinstance(mark, (Bars, Squares)) and mark.module * dot < SMALLEST_MODULE_MM - 1e-9:
            yield (f"at {dpi} dpi: the symbol of {mark.text} has modules of {mark.module * dot:.3f} mm; at least "
                   f"{SMALLEST_MODULE_MM} mm are needed.")
        if isinstance(mark, Bars):
            needed = max(LOWEST_BARS_MM, LOWEST_BARS_SHARE * code128_width(mark.text) * mark.module * dot)
            if mark.height * dot < needed - 1e-9:
                yield (f"at {dpi} dpi: the bars of {mark.text} are {mark.height * dot:.2f} mm high; at least "
                       f"{needed:.2f} mm are needed.")

