"""The shape of a master record and of a specification as files: which keys there are and what each may hold.

The same shapes read a file (`reading.py`), are published as JSON Schema (`published.py`) and say which keys are
written (`writing.py`). Whether the content holds together is asked elsewhere.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields

from mfg.facts import Refused, number, shown
from mfg.fields import Body, Choice, Words
from mfg.recipes import master, specification
from mfg.strict_yaml import Bare

#: what an exact number in quotes looks like, for the published schema
NUMBER = r"^[+-]?([0-9]{1,15}(\.[0-9]{1,15})?|\.[0-9]{1,15})([eE][+-]?[0-9]{1,2})?$"
WARN_AT = Decimal("0.8")


class Text(Words):
    """Words in one or more lines. What YAML would not read as text needs quotes."""

    def __init__(self, label: str, *, required: bool = False, says: str = "") -> None:
        super().__init__(label, required=required, hint=says)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if isinstance(value, Bare | bool | int):
            raise ValidationError(f"{_as_written(value)} without quotes is not read as text. Write it in quotes.")
        return super()._deserialize(value, attr, data, **kwargs)

    @property
    def wire(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": self.limit} | ({"minLength": 1} if self.required else {})


def _as_written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class Quoted(fields.Field[Decimal]):
    """A number written as text. An unquoted one has already lost its exactness to YAML and is refused."""

    wire = {"type": "string", "pattern": NUMBER}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        if not isinstance(value, str):
            raise ValidationError(f"{_as_written(value)[:40]} is written without quotes. Write it in quotes so that it "
                                  "stays exact.")
        try:
            return number(value, what="this")
        except Refused as refused:
            raise ValidationError(refused.why) from refused


class Whole(fields.Integer):
    """A whole number within bounds, both included."""

    def __init__(self, least: int = 1, most: int = 99, *, blank: int | None = None) -> None:
        self.least, self.most = least, most
        self.wire = {"type": "integer", "minimum": least, "maximum": most}
        super().__init__(strict=True, load_default=blank)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not self.least <= value <= self.most:
            raise ValidationError(f"{shown(value)} is not a whole number from {self.least} to {self.most}.")
        return value


class Flag(fields.Field[bool]):
    """true or false, in these words."""

    wire = {"type": "boolean"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError(f"{shown(value)} is neither true nor false.")
        return value


class Parameter(fields.Field[master.Setting]):
    """A number in quotes; null for unknown; or {value, because} for an assumed one."""

    wire = {"oneOf": [{"type": "null"}, Quoted.wire,
                      {"type": "object", "additionalProperties": False, "required": ["value", "because"],
                       "properties": {"value": {"oneOf": [{"type": "null"}, Quoted.wire]},
                                      "because": {"type": "string", "minLength": 1}}}]}

    def __init__(self) -> None:
        super().__init__(load_default=master.UNKNOWN, allow_none=True)

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> master.Setting:
        if value is None:
            return master.UNKNOWN
        return super().deserialize(value, attr, data, **kwargs) or master.UNKNOWN

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> master.Setting:
        if not isinstance(value, dict):
            return master.Setting(Quoted().deserialize(value, attr, data))
        if set(value) != {"value", "because"} or not isinstance(value["because"], str) or not value["because"].strip():
            raise ValidationError("An assumed value is written {value: \"…\", because: …}.")
        told = value["value"]
        return master.Setting(None if told is None else Quoted().deserialize(told, attr, data),
                              value["because"].strip())


class Segment(fields.Field[tuple[str, str]]):
    """[start, stop]: two events, each a step or step.field."""

    wire = {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 2, "maxItems": 2}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[str, str]:
        ends = value if isinstance(value, list) else []
        if len(ends) != 2 or not all(isinstance(end, str) and end.strip() for end in ends):
            raise ValidationError("A segment is written [start, stop], each a step or step.field.")
        return ends[0].strip(), ends[1].strip()


def _words(label: str, says: str = "") -> Any:
    return fields.List(Text(label, required=True), load_default=list, metadata={"hint": says})


class Severity(Choice):
    """How bad it is; major unless it is said, never blank."""

    def __init__(self) -> None:
        super().__init__("severity", master.SEVERITIES, required=False)
        self.load_default = "major"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return super()._deserialize(value or None, attr, data, **kwargs)


def _flag(says: str, default: bool = False) -> Flag:
    return Flag(load_default=default, metadata={"hint": says})


def _number(says: str, required: bool = False) -> Quoted:
    made = Quoted(required=required, metadata={"hint": says})
    if not required:
        made.load_default = None
    return made


class Shape(Body):
    """Makes the frozen value of what was read; what is missing is left at its default, or blank."""

    makes: type[Any]

    def made(self, data: dict[str, Any]) -> Any:
        """The value, even of data in which some parts are missing because they were wrong."""
        given = {}
        for name, field in self.fields.items():
            attribute = field.attribute or name
            if attribute in data:
                given[attribute] = made_part(field, data[attribute])
            elif field.required:
                given[attribute] = () if isinstance(field, fields.List) else None if isinstance(field, Quoted) else ""
        return self.makes(**given)


def shape_of(field: fields.Nested) -> Shape:
    """The shape a nested part has."""
    shape = field.schema
    assert isinstance(shape, Shape), "the shapes here hold shapes only"
    return shape


def made_part(field: Any, value: Any) -> Any:
    """One part of a value: nested shapes become theirs, lists become tuples."""
    if isinstance(field, fields.Nested):
        return value if value is None else shape_of(field).made(value)
    if isinstance(field, fields.List):
        return tuple(made_part(field.inner, one) for one in value)
    return value


class FieldShape(Shape):
    """One value that a step asks for, or works out."""

    makes = master.FieldSpec
    id = Text("id", required=True, says="known by it in formulas and entries")
    label = Text("label", required=True, says="what people read")
    kind = Choice("kind", master.KINDS)
    unit = Text("unit", says="UCUM")
    low = _number("inclusive lower limit, in the unit")
    high = _number("inclusive upper limit, in the unit")
    alert_low = _number("inclusive lower alert limit, within the limits")
    alert_high = _number("inclusive upper alert limit, within the limits")
    severity = Severity()
    choices = _words("choice", "the answers of a choice")
    not_good = _words("choice", "the answers with which a deviation opens")
    lot_kind = Text("lot_kind", says="for a scanned lot: the kind it has to be")
    container_kind = Text("container_kind", says="for a scanned container: the kind it has to be")
    equipment_kind = Text("equipment_kind", says="for scanned equipment: the kind it has to be")
    role = Text("role", says="a well-known meaning, by which calculations find the value")
    formula = Text("formula", says="for a calculated value: numbers, fields of this step, step.field of earlier ones")
    of = Text("of", says="for an amount used: the field of the scanned lot it is taken from")
    optional = _flag("may be left out")
    blind = _flag("the verifier reads or scans it again without seeing the first")
    because = Text("because", says="why the limits are assumed; empty when the process owner stated them")


class StepShape(Shape):
    """One thing that one person performs and another verifies."""

    makes = master.Step
    id = Text("id", required=True)
    title = Text("title", required=True)
    instruction = Text("instruction", required=True)
    sop = Text("sop", says="key, or key and version: SOP-101/2")
    critical = _flag("a critical step")
    repeat = Whole()
    when = Text("when", says="the step is done only where this holds; over values of earlier steps")
    until = Text("until", says="for a repeated step: what has to hold before the next step begins")
    optional = _flag("may be skipped, with a reason and a signature")
    open = _flag("product is open: a scanned room is needed")
    clearance = _flag("line clearance of the scanned room before it")
    qualifications = _words("qualification", "beside that in the SOP, such as gowning")
    fields_ = fields.List(fields.Nested(FieldShape), data_key="fields", attribute="fields", load_default=list)


class PhaseShape(Shape):
    """Steps that belong together."""

    makes = master.Phase
    id = Text("id", required=True)
    title = Text("title", required=True)
    staged = Whole()
    steps = fields.List(fields.Nested(StepShape), required=True)


LoadingShape = type("LoadingShape", (Shape,), {
    "__doc__": "What loading the cells has to keep to: one parameter for each setting that is known.",
    "makes": master.LoadingLimits, **{name: Parameter() for name in master.LOADING_SETTINGS}})


LossShape = type("LossShape", (Shape,), {
    "__doc__": "How much may be lost, percent: of the volume where no liquid is added, else of the viable cells.",
    "makes": master.LossLimits, **{name: Parameter() for name in master.LOSS_SETTINGS}})


class HoldShape(Shape):
    """A time that must not be exceeded. Without warn_minutes the warning comes at 80 % of the limit."""

    makes = master.Hold
    id = Text("id", required=True)
    title = Text("title", required=True)
    segments = fields.List(Segment(), required=True)
    limit_minutes = _number("the time allowed, min", required=True)
    warn_minutes = _number("when people are warned, min")
    temperature = Text("temperature", says="in which the time runs, such as 2-8 Cel")
    severity = Severity()
    because = Text("because")

    def made(self, data: dict[str, Any]) -> Any:
        limit = data.get("limit_minutes") or Decimal(1)
        warn = data.get("warn_minutes")
        return super().made(data | {"limit_minutes": data.get("limit_minutes", limit),
                                    "warn_minutes": limit * WARN_AT if warn is None else warn})


class LabelledShape(Shape):
    """A kind of container that carries its label before it is used."""

    makes = master.Labelled
    kind = Choice("kind", master.LABELLED_KINDS)
    keep = Choice("keep", master.KEEPS, required=False, hint="where it is kept, as its label says it")


class SampledShape(Shape):
    """One sample of the plan, drawn each time its step is done."""

    makes = master.Sampled
    id = Text("id", required=True)
    title = Text("title", required=True)
    step = Text("step", required=True, says="the id of the step at which it is drawn")
    container_kind = Choice("container_kind", master.CONTAINER_KINDS, hint="the kind of container it is drawn from")
    purpose = Text("purpose", required=True, says="what it is for")
    receipt_minutes = _number("from drawing to receipt in the laboratory, min", required=True)
    tests = _words("test", "ids of the specification's tests it is for")
    volume_ml = _number("the volume of one tube, mL")
    tubes = Whole()
    keep = Choice("keep", master.KEEPS, required=False, hint="where it is kept, on the way and in store")
    low_c = _number("inclusive lowest temperature, Cel")
    high_c = _number("inclusive highest temperature, Cel")
    retain_days = Whole(1, 20_000)
    because = Text("because", says="why its amounts and times are assumed")

    def made(self, data: dict[str, Any]) -> Any:
        return super().made({"receipt_minutes": Decimal(1)} | data)


class MasterShape(Shape):
    """The master record of one process."""

    makes = master.MasterRecord
    key = Text("key", required=True, says="what all versions share; letters, digits, dots and dashes")
    title = Text("title", required=True)
    phases = fields.List(fields.Nested(PhaseShape), required=True)
    shelf_life_hours = Parameter()
    loading = fields.Nested(LoadingShape, load_default=None, allow_none=True)
    holds = fields.List(fields.Nested(HoldShape), load_default=list)
    frozen = _words("kind of container", "that this process freezes")
    losses = fields.Nested(LossShape, load_default=dict)
    labels = fields.List(fields.Nested(LabelledShape), load_default=list)
    samples = fields.List(fields.Nested(SampledShape), load_default=list)


class TestShape(Shape):
    """One test of a specification."""

    __test__ = False
    makes = specification.Test
    id = Text("id", required=True)
    title = Text("title", required=True)
    method = Text("method", required=True)
    scope = Choice("scope", specification.SCOPES)
    kind = Choice("kind", specification.KINDS)
    timing = Choice("timing", specification.TIMINGS)
    unit = Text("unit")
    low = _number("inclusive lower limit")
    high = _number("inclusive upper limit")
    equals = Text("equals")
    choices = _words("choice")
    replicates = Whole()
    max_cv_percent = _number("how far replicates may be apart, %")
    days = Whole()
    role = Text("role")
    mandatory = _flag("has to be there", default=True)
    because = Text("because")
    method_version = Text("method_version")
    retests = Whole(0, blank=0)
    retest_policy = Text("retest_policy")
    equipment = Text("equipment")
    reagents = _words("kind of lot")
    performers = _words("role")
    reviewers = _words("role")
    qualifications = _words("procedure")
    lod = _number("limit of detection")
    loq = _number("limit of quantitation")
    events = Whole(0, 10**8)
    population = Text("population")
    gates = Text("gates")
    controls = Text("controls")
    saturation = _number("least brightness as a part of the saturated control")
    fold = _number("least brightness over the unloaded control")
    ratio = _number("effector to target ratio of the claim")
    added = _number("least that the antibody adds, points of percent")
    spontaneous = _number("most spontaneous release, % of the maximum")
    unspecific = _number("most lysis without the target, %")
    wells = Whole()


class SpecificationShape(Shape):
    """The specification of a batch and its doses."""

    makes = specification.Specification
    key = Text("key", required=True)
    title = Text("title", required=True)
    tests = fields.List(fields.Nested(TestShape), required=True)
