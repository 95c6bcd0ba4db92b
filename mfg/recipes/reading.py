"""YAML text -> master record or specification, or a refusal that names every fault at once, each with its line.

Three kinds of fault are told together: of the writing (`strict_yaml`), of the shape (`shapes`), and of the content
(`faults`, `flow`, `specification`). It keeps nothing: documents are kept by their own room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Any

from marshmallow import ValidationError

from mfg import strict_yaml
from mfg.facts import Refused
from mfg.recipes import faults, specification
from mfg.recipes.faults import Fault
from mfg.recipes.master import MasterRecord
from mfg.recipes.shapes import MasterShape, Shape, SpecificationShape
from mfg.recipes.specification import Specification
from mfg.strict_yaml import Path, Tree

EXAMPLES = {"master record": "nk_cd123_cd16.yaml", "specification": "nk_release.yaml"}
LONGEST = 300_000
#: the items of these lists are called by their ids; a phase is named only where no step is
_ITEMS = {"phases": "phase", "steps": "step", "fields": "field", "holds": "hold", "tests": "test",
          "samples": "sample"}
#: what can only be judged when every step and field could be read
_ACROSS = ("formula", "when", "until", "segments", "of")
#: what is judged by the key beside it
_BESIDE = {"until": "repeat", "warn_minutes": "limit_minutes"}
_NAMING = ("id", "kind", "unit", "choices", "fields", "steps", "phases")


@lru_cache(maxsize=64)
def read_master_record(text: str) -> MasterRecord:
    """Read a master record, or refuse it with one sentence for each fault (Refused, kind "input")."""
    record: MasterRecord = _read(text, MasterShape(), "master record", faults.faults)
    return record


@lru_cache(maxsize=64)
def read_specification(text: str) -> Specification:
    """Read a specification, or refuse it with one sentence for each fault (Refused, kind "input")."""
    read: Specification = _read(text, SpecificationShape(), "specification", specification.faults)
    return read


@lru_cache
def example(kind: str) -> str:
    """The text of the example shipped with the program, for "master record" or "specification"."""
    return (files("mfg.recipes") / "examples" / EXAMPLES[kind]).read_text("utf-8")


def check_answer(text: str) -> dict[str, Any]:
    """What `mfg master-record check` answers; never raises."""
    try:
        record = read_master_record(text)
    except Refused as refused:
        return {"accepted": False, "why": refused.fields.get("text") or [refused.why]}
    steps = [step for _, step in record.steps()]
    return {"accepted": True, "key": record.key, "title": record.title, "phases": len(record.phases),
            "steps": len(steps), "fields": sum(len(step.fields) for step in steps), "holds": len(record.holds),
            "assumed": sorted(f"{step.id}.{one.id}" for step in steps for one in step.fields if one.because)}


def _read(text: str, shape: Shape, what: str, content: Callable[[Any], list[Fault]]) -> Any:
    try:
        tree = strict_yaml.read(text, what=what, longest=LONGEST)
    except strict_yaml.Unreadable as broken:
        raise Refused(broken.why, kind="input", fields={"text": [broken.why]}) from broken
    data, wrong = _loaded(tree, shape)
    made = shape.made(data) if isinstance(data, dict) and (data or not wrong) else None
    told = [*tree.problems, *((tree.line(path), _sentence(tree.data, path, why)) for path, why in wrong)]
    if made is not None:
        places = [path for path, _ in wrong]
        told += [(tree.line(one.path), one.why) for one in content(made) if not _spoilt(one.path, places)]
    if told:
        sentences = [f"Line {line}: {why}" for line, why in sorted(dict.fromkeys(told))]
        raise Refused(f"The {what} cannot be used. " + " ".join(sentences), kind="input", fields={"text": sentences})
    return made


def _loaded(tree: Tree, shape: Shape) -> tuple[Any, list[tuple[Path, str]]]:
    """What could be read, and what could not: (place, why)."""
    try:
        return shape.load(tree.data), []
    except ValidationError as wrong:
        return wrong.valid_data, list(_flat(wrong.messages))


def _flat(messages: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """marshmallow's nested messages as (path, words)."""
    if isinstance(messages, dict):
        for step, below in messages.items():
            yield from _flat(below, path if step == "_schema" else (*path, step))
    elif isinstance(messages, list):
        for below in messages:
            yield from _flat(below, path)
    else:
        yield path, str(messages)


def _sentence(data: Any, path: Path, why: str) -> str:
    """The place as people call it, and what is wrong there: `step “weigh”, field “mass”: low: …`."""
    nouns: list[str] = []
    rest: list[str] = []
    for at, part in enumerate(path):
        data = _below(data, part)
        if isinstance(part, int) and path[at - 1] in _ITEMS:
            noun, id = _ITEMS[str(path[at - 1])], data.get("id") if isinstance(data, dict) else None
            nouns = [] if noun == "step" else nouns
            nouns, rest = [*nouns, f"{noun} “{id}”" if isinstance(id, str) else f"{noun} {part + 1}"], []
        else:
            rest.append(str(part + 1) if isinstance(part, int) else part)
    return ": ".join(one for one in (", ".join(nouns), " ".join(rest), why) if one)


def _below(data: Any, part: str | int) -> Any:
    if isinstance(data, dict):
        return data.get(part)
    return data[part] if isinstance(data, list) and isinstance(part, int) and part < len(data) else None


def _spoilt(path: Path, wrong: list[Path]) -> bool:
    """Would this fault of the content only repeat a fault of the shape?"""
    if any(one[:len(path)] == path or path[:len(one)] == one for one in wrong):
        return True
    if any(one[-1:] in (("kind",), ("id",)) and path[:len(one) - 1] == one[:-1] for one in wrong):
        return True
    if path and (*path[:-1], _BESIDE.get(str(path[-1]), "")) in wrong:
        return True
    across = any(part in _ACROSS for part in path)
    return across and any(one[-1] in _NAMING or isinstance(one[-1], int) for one in wrong if one)
