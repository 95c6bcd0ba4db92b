"""YAML text as plain data with line numbers, or refused. It knows YAML's traps and no protocol.

Refused: duplicate keys (YAML keeps the last one silently), anchors and aliases (a few lines can grow into
gigabytes), tags, merge keys, deep nesting, huge files. A number or date YAML would interpret stays visible
as `Bare`, so that the schema can ask for quotes instead of reading a float.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from mfg.facts import Refused, shown

LONGEST = 200_000
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


def read(text: str) -> tuple[Any, dict[Path, int]]:
    """The data and the line of every key and item; Refused with sentences when it cannot be read safely."""
    if len(text) > LONGEST:
        raise refused(f"The file has {len(text)} characters; at most {LONGEST} were expected. Is it a protocol?")
    try:
        for event, depth in _events(text):
            _refuse_unsafe(event, depth)
        node = yaml.compose(text, Loader=Loader)
    except (yaml.YAMLError, ValueError) as broken:
        raise refused(f"The file is not readable YAML: {_said(broken)}. Correct it.") from broken
    if node is None:
        raise refused("The file is empty; a trial protocol was expected.")
    lines: dict[Path, int] = {}
    problems: list[str] = []
    data = _data(node, (), lines, problems)
    if problems:
        raise refused(*problems)
    return data, lines


def refused(*problems: str) -> Refused:
    """One refusal that carries every problem, a sentence a line, and as a list in `fields`."""
    return Refused("\n".join(problems), kind="input", fields={"protocol": list(problems)})


def path_text(path: Path) -> str:
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


def _refuse_unsafe(event: yaml.Event, depth: int) -> None:
    line = event.start_mark.line + 1 if event.start_mark else 0
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        raise refused(f"Line {line}: anchors and aliases (& and *) are not read. Write the value out.")
    if depth > DEEPEST:
        raise refused(f"Line {line}: nested deeper than {DEEPEST} levels. Is it a protocol?")


def _said(broken: Exception) -> str:
    """What the parser found, in one line, without its copy of the file."""
    mark = getattr(broken, "problem_mark", None)
    said = getattr(broken, "problem", None) or getattr(broken, "reason", None) or "it holds an unreadable character"
    return f"{said}, line {mark.line + 1}" if mark else str(said)


def _data(node: Any, path: Path, lines: dict[Path, int], problems: list[str]) -> Any:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
        return _mapping(node, path, lines, problems)
    if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
        return [_data(item, (*path, place), lines, problems) for place, item in enumerate(node.value)]
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node, path, problems)
    problems.append(f"Line {lines[path]}: the tag {shown(node.tag)} is not read. Leave it out.")
    return None


def _mapping(node: yaml.MappingNode, path: Path, lines: dict[Path, int], problems: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode) or key_node.tag != "tag:yaml.org,2002:str":
            problems.append(f"Line {line}: the key {shown(key_node.value)} is not a name. Use a plain word.")
            continue
        key = key_node.value
        if key in found:
            problems.append(f"Line {line}: the key {shown(path_text((*path, key)))} stands there twice. Keep one.")
        found[key] = _data(value_node, (*path, key), lines, problems)
        lines[(*path, key)] = line
    return found


def _scalar(node: yaml.ScalarNode, path: Path, problems: list[str]) -> Any:
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
        line = node.start_mark.line + 1
        problems.append(f"Line {line}: {path_text(path)} has the tag {shown(node.tag)}, which is not read. "
                        "Leave the tag out.")
    return Bare(node.value)
