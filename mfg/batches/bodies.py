"""What people fill in at the doors of this room: batches, steps, containers, doses. Shape only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, missing, pre_load

from mfg.batches.scans import CONTAINER
from mfg.batches.transformations import MADE, TRANSFORMATIONS
from mfg.facts import Refused, number, shown
from mfg.fields import TEXT_LIMIT, Body, Choice, Count, Moment, Number, Scanned, Words, look_of, scan_hint

MOST = 20
#: a field of the form that a second person reads again is called again_<field id>
AGAIN = "again_"


class Several(fields.Field[list[Any]]):
    """Some texts, each with something in it: a JSON list, or one per line in a form."""

    wire = {"type": ["array", "string"], "items": {"type": "string"}, "maxItems": MOST}

    def __init__(self, label: str, *, hint: str = "One per line.", unit: str = "", required: bool = True,
                 takes: tuple[str, ...] = ()) -> None:
        self.takes = takes  # the structures each line is scanned for; none: it is no list of scans
        look = look_of(label, hint=scan_hint(hint, takes), unit=unit, kind="textarea", scans=bool(takes))
        super().__init__(required=required, metadata=look, load_default=missing if required else list)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if value in ("", []) and not self.required:
            return []
        given = re.split(r"[;\r\n]+", value) if isinstance(value, str) else value
        if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
            raise ValidationError("A list of texts was expected here.")
        texts = [one.strip() for one in given if one.strip()]
        if not 1 <= len(texts) <= MOST:
            raise ValidationError(f"{len(texts)} were given; 1 to {MOST} were expected.")
        return texts


class Numbers(Several):
    """Exact numbers, one a bag."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        try:
            return [number(one, what=self.metadata["label"])
                    for one in super()._deserialize(value, attr, data, **kwargs)]
        except Refused as refused:
            raise ValidationError(refused.why) from refused


class Readings(fields.Field[dict[str, str]]):
    """Numbers by name, as text; in a form one line each, `name = number`. Without a label: numbers read again."""

    wire = {"type": ["object", "string"], "additionalProperties": {"type": "string"}}

    def __init__(self, label: str = "Read again", *, hint: str = "") -> None:
        super().__init__(load_default=dict, metadata=look_of(label, hint=hint, kind="textarea"))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, str]:
        if isinstance(value, str):
            lines = [line.partition("=") for line in value.splitlines() if line.strip()]
            return {id.strip(): told.strip() for id, _, told in lines}
        if not isinstance(value, dict) or not all(isinstance(one, str) for pair in value.items() for one in pair):
            raise ValidationError(f"{shown(value)} cannot be read; field ids with their numbers as text were expected.")
        return value


class OpenBatch(Body):
    """A batch record for one recipient and one collection."""

    recipient = Words("Recipient", limit=80)
    collection = Words("Collection", limit=80)
    master_record = Words("Master record", limit=80)
    specification = Words("Specification", limit=80)


class EnterValue(Body):
    """One value of a step, exactly as it was read."""

    field = Words("Value", limit=24)
    value = Words("As read", limit=TEXT_LIMIT, hint="Scan codes; type numbers as they were read.")
    unit = Words("Unit", limit=20, required=False, hint="Only for numbers, exactly as asked for.")
    accept_breach = Choice("Keep it although it lies outside its limits", ("no", "yes"), required=False,
                           hint="Then a deviation opens at once.")
    breach_reason = Words("Why it is kept", required=False, kind="textarea")
    read_at = Moment("Read at", required=False, hint="Only when it was read before now, with its zone; Z is UTC.")
    late_reason = Words("Why it is entered late", required=False, kind="textarea",
                        hint="Only when it was read more than 15 minutes ago.")
    paper = Words("Number of the paper sheet", limit=80, required=False,
                  hint="Only when it is copied from paper after an outage. Another person reads the sheet again.")


class PerformStep(Body):
    """When the work was done."""

    done_at = Moment("Done at")
    late_reason = Words("Why it is entered late", required=False, kind="textarea",
                        hint="Only when it was done more than 15 minutes ago.")


class VerifyStep(Body):
    """What a critical step asks to be read again, without seeing the first reading."""

    readings = Readings()

    @pre_load
    def gather(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        """A form has one box for each reading."""
        rest = {name: value for name, value in data.items() if not name.startswith(AGAIN)}
        again = {name.removeprefix(AGAIN): value for name, value in data.items() if name.startswith(AGAIN)}
        return rest | {"readings": again} if again else rest


class CorrectEntry(Body):
    """The right value in the place of a wrong one."""

    field = Words("Value", limit=24)
    value = Words("Right value", limit=TEXT_LIMIT)
    unit = Words("Unit", limit=20, required=False, hint="Only for numbers, exactly as asked for.")
    accept_breach = Choice("Keep it although it lies outside its limits", ("no", "yes"), required=False,
                           hint="Then a deviation opens at once.")
    read_at = Moment("Read at", required=False, hint="Only when the time of the reading was wrong, too.")


class MakeContainer(Body):
    """A container made from one or more others, by one transformation of the table."""

    transformation = Choice("What was done", {name: f"{name}: {TRANSFORMATIONS[name].about}" for name in MADE})
    parents = Several("Made from", takes=CONTAINER, hint="Scan each container the cells come from, one per line.")
    taken_ml = Numbers("Taken out of each", unit="mL", required=False,
                       hint="One per line, in the same order. Leave it empty when all of each was taken.")
    volume_ml = Number("Volume in the new container", "mL", above="0", required=False,
                       hint="Leave it empty only where nothing was added and nothing was lost.")
    cells = Number("Viable cells counted in it", "{cells}", low="0", required=False,
                   hint="Leave it empty where nothing was counted; steps count too.")


class OnContainer(Body):
    """The label of the very container is scanned."""

    scan = Scanned("Label on the container", takes=CONTAINER)


class SplitContainer(OnContainer):
    """One volume for every new container; the rest stays where it is."""

    volumes_ml = Numbers("Volume of each new container", unit="mL", hint="One container per line.")


class MeasureContent(OnContainer):
    """What was weighed and counted."""

    volume_ml = Number("Volume in it", "mL", low="0")
    cells = Number("Viable cells in it", "{cells}", low="0", required=False,
                   hint="Leave it empty where nothing was counted.")


class PlanDose(Body):
    """The dose of one infusion."""

    infusion = Count("Infusion", low=1, high=99, hint="1 for the first.")


class FillDose(Body):
    """One volume and one residual for every bag."""

    source = Scanned("Loaded cells", takes=CONTAINER)
    volumes_ml = Numbers("Volume of each bag", unit="mL", hint="One bag per line.")
    residuals_ml = Numbers("What stays behind in bag and line", unit="mL", hint="One bag per line, in the same order.")
    filled_at = Moment("Filling ended")


class CheckFill(Body):
    """One bag, scanned, and its volume read again."""

    bag = Scanned("Bag", takes=CONTAINER)
    volume_ml = Number("Volume", "mL", above="0", hint="Measure again; do not look at the first reading.")
