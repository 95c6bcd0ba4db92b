"""YAML text -> master record or specification, or a refusal that names every fault at once.

It checks shape; whether the content holds together is asked of `master.faults` and `specification.faults`.
It keeps nothing: documents are kept by their own room.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml
from marshmallow import ValidationError, fields, post_load
from marshmallow.validate import OneOf

from mfg.facts import Refused, number
from mfg.fields import Body, Choice, Words
from mfg.recipes import master, specification
from mfg.recipes.master import FieldSpec, LoadingLimits, MasterRecord, Phase, Setting, Step
from mfg.recipes.specification import Specification, Test

EXAMPLES = {"master record": "nk_cd123_cd16.yaml", "specification": "nk_release.yaml"}
LONGEST = 300_000


class Quoted(fields.Field[Decimal]):
    """A number written as text. An unquoted one has already lost its exactness to YAML and is refused."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        if not isinstance(value, str):
            raise ValidationError(f"{value!r} is written without quotes. Write \"{value}\" so that it stays exact.")
        try:
            return number(value, what=attr or "the value")
        except Refused as refused:
            raise ValidationError(refused.why) from refused


class Often(fields.Integer):
    """How often: a whole number from 1 to 99."""

    def __init__(self) -> None:
        super().__init__(strict=True, load_default=None)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 99:
            raise ValidationError(f"{value!r} is not a whole number from 1 to 99.")
        return value


class Parameter(fields.Field[Setting]):
    """A number in quotes; null for unknown; or {value, because} for an assumed one."""

    def __init__(self) -> None:
        super().__init__(load_default=master.UNKNOWN, allow_none=True)

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Setting:
        if value is None:
            return master.UNKNOWN
        return super().deserialize(value, attr, data, **kwargs) or master.UNKNOWN

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Setting:
        if not isinstance(value, dict):
            return Setting(Quoted().deserialize(value, attr, data))
        if set(value) != {"value", "because"} or not isinstance(value["because"], str) or not value["because"].strip():
            raise ValidationError("An assumed value is written {value: \"…\", because: …}.")
        told = value["value"]
        return Setting(None if told is None else Quoted().deserialize(told, attr, data), value["because"].strip())


def _text(label: str, *, required: bool = False) -> Words:
    return Words(label, required=required)


def _words(label: str) -> Any:
    return fields.List(Words(label), load_default=list)


def _one_of(words: tuple[str, ...], default: str) -> Any:
    sentence = f"One of these was expected: {', '.join(words)}."
    return fields.String(load_default=default, validate=OneOf(words, error=sentence))


class _Shape(Body):
    """Makes the frozen value once the shape is right."""

    makes: type[Any]

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Any:
        return self.makes(**{name: tuple(value) if isinstance(value, list) else value
                             for name, value in data.items()})


class FieldShape(_Shape):
    makes = FieldSpec
    id = _text("id", required=True)
    label = _text("label", required=True)
    kind = Choice("kind", master.KINDS)
    unit = _text("unit")
    low = Quoted(load_default=None)
    high = Quoted(load_default=None)
    severity = _one_of(master.SEVERITIES, "major")
    choices = _words("choice")
    not_good = _words("choice")
    lot_kind = _text("lot_kind")
    container_kind = _text("container_kind")
    role = _text("role")
    optional = fields.Boolean(load_default=False)
    blind = fields.Boolean(load_default=False)
    because = _text("because")


class StepShape(_Shape):
    makes = Step
    id = _text("id", required=True)
    title = _text("title", required=True)
    instruction = _text("instruction", required=True)
    sop = _text("sop")
    critical = fields.Boolean(load_default=False)
    repeat = Often()
    fields_ = fields.List(fields.Nested(FieldShape), data_key="fields", attribute="fields", load_default=list)


class PhaseShape(_Shape):
    makes = Phase
    id = _text("id", required=True)
    title = _text("title", required=True)
    staged = Often()
    steps = fields.List(fields.Nested(StepShape), required=True)


LoadingShape = type("LoadingShape", (_Shape,), {
    "__doc__": "One parameter for each setting that master.py knows.",
    "makes": LoadingLimits, **{name: Parameter() for name in master.LOADING_SETTINGS}})


class MasterShape(_Shape):
    makes = MasterRecord
    key = _text("key", required=True)
    title = _text("title", required=True)
    phases = fields.List(fields.Nested(PhaseShape), required=True)
    shelf_life_hours = Parameter()
    loading = fields.Nested(LoadingShape, load_default=None, allow_none=True)


class TestShape(_Shape):
    __test__ = False
    makes = Test
    id = _text("id", required=True)
    title = _text("title", required=True)
    method = _text("method", required=True)
    scope = Choice("scope", specification.SCOPES)
    kind = Choice("kind", specification.KINDS)
    timing = Choice("timing", specification.TIMINGS)
    unit = _text("unit")
    low = Quoted(load_default=None)
    high = Quoted(load_default=None)
    equals = _text("equals")
    choices = _words("choice")
    replicates = Often()
    max_cv_percent = Quoted(load_default=None)
    days = Often()
    role = _text("role")
    mandatory = fields.Boolean(load_default=True)
    because = _text("because")


class SpecificationShape(_Shape):
    makes = Specification
    key = _text("key", required=True)
    title = _text("title", required=True)
    tests = fields.List(fields.Nested(TestShape), required=True)


@lru_cache(maxsize=64)
def read_master_record(text: str) -> MasterRecord:
    """Read a master record, or refuse it with one sentence for each fault (Refused, kind "input")."""
    record: MasterRecord = _read(text, MasterShape(), "master record")
    _refuse("master record", master.faults(record))
    return record


@lru_cache(maxsize=64)
def read_specification(text: str) -> Specification:
    """Read a specification, or refuse it with one sentence for each fault (Refused, kind "input")."""
    read: Specification = _read(text, SpecificationShape(), "specification")
    _refuse("specification", specification.faults(read))
    return read


def example(kind: str) -> str:
    """The text of the example shipped with the program, for "master record" or "specification"."""
    return (files("mfg.recipes") / "examples" / EXAMPLES[kind]).read_text("utf-8")


def _read(text: str, schema: Body, what: str) -> Any:
    if len(text) > LONGEST:
        raise Refused(f"The {what} has {len(text)} characters; at most {LONGEST} are read.", kind="input")
    try:
        data = yaml.load(text, Loader=_Strict)  # noqa: S506 - _Strict is a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError, AttributeError, KeyError) as broken:
        # The last two come of a tag such as !!bool before a text that is none.
        raise Refused(f"The {what} is not readable YAML: {_where(broken)}.", kind="input") from broken
    try:
        return schema.load(data)
    except ValidationError as wrong:
        _refuse(what, sorted(_sentences(wrong.messages)))


def _refuse(what: str, wrong: list[str]) -> None:
    if wrong:
        raise Refused(f"The {what} cannot be used. " + " ".join(wrong), kind="input", fields={"text": wrong})


def _sentences(messages: Any, place: str = "") -> Iterator[str]:
    """Every message with the place it belongs to; list positions are counted from 1 as people do."""
    if isinstance(messages, dict):
        for name, inner in messages.items():
            step = "" if name == "_schema" else str(name + 1 if isinstance(name, int) else name)
            yield from _sentences(inner, f"{place}, {step}".strip(", "))
    else:
        for message in messages if isinstance(messages, list) else [messages]:
            yield f"{place}: {message}" if place else str(message)


def _where(broken: Exception) -> str:
    mark = getattr(broken, "problem_mark", None)
    problem = getattr(broken, "problem", None) or "it is nested too deeply, not text, or tagged as what it is not"
    return f"line {mark.line + 1}: {problem}" if mark else str(problem)


class _Strict(yaml.SafeLoader):
    """YAML without the two things that surprise: a key given twice, and parts that repeat themselves."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.constructor.ConstructorError(None, None, "references (*name) are not read; write it out",
                                                    event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen = set()
        for name, _ in node.value:
            if not isinstance(name, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a name that is a list or has names of its own",
                                                        name.start_mark)
            if name.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"“{name.value}” is written twice",
                                                        name.start_mark)
            seen.add(name.value)
        return super().construct_mapping(node, deep)
