"""Label layouts as data: what a layout file may say, and the layout model both back ends draw from.

A layout names its size in mm and its elements; statements are versioned texts with a condition on facts.
Here is no drawing and no fact of any real label.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from string import Formatter
from typing import Any

import yaml

from mfg.facts import Refused
from mfg.paper.data import read_layout, read_statements

KINDS = ("text", "block", "statement", "code128", "datamatrix", "din", "line")
SMALLEST_PT = 6.0  # no text on a label may be smaller (21 CFR labels must be legible; ISBT practice)
Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Condition:
    """One test on one fact: exactly one of `is_`, `is_not`, `starts` is set."""

    fact: str
    is_: str | None = None
    is_not: str | None = None
    starts: str | None = None

    def holds(self, facts: Facts) -> bool:
        """Whether the facts meet it; a missing fact is refused, so no statement is left off by ignorance."""
        value = fact(facts, self.fact)
        if self.starts is not None:
            return value.startswith(self.starts)
        return value == self.is_ if self.is_ is not None else value != self.is_not


@dataclass(frozen=True, slots=True)
class Statement:
    """A text the rules put on a label: `source` names the regulation, `symbol` a sign drawn before it."""

    id: str
    version: str
    source: str
    text: str
    when: tuple[Condition, ...] = ()
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class Element:
    """One thing on a label. Box in mm from the top left corner; sizes in points; modules in mm.

    `inline` runs statements on in one paragraph; else each has its own.
    """

    kind: str
    id: str
    x: float
    y: float
    w: float
    h: float
    text: str = ""
    fact: str = ""
    caption: str = ""
    size: float = 8.0
    bold: bool = False
    mono: bool = False
    align: str = "left"
    frame: bool = False
    module_mm: float = 0.25
    of: tuple[str, ...] = ()
    need: str = "any"
    inline: bool = False
    when: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """A label layout of one version; `size` is (width, height) in mm."""

    name: str
    version: str
    size: tuple[float, float]
    elements: tuple[Element, ...]
    statements: Mapping[str, Statement]


def fact(facts: Facts, name: str) -> str:
    """The text of a fact. Missing, blank and non-text facts are refused: never a blank on a label."""
    value = facts.get(name)
    if value is None or value == "":
        raise Refused(f"The fact {name!r} is missing; a label is never printed with a blank. "
                      f"Give {name!r} as text.", kind="input", fields={name: ["is missing"]})
    if not isinstance(value, str):
        raise Refused(f"The fact {name!r} is {value!r}, not text. Give it as the text to be printed.",
                      kind="input", fields={name: ["must be text"]})
    if not value.strip():
        raise Refused(f"The fact {name!r} is blank; a label is never printed with a blank. "
                      f"Give {name!r} as text.", kind="input", fields={name: ["is blank"]})
    return value


def fill(template: str, facts: Facts) -> str:
    """Put facts into a template such as `Batch {batch}`; names only, nothing is evaluated."""
    parts = []
    for literal, name, _, _ in Formatter().parse(template):
        parts.append(literal + (fact(facts, name) if name else ""))
    return "".join(parts)


def applies(when: tuple[Condition, ...], facts: Facts) -> bool:
    """Whether all conditions hold; every one is looked at, so every missing fact is found."""
    return all([condition.holds(facts) for condition in when])


def chosen(element: Element, layout: Layout, facts: Facts) -> list[Statement]:
    """The statements of an element that the facts call for.

    `need: one` refuses facts for which no statement is written, or more than one: a donor status nobody
    has a text for must not print as silence.
    """
    found = [layout.statements[name] for name in element.of if applies(layout.statements[name].when, facts)]
    if element.need == "one" and len(found) != 1:
        tests = sorted({c.fact for name in element.of for c in layout.statements[name].when})
        given = ", ".join(f"{name} = {fact(facts, name)!r}" for name in tests)
        raise Refused(f"{len(found)} statements fit {element.id!r} of label {layout.name} version "
                      f"{layout.version}, and exactly one is needed ({given}). Correct the fact or the layout.",
                      kind="input")
    return found


def load_layout(name_or_path: str | Path) -> Layout:
    """Read and check a layout by name (`dose_bag`) or path; a fault in the file is refused in words."""
    told = read_layout(name_or_path)
    statements = _mapping(read_statements(), "statements.yaml").get("statements", {})
    data = _mapping(told, str(name_or_path))
    try:
        texts = {name: _statement(name, body) for name, body in
                 {**statements, **data.get("statements", {})}.items()}
        size = data["size"]
        layout = Layout(str(data["name"]), str(data["version"]), (float(size["w"]), float(size["h"])),
                        tuple(_element(body) for body in data["elements"]), texts)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _bad(str(name_or_path), f"{type(error).__name__}: {error}") from error
    _check(layout)
    return layout


def _bad(name: str, what: str) -> Refused:
    return Refused(f"The label layout {name} is not valid: {what}. Correct the file.", kind="input")


def _mapping(told: str, name: str) -> dict[str, Any]:
    try:
        data = yaml.safe_load(told)
    except yaml.YAMLError as error:
        raise _bad(name, f"it is not YAML ({error})".replace("\n", " ")) from error
    if not isinstance(data, dict):
        raise _bad(name, "it must be a mapping with name, version, size and elements")
    return data


def _conditions(raw: Any) -> tuple[Condition, ...]:
    made = []
    for body in raw or ():
        test = Condition(**{{"is": "is_", "not": "is_not"}.get(key, key): str(value)
                            for key, value in body.items()})
        if sum(value is not None for value in (test.is_, test.is_not, test.starts)) != 1:
            raise ValueError(f"the condition on {test.fact!r} needs exactly one of is, not, starts")
        made.append(test)
    return tuple(made)


def _statement(name: str, body: dict[str, Any]) -> Statement:
    _names(str(body["text"]))
    return Statement(name, str(body["version"]), str(body["source"]), str(body["text"]),
                     _conditions(body.get("when")), str(body.get("symbol", "")))


def _element(body: dict[str, Any]) -> Element:
    known = {f.name for f in fields(Element)}
    strange = sorted(set(body) - known)
    if strange:
        raise ValueError(f"element {body.get('id')!r} has unknown keys {', '.join(strange)}")
    given = dict(body, when=_conditions(body.get("when")), of=tuple(body.get("of", ())))
    for name in ("x", "y", "w", "h", "size", "module_mm"):
        if name in given:
            given[name] = float(given[name])
    for name in ("id", "text", "caption"):
        given[name] = str(given.get(name, ""))
    _names(given["text"])
    return Element(**given)


def _names(template: str) -> None:
    """Raise ValueError unless a template holds only plain fact names in braces."""
    for _, name, spec, conversion in Formatter().parse(template):
        if name is not None and (not name.isidentifier() or spec or conversion):
            raise ValueError(f"{template!r} may only name facts, as in {{batch}}")


def _check(layout: Layout) -> None:
    """What a layout must keep whatever the facts are."""
    if len({element.id for element in layout.elements}) != len(layout.elements):
        raise _bad(layout.name, "two elements have the same id")
    for element in layout.elements:
        if element.kind not in KINDS:
            raise _bad(layout.name, f"element {element.id} has kind {element.kind!r}; known are {', '.join(KINDS)}")
        if element.need not in ("any", "one") or element.align not in ("left", "center", "right"):
            raise _bad(layout.name, f"element {element.id} needs any or one, and left, center or right")
        if element.kind in ("code128", "datamatrix", "din") and not (element.fact and element.module_mm > 0):
            raise _bad(layout.name, f"element {element.id} must name its fact and a module above 0 mm")
        if not element.size >= SMALLEST_PT:
            raise _bad(layout.name, f"element {element.id} asks for {element.size} pt; "
                                    f"at least {SMALLEST_PT:g} pt is needed")
        unknown = [name for name in element.of if name not in layout.statements]
        if unknown:
            raise _bad(layout.name, f"element {element.id} names the unknown statement {unknown[0]!r}")
    _check_boxes(layout)


def _check_boxes(layout: Layout) -> None:
    """Every box inside the page, no box over another (adjoining edges may touch)."""
    width, height = layout.size
    for index, one in enumerate(layout.elements):
        inside = one.x >= 0 and one.y >= 0 and one.x + one.w <= width and one.y + one.h <= height
        if not (inside and one.w > 0 and one.h > 0):  # written so that "not a number" fails too
            raise _bad(layout.name, f"element {one.id} leaves the {width:g} x {height:g} mm label")
        for other in layout.elements[index + 1:]:
            if _overlap(one, other):
                raise _bad(layout.name, f"elements {one.id} and {other.id} overlap")


def _overlap(one: Element, other: Element) -> bool:
    hair = 1e-6  # boxes are written in decimals of mm; their sums are not exact
    return (one.x + one.w > other.x + hair and other.x + other.w > one.x + hair
            and one.y + one.h > other.y + hair and other.y + other.h > one.y + hair)
