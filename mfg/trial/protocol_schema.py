"""The shape of a trial protocol file: which keys there are and what each may hold. It resolves nothing;
what an absent, null or assumed value means is decided in protocol_file.py.

A setting is one table row here: the same field reads it where it is stated, where a cohort or an arm
overrides it, and under `assumed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from mfg.facts import Limits, Refused, number, shown
from mfg.fields import Body
from mfg.trial.protocol import NONE
from mfg.trial.protocol_yaml import Bare

#: Hours in each unit a wait or window may be stated in.
HOURS = {"hours": 1, "days": 24, "weeks": 168}


class Said(fields.Field[str]):
    """Text as written, up to 2000 characters."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError(f"is {shown(value)}; text in quotes was expected.")
        if not value.strip() or len(value) > 2000:
            raise ValidationError("is blank or longer than 2000 characters. Shorten it, or write null.")
        return value


class OneOf(Said):
    """One of a few words."""

    def __init__(self, *words: str, **more: Any) -> None:
        self.words = words
        super().__init__(**more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if value not in self.words:
            raise ValidationError(f"is {shown(value)}; one of {', '.join(self.words)} was expected.")
        return str(value)


class Exact(fields.Field[Any]):
    """An exact number in quotes: YAML reads 1.0e+7 as an inexact float. `none` where the trial may have none."""

    def __init__(self, *, above: str | None = "0", low: str | None = None, high: str | None = None,
                 none: bool = False, whole: bool = False, **more: Any) -> None:
        self.above = Decimal(above) if above and low is None else None
        self.low, self.high = (Decimal(bound) if bound else None for bound in (low, high))
        self.none, self.whole = none, whole
        super().__init__(**more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal | str:
        if self.none and value == NONE:
            return NONE
        if self.whole and isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, (int, Bare)):
            raise ValidationError(f'is {value} without quotes, which YAML may read inexactly. Write it as text, '
                                  f'such as "{value}".')
        try:
            read = number(value)
        except Refused as refused:
            raise ValidationError(refused.why.removeprefix("the value ")) from refused
        return self._bounded(read)

    def _bounded(self, read: Decimal) -> Decimal:
        if self.above is not None and read <= self.above:
            raise ValidationError(f"is {read}; more than {self.above} was expected.")
        if self.low is not None and read < self.low:
            raise ValidationError(f"is {read}; at least {self.low} was expected.")
        if self.high is not None and read > self.high:
            raise ValidationError(f"is {read}; at most {self.high} was expected.")
        return read


class Pair(fields.Field[Limits]):
    """Low and high, inclusive, as a list of two; a single value is both."""

    def __init__(self, of: fields.Field[Any], *, unit: str, **more: Any) -> None:
        self.of, self.unit = of, unit
        super().__init__(**more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Limits:
        ends = value if isinstance(value, list) else [value, value]
        if len(ends) != 2:
            raise ValidationError(f"has {len(ends)} values; a low and a high were expected.")
        low, high = (Decimal(self.of.deserialize(end, attr, data) or 0) for end in ends)
        if low > high:
            raise ValidationError(f"runs from {low} down to {high}; the low value comes first.")
        return Limits(low, high, self.unit)


class Whole(fields.Field[int]):
    """A whole number from `low` on, plain or in quotes."""

    def __init__(self, *, low: int = 1, high: int = 100_000, **more: Any) -> None:
        self.low, self.high = low, high
        super().__init__(**more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
        digits = text.removeprefix("-")
        fits = digits.isascii() and digits.isdigit() and len(digits) < 9
        if not fits or not self.low <= int(text) <= self.high:
            raise ValidationError(f"is {shown(value)}; a whole number from {self.low} to {self.high} was expected.")
        return int(text)


class Dose(fields.Field[Mapping[str, Any]]):
    """Cells: one number, or a range {min, max} with perhaps a target inside it."""

    _one = Exact()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            return {"target": self._one.deserialize(value, attr, data)}
        if not {"min", "max"} <= set(value) <= {"min", "max", "target"} or None in value.values():
            raise ValidationError('is not a dose; "1e7" or {min: "5e6", max: "1e7"} was expected.')
        read: dict[str, Any] = {key: self._one.deserialize(one, attr, data) for key, one in value.items()}
        if not read["min"] <= read.get("target", read["min"]) <= read["max"]:
            raise ValidationError("has a minimum above its target or maximum.")
        return {"low": read["min"], "high": read["max"], "target": read.get("target")}


def _null(field: fields.Field[Any]) -> fields.Field[Any]:
    """Every stated value may be null: the sources do not say."""
    field.allow_none = True
    return field


def _spans(name: str, *, pair: bool = False) -> dict[str, fields.Field[Any]]:
    """The same wait in hours, days or weeks; only one of them may be stated."""
    def one(unit: str) -> fields.Field[Any]:
        return Pair(Exact(whole=True), unit=unit) if pair else Exact(whole=True)

    return {f"{name}_{unit}": one(unit) for unit in HOURS}


#: Section of the file -> setting -> the field that reads it.
SETTINGS: dict[str, dict[str, fields.Field[Any]]] = {
    "dose": {
        "tolerance_pct": Exact(low="0", high="100", none=True), "weight_cap_kg": Exact(none=True),
        "max_cells": Exact(none=True), "weight_kind": Said(), "cell_basis": Said(),
        "weight_max_age_days": Exact(), "replicates_min": Whole(), "count_cv_max_pct": Exact(),
    },
    "limits": {"cd3_per_kg_max": Exact(low="0"), "cd3_per_kg_cumulative_max": Exact(low="0"),
               "endotoxin_eu_per_kg": Exact()},
    "volumes": {"per_infusion_ml": Pair(Exact(), unit="mL"), "final_concentration": Said()},
    "schedule": {
        "infusions_per_course": Whole(), "courses": Pair(Whole(), unit="1"),
        "infusion_minutes": Pair(Exact(), unit="min"),
        "interval_anchor": OneOf("start to start", "end to start", "end to end"),
        **_spans("interval", pair=True), **_spans("minimum_gap"),
        **_spans("course_interval", pair=True), **_spans("course_minimum_gap"),
    },
    "lymphodepletion": {**_spans("gap_to_infusion")},
    "escalation": {
        "rule": Said(), "sentinel": Said(), "sentinel_mode": OneOf("A", "B", "C", "D"), "dlt_definition": Said(),
        **_spans("sentinel"), **_spans("dlt_window"),
    },
    "eligibility": {"organ_function": Said()},
}
for _section in SETTINGS.values():
    for _field in _section.values():
        _null(_field)
#: What a reading may be assumed for; all settings but the two that are the listing's own sentences.
ASSUMABLE = {key: field for section in SETTINGS.values() for key, field in section.items()
             if key not in ("rule", "sentinel")}
OF_A_COHORT = {key: SETTINGS[section][key] for section, key in (
    ("dose", "tolerance_pct"), ("dose", "weight_cap_kg"), ("dose", "max_cells"),
    ("schedule", "infusions_per_course"), ("volumes", "per_infusion_ml"), ("limits", "cd3_per_kg_max"),
    ("limits", "cd3_per_kg_cumulative_max"))}
_WRONG_SHAPE = {"unknown": "is not a key of a trial protocol. Leave it out, or correct its spelling.",
                "type": "holds a single value; named keys were expected."}


class Part(Body):
    """A mapping whose unknown keys are refused."""

    error_messages = _WRONG_SHAPE


def _texts() -> fields.Field[Any]:
    return _null(fields.List(Said()))


def _nested(of: type[Body], **more: Any) -> fields.Field[Any]:
    return fields.Nested(of, **more)


class BandPart(Part):
    """One weight band: up to a weight (inclusive), per kg or flat."""

    up_to_kg = Exact()
    cells_per_kg = _null(Dose())
    cells = _null(Dose())

    @validates_schema
    def one_dose(self, data: dict[str, Any], **_: Any) -> None:
        """A dose is stated one way."""
        if len({"cells_per_kg", "cells"} & set(data)) != 1:
            raise ValidationError("needs exactly one of cells_per_kg and cells.")


class CohortPart(Part.from_dict(OF_A_COHORT)):  # type: ignore[misc]
    """One dose group."""

    name = Said(required=True)
    cells_per_kg = _null(Dose())
    cells = _null(Dose())
    bands = fields.List(_nested(BandPart))
    participants = _null(Whole())
    arm = Said()

    @validates_schema
    def one_dose(self, data: dict[str, Any], **_: Any) -> None:
        """A dose is stated one way, and bands reach from the lightest recipient to the heaviest."""
        if len({"cells_per_kg", "cells", "bands"} & set(data)) != 1:
            raise ValidationError("needs exactly one of cells_per_kg, cells and bands.")
        tops = [band.get("up_to_kg") for band in data.get("bands", [{}])]
        if not tops or tops[-1] is not None or None in tops[:-1] or tops[:-1] != sorted(set(tops[:-1])):
            raise ValidationError("needs bands in rising order of up_to_kg, the last one without up_to_kg.")


class DosePart(Part.from_dict(SETTINGS["dose"])):  # type: ignore[misc]
    """Doses and how far they may lie from their target."""

    basis = _null(OneOf("per_kg", "flat", "range", "weight_band", "mixed"))
    cohorts = fields.List(_nested(CohortPart), required=True)


class ArmPart(Part.from_dict(SETTINGS["schedule"])):  # type: ignore[misc]
    """A group with a schedule of its own."""

    name = Said(required=True)


class FollowedBy(Part.from_dict(_spans("interval"))):  # type: ignore[misc]
    """What is given after the cells."""

    item = Said(required=True)
    times = _null(Whole())


class SchedulePart(Part.from_dict(SETTINGS["schedule"])):  # type: ignore[misc]
    """How many infusions, how far apart."""

    arms = fields.List(_nested(ArmPart))
    followed_by = _nested(FollowedBy, allow_none=True)


class LymphodepletionPart(Part.from_dict(SETTINGS["lymphodepletion"])):  # type: ignore[misc]
    """The conditioning before the cells."""

    drugs = _texts()
    days = _null(fields.List(Whole(low=-60, high=60)))
    doses = _null(Said())


class GatePart(Part):
    """A decision by named roles before a cohort opens."""

    before_cohort = _null(Said())
    after_cohort = _null(Said())
    decided_by = fields.List(Said(), required=True)
    needs = Said(required=True)


class EscalationPart(Part.from_dict(SETTINGS["escalation"])):  # type: ignore[misc]
    """Sentinel, dose-limiting toxicity and the committee."""

    gates = fields.List(_nested(GatePart))


class EligibilityPart(Part.from_dict(SETTINGS["eligibility"])):  # type: ignore[misc]
    """Who may take part, in words."""

    criteria = _texts()


class ProductPart(Part):
    """What the cells are."""

    cells = _null(Said())
    loading = _null(Said())


class VitalsPart(Part):
    """Vital signs around an infusion."""

    when = _texts()
    signs = _texts()


class AssumedPart(Part):
    """A reading of a silence, with the reason for it."""

    value = fields.Raw(required=True, allow_none=True)
    because = Said(required=True)


class ProtocolPart(Part):
    """The whole file."""

    id = Said(required=True)
    title = Said(required=True)
    version = _null(Said())
    sources = fields.List(Said(), required=True)
    phase = _null(Said())
    participants = _null(Whole())
    planned_participants = _null(Whole())
    participants_treated_in_paper = _null(Whole())
    start = _null(Said())
    age_years = _null(Pair(Whole(low=0, high=150), unit="a"))
    sponsor_id = _null(Said())
    product = _nested(ProductPart, allow_none=True)
    dose = _nested(DosePart, required=True)
    limits = _nested(Part.from_dict(SETTINGS["limits"]), allow_none=True)  # type: ignore[arg-type]
    schedule = _nested(SchedulePart, allow_none=True)
    volumes = _nested(Part.from_dict(SETTINGS["volumes"]), allow_none=True)  # type: ignore[arg-type]
    lymphodepletion = _nested(LymphodepletionPart, allow_none=True)
    vitals = _nested(VitalsPart, allow_none=True)
    escalation = _nested(EscalationPart, allow_none=True)
    eligibility = _nested(EligibilityPart, allow_none=True)
    assumed = fields.Dict(keys=fields.String(), values=_nested(AssumedPart))
    not_stated = _texts()
    trap = _null(Said())
    exceptional_release = fields.Boolean(truthy={True}, falsy={False})
