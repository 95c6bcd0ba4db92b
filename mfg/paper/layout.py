"""Label layouts as data: the layout model both back ends draw from, and which words the facts call for.

A layout names its size in mm and its elements; statements are versioned texts with a condition on facts, in the
languages of the country the label is for. Here is no drawing, no YAML and no fact of any real label.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from string import Formatter
from typing import Any

from mfg.facts import Refused

KINDS = ("text", "block", "statement", "code128", "datamatrix", "din", "line")
SMALLEST_PT = 6.0  # no text on a label may be smaller (21 CFR labels must be legible; ISBT practice)
SIGNS = {"biohazard": "\u2623"}
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
    """A text the rules put on a label: `source` names the regulation, `symbol` a sign drawn before it.

    `text` holds it by language (ISO 639-1). `assumed` names the languages whose text no qualified translator has
    signed for.
    """

    id: str
    version: str
    source: str
    text: Mapping[str, str]
    when: tuple[Condition, ...] = ()
    symbol: str = ""
    assumed: tuple[str, ...] = ()


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
    """A label layout of one version; `size` is (width, height) in mm.

    `words`: the captions and set words of the layout in languages other than English, by their English text.
    `countries`: which languages have to stand on a label, by country (ISO 3166-1). `example`: facts to show it with.
    """

    name: str
    version: str
    size: tuple[float, float]
    elements: tuple[Element, ...]
    statements: Mapping[str, Statement]
    title: str = ""
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    countries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    example: Mapping[str, str] = field(default_factory=dict)


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


def languages(layout: Layout, facts: Facts) -> tuple[str, ...]:
    """The languages that have to stand on the label, by the fact `country`; a country nobody decided on is refused."""
    country = fact(facts, "country")
    found = layout.countries.get(country)
    if not found:
        raise Refused(f"Label {layout.name} does not say which languages have to stand on it in {country!r}; it knows "
                      f"{', '.join(sorted(layout.countries)) or 'no country'}. Correct the country, or approve a "
                      "version of the layout that says so.", kind="input", fields={"country": ["is not known"]})
    return found


@lru_cache(maxsize=2_000)
def has_words(template: str) -> bool:
    """Whether a template says anything itself that another language says differently."""
    return any(character.isalpha() for literal, *_ in Formatter().parse(template) for character in literal)


def said(template: str, layout: Layout, facts: Facts) -> str:
    """A caption or text of the layout in every language of the country, with the facts put in."""
    if not has_words(template):
        return fill(template, facts)
    told = []
    for language in languages(layout, facts):
        text = template if language == "en" else layout.words.get(template, {}).get(language)
        if not text:
            raise _untold(f"words {template!r}", layout, language)
        told.append(fill(text, facts))
    return " / ".join(told)


def stated(statement: Statement, layout: Layout, facts: Facts) -> list[str]:
    """A statement in every language of the country. A language it is not written in is refused, never left out."""
    told = []
    for language in languages(layout, facts):
        if not statement.text.get(language):
            raise _untold(f"statement {statement.id!r} version {statement.version}", layout, language)
        told.append(fill(statement.text[language], facts))
    return told


def _untold(what: str, layout: Layout, language: str) -> Refused:
    return Refused(f"The {what} of label {layout.name} is not written in {language!r}, which has to stand on it. "
                   "Have it translated, and approve a version of the layout with it.", kind="input",
                   fields={"country": ["has a language the label does not speak"]})
