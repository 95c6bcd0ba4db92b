"""A master record as people approved it: phases, steps, fields, limits, and what the loading demands.

Pure values. Reading them from YAML is `reading.py`, what makes one unusable is `faults.py` and `flow.py`; doing the
steps is the batches' affair. Nothing here belongs to one process: whatever is special to one stands in its file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from decimal import Decimal

from mfg.facts import Limits

KINDS = ("number", "reading", "choice", "text", "time", "yesno", "scan container", "scan lot", "scan equipment",
         "scan room", "calculated", "file")
CONTAINER_KINDS = ("collection bag", "vessel", "harvest", "loaded cells", "dose bag", "sample tube")
SEVERITIES = ("minor", "major", "critical")
#: kinds whose cells may be parted, moved, put together, frozen
BULK_KINDS = ("vessel", "harvest", "loaded cells")
#: kinds that may have to carry a label before they are used; that of a dose bag is always asked for at its release
LABELLED_KINDS = tuple(kind for kind in CONTAINER_KINDS if kind != "dose bag")
#: where a container is kept, as its label says it
KEEPS = ("room", "refrigerated", "incubator", "frozen")
#: UCUM units a field or a limit may carry; `1` is a plain count or ratio
UNITS = frozenset({
    "1", "%", "mL", "L", "uL", "g", "kg", "mg", "ug", "ug/mL", "mg/mL", "ng/mL", "[IU]/mL", "{EU}/mL", "mmol/L",
    "mosm/kg", "[pH]", "Cel", "min", "h", "d", "Gy", "{cells}", "{cells}/mL", "10*6/mL", "{cells}/cm2", "{MFI}",
})
#: A well-known meaning -> kind and unit. Calculations find their values by it, whatever a field is called.
ROLES: dict[str, tuple[str, str]] = {
    "content.container": ("scan container", ""),
    "content.volume_ml": ("number", "mL"),
    "count.at": ("time", ""),
    "count.viable_per_ml": ("number", "10*6/mL"),
    "count.total_per_ml": ("number", "10*6/mL"),
    "count.volume_ml": ("number", "mL"),
    "count.viability": ("number", "%"),
    "loading.container": ("scan container", ""),
    "loading.antibody_lot": ("scan lot", ""),
    "loading.antibody_added_ml": ("number", "mL"),
    "loading.cells": ("number", "{cells}"),
    "loading.cells_after": ("number", "{cells}"),
    "loading.started": ("time", ""),
    "loading.stopped": ("time", ""),
    "loading.temperature_c": ("number", "Cel"),
    "wash.total_ml": ("number", "mL"),
    "wash.residual_ml": ("number", "mL"),
    "loading.loaded_percent": ("number", "%"),
    "loading.unloaded_percent": ("number", "%"),
    "loading.mfi_loaded": ("number", "{MFI}"),
    "loading.mfi_unloaded": ("number", "{MFI}"),
    "loading.mfi_saturated": ("number", "{MFI}"),
    "loading.free_antibody_ug_per_ml": ("reading", "ug/mL"),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One parameter of the process. No value: unknown, and the rules that need it cannot determine."""

    value: Decimal | None
    #: why it is assumed; empty when it is stated by the process owner
    because: str = ""

    @property
    def assumed(self) -> bool:
        """True until somebody who may say so has stated it."""
        return bool(self.because)


UNKNOWN = Setting(None)


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One value a step asks for. `low` and `high` are inclusive; `because` marks assumed limits."""

    id: str
    label: str
    kind: str
    unit: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    #: inclusive alert limits within the limits above: beyond them the value is kept, marked and shown to the reviewer
    alert_low: Decimal | None = None
    alert_high: Decimal | None = None
    #: of the deviation that opens when a value outside the limits is accepted
    severity: str = "major"
    choices: tuple[str, ...] = ()
    #: the choices (or yes, no) that are not good; a deviation opens with them
    not_good: tuple[str, ...] = ()
    lot_kind: str = ""
    #: for a scanned container: the kind it has to be; empty when any kind is good
    container_kind: str = ""
    role: str = ""
    #: for scanned equipment: the kind it has to be
    equipment_kind: str = ""
    #: for a calculated value: an expression over field ids of this step, or step.field of an earlier one
    formula: str = ""
    #: for a number that is an amount of material used: the id of the scanned lot in this step it is taken from
    of: str = ""
    optional: bool = False
    #: the verifier reads this value again (number) or scans it again (container, lot) without seeing the first
    blind: bool = False
    because: str = ""

    @property
    def alerts(self) -> Limits | None:
        """The inclusive alert limits in the field's unit; None when there are none."""
        bounded = self.alert_low is not None or self.alert_high is not None
        return Limits(self.alert_low, self.alert_high, self.unit) if bounded else None

    @property
    def limits(self) -> Limits | None:
        """The inclusive limits in the field's unit; None when there are none."""
        bounded = self.low is not None or self.high is not None
        return Limits(self.low, self.high, self.unit) if bounded else None


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that one person performs and another verifies. `repeat`: at most so often, where days repeat."""

    id: str
    title: str
    instruction: str
    sop: str
    fields: tuple[FieldSpec, ...]
    critical: bool = False
    repeat: int | None = None
    #: a yes-or-no expression over earlier fields: the step is done only where it holds; empty: always
    when: str = ""
    #: for a repeated step: a yes-or-no expression that has to hold before the next step begins
    until: str = ""
    #: may be skipped, with a reason and a signature
    optional: bool = False
    #: product is open: a room is scanned, its monitoring runs, and nobody else's material is in it
    open: bool = False
    #: line clearance of the scanned room by two people before this step
    clearance: bool = False
    #: qualifications beside that in the SOP, such as gowning
    qualifications: tuple[str, ...] = ()

    def field(self, id: str) -> FieldSpec | None:
        """The field of that id."""
        return next((one for one in self.fields if one.id == id), None)


@dataclass(frozen=True, slots=True)
class Phase:
    """Steps that belong together. `staged`: how often this part of the process may be done, once per harvest."""

    id: str
    title: str
    steps: tuple[Step, ...]
    staged: int | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """A time that must not be exceeded. An event is `step` (when it was done) or `step.field` (a time entered in it).

    Several segments add up: the open time of a product over its steps. Minutes; `warn_minutes` comes first.
    """

    id: str
    title: str
    #: (start event, stop event); the clock of a segment runs between them, within one stage
    segments: tuple[tuple[str, str], ...]
    limit_minutes: Decimal
    warn_minutes: Decimal
    #: in which the time runs, such as "2-8 Cel" or "room temperature"
    temperature: str = ""
    severity: str = "major"
    because: str = ""


@dataclass(frozen=True, slots=True)
class LoadingLimits:
    """What loading cells with the antibody has to keep to. Units stand in the names; percent is percent."""

    ug_per_million_cells: Setting = UNKNOWN
    ug_tolerance_percent: Setting = UNKNOWN
    contact_minutes_low: Setting = UNKNOWN
    contact_minutes_high: Setting = UNKNOWN
    temperature_c_low: Setting = UNKNOWN
    temperature_c_high: Setting = UNKNOWN
    residual_fraction_max: Setting = UNKNOWN
    recovery_percent_min: Setting = UNKNOWN
    loaded_percent_min: Setting = UNKNOWN
    mfi_ratio_min: Setting = UNKNOWN
    saturation_percent_min: Setting = UNKNOWN
    free_ug_per_dose_max: Setting = UNKNOWN
    retention_hours: Setting = UNKNOWN


LOADING_SETTINGS = tuple(one.name for one in fields(LoadingLimits))


@dataclass(frozen=True, slots=True)
class LossLimits:
    """How much may be lost by what is done, percent: of the volume where no liquid is added, else of the cells."""

    wash: Setting = UNKNOWN
    deplete: Setting = UNKNOWN
    seed: Setting = UNKNOWN
    transfer: Setting = UNKNOWN
    pool: Setting = UNKNOWN
    harvest: Setting = UNKNOWN
    load: Setting = UNKNOWN


LOSS_SETTINGS = tuple(one.name for one in fields(LossLimits))


@dataclass(frozen=True, slots=True)
class Labelled:
    """A kind of container that carries its label before it is used. `keep`: where it is kept; empty: not said."""

    kind: str
    keep: str = ""


@dataclass(frozen=True, slots=True)
class Sampled:
    """One sample of the plan: drawn at `step`, each time that step is done, from a container of `container_kind`.

    `tests` are ids of the specification's tests it is for. `receipt_minutes`: from drawing to receipt in the
    laboratory, at most. `retain_days`: kept for so long; None: not kept.
    """

    id: str
    title: str
    step: str
    container_kind: str
    purpose: str
    receipt_minutes: Decimal
    tests: tuple[str, ...] = ()
    #: of one tube
    volume_ml: Decimal | None = None
    tubes: int | None = None
    keep: str = ""
    #: inclusive, on the way to the laboratory and in its store
    low_c: Decimal | None = None
    high_c: Decimal | None = None
    retain_days: int | None = None
    because: str = ""

    @property
    def temperature(self) -> Limits | None:
        """The inclusive limits of the temperature it is kept at; None when there are none."""
        bounded = self.low_c is not None or self.high_c is not None
        return Limits(self.low_c, self.high_c, "Cel") if bounded else None


@dataclass(frozen=True, slots=True)
class MasterRecord:
    """The approved recipe of one process. `loading` is None where cells are not loaded."""

    key: str
    title: str
    phases: tuple[Phase, ...]
    #: hours from the end of filling to the end of use
    shelf_life_hours: Setting = UNKNOWN
    loading: LoadingLimits | None = None
    holds: tuple[Hold, ...] = ()
    #: kinds of containers that this process freezes
    frozen: tuple[str, ...] = ()
    losses: LossLimits = LossLimits()
    labels: tuple[Labelled, ...] = ()
    #: the plan of samples; empty: this process has none
    samples: tuple[Sampled, ...] = ()

    def samples_at(self, step_id: str) -> tuple[Sampled, ...]:
        """The samples the plan wants drawn at a step."""
        return tuple(one for one in self.samples if one.step == step_id)

    def sampled(self, id: str) -> Sampled | None:
        """The sample of the plan of that id."""
        return next((one for one in self.samples if one.id == id), None)

    def labelled(self, kind: str) -> Labelled | None:
        """What the record says of the label of a kind of container; None when it asks for none."""
        return next((one for one in self.labels if one.kind == kind), None)

    def steps(self) -> Iterator[tuple[Phase, Step]]:
        """Every step with its phase, in order."""
        for phase in self.phases:
            for step in phase.steps:
                yield phase, step

    def step(self, id: str) -> Step | None:
        """The step of that id."""
        return next((step for _, step in self.steps() if step.id == id), None)

    def phase_of(self, step_id: str) -> Phase | None:
        """The phase that holds the step."""
        return next((phase for phase, step in self.steps() if step.id == step_id), None)
