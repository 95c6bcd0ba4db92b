"""What makes a label layout unusable whatever the facts are: kinds, sizes, places, statements, languages. Pure.

A place is a path of keys and positions, which `layout_text.py` turns into a line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from string import Formatter

from mfg.paper.layout import KINDS, SIGNS, SMALLEST_PT, Element, Layout, has_words
from mfg.strict_yaml import Path

LANGUAGE_LETTERS, COUNTRY_LETTERS = 2, 2
#: the widest and tallest label a printer here takes, in mm
LARGEST_MM = 220
#: boxes are written in decimals of mm; their sums are not exact
HAIR = 1e-6
Told = Iterator[tuple[Path, str]]


def faults(layout: Layout) -> list[tuple[Path, str]]:
    """Everything that is wrong with a layout that could be read: (place, sentence)."""
    return [*_whole(layout), *(one for at, element in enumerate(layout.elements)
                               for one in _element(layout, element, ("elements", at))),
            *_boxes(layout), *_spoken(layout)]


def _whole(layout: Layout) -> Told:
    if not all(0 < side <= LARGEST_MM for side in layout.size):
        yield ("size",), f"the size has to be above 0 and at most {LARGEST_MM} mm each way."
    if not layout.elements:
        yield ("elements",), "there is no element; nothing would be printed."
    for code, spoken in layout.countries.items():
        if not (len(code) == COUNTRY_LETTERS and code.isascii() and code.isupper()):
            yield ("countries", code), f"{code!r} is no country; two capital letters such as DE were expected."
        if not spoken or len(set(spoken)) < len(spoken):
            yield ("countries", code), f"{code} needs its languages, each once."
        yield from ((("countries", code), f"{one!r} is no language; two small letters such as de were expected.")
                    for one in spoken if not (len(one) == LANGUAGE_LETTERS and one.isascii() and one.islower()))
    for name, statement in layout.statements.items():
        if statement.symbol and statement.symbol not in SIGNS:
            yield ("statements", name), f"statement {name} asks for the sign {statement.symbol!r}, which is not known."
        for language in statement.assumed:
            if language not in statement.text:
                yield ("statements", name), f"statement {name} assumes {language!r}, in which it is not written."


def _element(layout: Layout, element: Element, path: Path) -> Told:
    if element.kind not in KINDS:
        yield path, f"element {element.id} has kind {element.kind!r}; known are {', '.join(KINDS)}."
    if element.need not in ("any", "one") or element.align not in ("left", "center", "right"):
        yield path, f"element {element.id} needs any or one, and left, center or right."
    if element.kind in ("code128", "datamatrix", "din") and not (element.fact and element.module_mm > 0):
        yield path, f"element {element.id} must name its fact and a module above 0 mm."
    if element.size < SMALLEST_PT:
        yield path, f"element {element.id} asks for {element.size:g} pt; at least {SMALLEST_PT:g} pt is needed."
    for name in element.of:
        if name not in layout.statements:
            yield path, f"element {element.id} names the unknown statement {name!r}."


def _boxes(layout: Layout) -> Told:
    """Every id once, every box inside the page, no box over another (adjoining edges may touch)."""
    width, height = layout.size
    seen: set[str] = set()
    for at, one in enumerate(layout.elements):
        if one.id in seen:
            yield ("elements", at), f"two elements have the same id {one.id!r}."
        seen.add(one.id)
        inside = one.x >= 0 and one.y >= 0 and one.x + one.w <= width + HAIR and one.y + one.h <= height + HAIR
        if not (inside and one.w > 0 and one.h > 0):
            yield ("elements", at), f"element {one.id} leaves the {width:g} x {height:g} mm label."
        for other in layout.elements[:at]:
            if _overlap(one, other):
                yield ("elements", at), f"elements {other.id} and {one.id} overlap."


def _overlap(one: Element, other: Element) -> bool:
    return (one.x + one.w > other.x + HAIR and other.x + other.w > one.x + HAIR
            and one.y + one.h > other.y + HAIR and other.y + other.h > one.y + HAIR)


def _spoken(layout: Layout) -> Told:
    """Every statement and word of the layout in every language of every country it says it is for."""
    tongues = sorted({one for spoken in layout.countries.values() for one in spoken})
    used = {name for element in layout.elements for name in element.of if name in layout.statements}
    for name in sorted(used):
        yield from _alike("statement " + name, ("statements", name), layout.statements[name].text, tongues)
    for template in _templates(layout):
        texts = {"en": template, **layout.words.get(template, {})}
        yield from _alike(f"words {template!r}", ("words", template), texts, tongues)


def _templates(layout: Layout) -> list[str]:
    found = [one for element in layout.elements for one in (element.caption, element.text) if has_words(one)]
    return list(dict.fromkeys(found))


def _alike(what: str, path: Path, texts: Mapping[str, str], tongues: list[str]) -> Told:
    """The same thing said in every language: with every fact that any of the languages names."""
    for language in tongues:
        if not texts.get(language, "").strip():
            yield path, f"the {what} is not written in {language!r}, which a country of this layout needs."
    named = {language: _facts_in(text) for language, text in texts.items()}
    if len(set(named.values())) > 1:
        yield path, f"the {what} does not name the same facts in each language."


def _facts_in(template: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name)
