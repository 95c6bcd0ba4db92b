"""YAML text as plain data, with the line of every key and item, or refused. It knows YAML's traps and no schema.

Refused: duplicate keys (YAML keeps the last one silently), anchors and aliases (a few lines can grow into
gigabytes), tags, merge keys, names that are no text, deep nesting, huge files. A number or date YAML would
interpret stays visible as `Bare`, so that a schema can ask for quotes instead of reading a float.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from mfg.facts import Refused, shown

LONGEST = 300_000
DEEPEST = 20
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Path = tuple[str | int, ...]
_WHOLE = re.compile(r"-?(0|[1-9]\d{0,11})\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Bare:
    """A scalar YAML would turn into something inexact or surprising: 1.0e+7, 0x10, 10:15, yes, a date."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Tree:
    """What was written: the data, the line of every key and item, and what is wrong with the writing itself."""

    data: Any
    lines: Mapping[Path, int]
    #: (line, what is wrong) of keys written twice, names that are no text, tags; the data goes on without them
    problems: tuple[tuple[int, str], ...] = ()

    def line(self, path: Path) -> int:
        """The line of the place, or of the nearest place around it that is written."""
        return next((self.lines[path[:cut]] for cut in range(len(path), -1, -1) if path[:cut] in self.lines), 1)

    def sentences(self) -> list[str]:
        """The problems as sentences, each with its line."""
        return [f"Line {line}: {why}" for line, why in self.problems]


class Unreadable(Refused):
    """The text cannot be read as YAML at all, or not safely."""

    def __init__(self, why: str) -> None:
        super().__init__(why, kind="input")


def read(text: str, *, what: str = "file", longest: int = LONGEST) -> Tree:
    """The data with its lines; Unreadable, with a sentence, when it cannot be read safely. `what` is its name."""
    if len(text) > longest:
        raise Unreadable(f"The {what} has {len(text)} characters; at most {longest} are read. Is it a {what}?")
    text = text.removeprefix("\ufeff")
    try:
        for event, depth in _events(text):
            _refuse_unsafe(event, depth, what)
        node = yaml.compose(text, Loader=Loader)
    except (yaml.YAMLError, ValueError) as broken:
        line, said = _said(broken)
        raise Unreadable(f"Line {line}: the {what} is not readable YAML: {said}. Correct it.") from broken
    if node is None:
        raise Unreadable(f"Line 1: the {what} is empty. Hand in the whole text.")
    reading = _Reading()
    data = reading.data(node, ())
    return Tree(data, reading.lines, tuple(reading.problems))


def path_text(path: Iterable[str | int]) -> str:
    """`dose.cohorts[0].cells_per_kg`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def _events(text: str) -> Iterator[tuple[yaml.Event, int]]:
    """Events before anything is built, so that a bomb is never unpacked; with the nesting depth."""
    depth = 0
    for event in yaml.parse(text, Loader=Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        yield event, depth


def _refuse_unsafe(event: yaml.Event, depth: int, what: str) -> None:
    line = event.start_mark.line + 1 if event.start_mark else 0
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        raise Unreadable(f"Line {line}: anchors and aliases (& and *) are not read. Write the value out.")
    if depth > DEEPEST:
        raise Unreadable(f"Line {line}: nested deeper than {DEEPEST} levels. Is it a {what}?")


def _said(broken: Exception) -> tuple[int, str]:
    """The line, and what the parser found there, without its copy of the file."""
    mark = getattr(broken, "problem_mark", None) or getattr(broken, "context_mark", None)
    said = getattr(broken, "problem", None) or getattr(broken, "reason", None) or "it holds an unreadable character"
    return (mark.line + 1 if mark else 1), str(said)


class _Reading:
    """One walk over the parsed text: it builds the data and notes lines and problems on the way."""

    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self.problems: list[tuple[int, str]] = []

    def data(self, node: Any, path: Path) -> Any:
        self.lines[path] = line = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
            return [self.data(item, (*path, place)) for place, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path, line)
        self.problems.append((line, f"the tag {shown(node.tag)} is not read. Leave it out."))
        return None

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag != "tag:yaml.org,2002:str":
                self.problems.append((line, f"the key {shown(_key(key_node))} is not a name. Use a plain word."))
                continue
            key = key_node.value
            if key in found:
                self.problems.append((line, f"the key {shown(path_text((*path, key)))} stands there twice. Keep one."))
            found[key] = self.data(value_node, (*path, key))
            self.lines[(*path, key)] = line
        return found

    def _scalar(self, node: yaml.ScalarNode, path: Path, line: int) -> Any:
        kind = node.tag.removeprefix("tag:yaml.org,2002:")
        if kind == "str":
            return node.value
        if kind == "null":
            return None
        if kind == "bool" and node.value in ("true", "false"):
            return node.value == "true"
        if kind == "int" and _WHOLE.match(node.value):
            return int(node.value)
        if kind not in ("bool", "int", "float", "timestamp"):
            self.problems.append((line, f"{path_text(path)} has the tag {shown(node.tag)}, which is not read. "
                                        "Leave the tag out."))
        return Bare(node.value)


def _key(node: Any) -> str:
    """A key as it can be quoted: its text, or that it is a list or has names of its own."""
    return node.value if isinstance(node, yaml.ScalarNode) else f"({node.id})"
