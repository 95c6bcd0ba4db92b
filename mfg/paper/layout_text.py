"""YAML text -> label layout, or a refusal that names every fault at once, each with its line.

Three kinds of fault are told together: of the writing (`strict_yaml`), of the shape (here), and of the geometry
(`layout_faults`). It draws nothing; whether texts fit is found by placing the example on the layout.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from pathlib import Path as FilePath
from string import Formatter
from typing import Any

from mfg import strict_yaml
from mfg.facts import Refused, shown
from mfg.paper.data import layout_names, read_layout, shipped_layout, whole
from mfg.paper.layout import Condition, Element, Layout, Statement
from mfg.paper.layout_faults import faults
from mfg.strict_yaml import Bare, Path, Tree

WHAT = "label layout"
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,3})(\.\d{1,6})?\Z", re.ASCII)
_NUMBERS = ("x", "y", "w", "h", "size", "module_mm")
_NEEDED = ("kind", "id", "x", "y", "w", "h")
_FLAGS = ("bold", "mono", "frame", "inline")
_ELEMENT = {one.name for one in fields(Element)}
_STATEMENT = {"version", "source", "text", "when", "symbol", "assumed"}
_TOP = {"name", "title", "version", "size", "elements", "statements", "words", "countries", "example"}
_TESTS = {"is": "is_", "not": "is_not", "starts": "starts"}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")


@lru_cache(maxsize=64)
def read_layout_text(text: str) -> Layout:
    """Read a self-contained layout, or refuse it with one sentence for each fault (Refused, kind "input")."""
    try:
        tree = strict_yaml.read(text, what=WHAT)
    except strict_yaml.Unreadable as broken:
        raise Refused(broken.why, kind="input", fields={"text": [broken.why]}) from broken
    reading = _Reading(tree)
    layout = reading.layout()
    told = [*tree.problems, *reading.told]
    if layout is not None:
        told += [(tree.line(path), why) for path, why in faults(layout)]
    if told or layout is None:
        sentences = [f"Line {line}: {why}" for line, why in sorted(dict.fromkeys(told))]
        raise Refused(f"The {WHAT} cannot be used. " + " ".join(sentences), kind="input", fields={"text": sentences})
    return layout


def load_layout(name_or_path: str | FilePath) -> Layout:
    """A shipped layout by its name (`dose_bag`), or one in a file; what the file leaves out is taken from the shipped
    statements."""
    name = str(name_or_path)
    return read_layout_text(shipped_layout(name) if name in layout_names() else whole(read_layout(name_or_path)))


class _Reading:
    """One walk over what was written; `told` collects (line, fault)."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.told: list[tuple[int, str]] = []

    def wrong(self, path: Path, why: str) -> None:
        self.told.append((self.tree.line(path), why))

    def layout(self) -> Layout | None:
        data = self.tree.data
        if not isinstance(data, dict):
            self.wrong((), "it must be a mapping with name, version, size and elements.")
            return None
        self.strange((), data, _TOP, "the layout")
        name, version = self.text(data, "name", ()), self.text(data, "version", ())
        if name and not _NAME.match(name):
            self.wrong(("name",), f"the name {shown(name)} is not lower-case letters, digits and underscores.")
        size = self.mapping(data.get("size"), ("size",), "size: {w: …, h: …} in mm")
        wide, tall = (self.number(size, side, ("size",), "the size") for side in ("w", "h"))
        elements = [self.element(body, ("elements", at)) for at, body in
                    enumerate(self.listed(data.get("elements"), ("elements",)))]
        statements = {key: self.statement(key, body) for key, body in
                      self.mapping(data.get("statements", {}), ("statements",), "statements by their ids").items()}
        if self.told or wide is None or tall is None:
            return None
        return Layout(name, version, (wide, tall), tuple(one for one in elements if one),
                      {key: one for key, one in statements.items() if one},
                      title=self.text(data, "title", (), needed=False) or name, words=self.words(data),
                      countries=self.countries(data), example=self.texts(data.get("example", {}), ("example",))) \
            if not self.told else None

    def strange(self, path: Path, body: Mapping[str, Any], known: set[str], where: str) -> None:
        strange = sorted(set(body) - known)
        if strange:
            self.wrong((*path, strange[0]), f"{where} has unknown keys {', '.join(strange)}. Correct their spelling, "
                                            "or leave them out.")

    def mapping(self, value: Any, path: Path, what: str) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        self.wrong(path, f"{what} were expected.")
        return {}

    def listed(self, value: Any, path: Path) -> list[Any]:
        if isinstance(value, list):
            return value
        self.wrong(path, f"a list was expected under {strict_yaml.path_text(path)}.")
        return []

    def text(self, body: Mapping[str, Any], key: str, path: Path, *, needed: bool = True) -> str:
        value = body.get(key)
        if isinstance(value, str) and (value or not needed):
            return value
        if value is not None or needed:
            self.wrong((*path, key), f"{strict_yaml.path_text((*path, key))} has to be text; write it in quotes."
                       if value is not None else f"{strict_yaml.path_text((*path, key))} is missing.")
        return ""

    def number(self, body: Mapping[str, Any], key: str, path: Path, where: str) -> float | None:
        value = body.get(key)
        told = str(value) if isinstance(value, (Bare, int)) and not isinstance(value, bool) else ""
        if _NUMBER.match(told):
            return float(told)
        self.wrong((*path, key), f"{where} has {shown(str(value))} for {key}; a number such as 12.5 was expected."
                   if value is not None else f"{where} has no {key}.")
        return None

    def texts(self, value: Any, path: Path) -> dict[str, str]:
        body = self.mapping(value, path, "names with texts")
        for key, one in body.items():
            if not isinstance(one, str):
                self.wrong((*path, key), f"{strict_yaml.path_text((*path, key))} has to be text; write it in quotes.")
        return body

    def words(self, data: Mapping[str, Any]) -> dict[str, dict[str, str]]:
        body = self.mapping(data.get("words", {}), ("words",), "words by their English text")
        return {key: self.texts(one, ("words", key)) for key, one in body.items()}

    def countries(self, data: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
        body = self.mapping(data.get("countries", {}), ("countries",), "languages by country")
        return {key: self.names(one, ("countries", key)) for key, one in body.items()}

    def names(self, value: Any, path: Path) -> tuple[str, ...]:
        listed = self.listed(value, path)
        if all(isinstance(one, str) and one for one in listed):
            return tuple(listed)
        self.wrong(path, f"{strict_yaml.path_text(path)} has to be a list of names, such as [en, \"no\"].")
        return ()

    def conditions(self, value: Any, path: Path) -> tuple[Condition, ...]:
        made = []
        for at, body in enumerate(self.listed(value or [], path)):
            here = (*path, at)
            one = self.texts(body, here)
            tests = {_TESTS[key]: test for key, test in one.items() if key in _TESTS and isinstance(test, str)}
            if set(one) - set(_TESTS) != {"fact"} or len(tests) != 1:
                self.wrong(here, f"the condition on {shown(str(one.get('fact')))} needs exactly one of is, not, "
                                 "starts.")
            else:
                made.append(Condition(one["fact"], **tests))
        return tuple(made)

    def element(self, body: Any, path: Path) -> Element | None:
        given = dict(self.mapping(body, path, "the keys of an element, such as kind and id,"))
        where = f"element {shown(str(given.get('id')))}"
        before = len(self.told)
        self.strange(path, given, _ELEMENT, where)
        for key in _NEEDED:
            if key not in given:
                self.wrong(path, f"{where} has no {key}.")
        for key in given:
            if key in _NUMBERS:
                given[key] = self.number(given, key, path, where)
            elif key in _FLAGS and not isinstance(given[key], bool):
                self.wrong((*path, key), f"{where}: {key} is true or false.")
            elif key not in (*_FLAGS, "of", "when") and not isinstance(given[key], str):
                self.wrong((*path, key), f"{where}: {key} has to be text; write it in quotes.")
        given["when"] = self.conditions(given.get("when"), (*path, "when"))
        given["of"] = self.names(given.get("of", []), (*path, "of"))
        self.template(given.get("text", ""), (*path, "text"))
        self.template(given.get("caption", ""), (*path, "caption"))
        return Element(**given) if len(self.told) == before else None

    def statement(self, key: str, body: Any) -> Statement | None:
        path: Path = ("statements", key)
        given = self.mapping(body, path, "version, source and text of the statement")
        before = len(self.told)
        self.strange(path, given, _STATEMENT, f"statement {shown(key)}")
        version, source = self.text(given, "version", path), self.text(given, "source", path)
        text = self.texts(given.get("text"), (*path, "text"))
        for language, one in text.items():
            self.template(one, (*path, "text", language))
        when = self.conditions(given.get("when"), (*path, "when"))
        assumed = self.names(given.get("assumed", []), (*path, "assumed"))
        symbol = self.text(given, "symbol", path, needed=False)
        if len(self.told) > before:
            return None
        return Statement(key, version, source, text, when, symbol, assumed)

    def template(self, template: Any, path: Path) -> None:
        """A template holds only plain fact names in braces."""
        try:
            bad = isinstance(template, str) and any(
                name is not None and (not name.isidentifier() or spec or conversion)
                for _, name, spec, conversion in Formatter().parse(template))
        except ValueError:
            bad = True
        if bad:
            self.wrong(path, f"{shown(str(template))} may only name facts, as in {{batch}}.")
