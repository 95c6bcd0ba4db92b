"""What people fill in around a step: who takes over, what does not apply, a file, a redline. Shape only."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields

from mfg.batches.records import REDLINE_KINDS
from mfg.batches.redlines import ADDABLE, FIELD_PARTS
from mfg.facts import shown
from mfg.fields import Attached, Body, Choice, Words, look_of, unprintable

MOST = 20
KINDS = {"instruction": "Another instruction", "limits": "Other limits for a value", "field": "One value more",
         "step": "One step more, after this one"}
assert tuple(KINDS) == REDLINE_KINDS


class AddedFields(fields.Field[list[dict[str, str]]]):
    """Values to enter: JSON objects, or in a form one line each, `id | label | kind | unit | low | high`."""

    wire = {"type": ["array", "string"], "maxItems": MOST, "items": {
        "type": "object", "properties": {name: {"type": "string"} for name in FIELD_PARTS},
        "required": ["id", "label", "kind"], "additionalProperties": False}}

    def __init__(self) -> None:
        super().__init__(load_default=list, metadata=look_of(
            "Values to enter", kind="textarea", hint="One per line: id | label | kind | unit | low | high. Kinds: "
            f"{', '.join(ADDABLE)}."))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[dict[str, str]]:
        asked = [_line(line) for line in value.splitlines() if line.strip()] if isinstance(value, str) else value
        if not isinstance(asked, list) or len(asked) > MOST or not all(_whole(one) for one in asked):
            raise ValidationError(f"{shown(value)} cannot be read; at most {MOST} values were expected, each with id, "
                                  "label and kind as text.")
        wrong = [one["kind"] for one in asked if one["kind"] not in ADDABLE]
        if wrong:
            raise ValidationError(f"{shown(wrong[0])} cannot be added; one of: {', '.join(ADDABLE)}.")
        return asked


def _line(line: str) -> dict[str, str]:
    return dict(zip(("id", "label", "kind", "unit", "low", "high"), (one.strip() for one in line.split("|")),
                    strict=False))


def _whole(one: Any) -> bool:
    return (isinstance(one, dict) and {"id", "label", "kind"} <= set(one) <= set(FIELD_PARTS)
            and all(isinstance(part, str) and len(part) <= 200 and not unprintable(part) for part in one.values()))


class HandOver(Body):
    """Whoever takes a step over says how they found it."""

    state_seen = Words("State you found it in", kind="textarea", hint="What is done, what is running, what is next.")


class MarkNotApplicable(Body):
    """An optional value that is none."""

    field = Words("Value", limit=24)


class AttachFile(Body):
    """A photograph or file."""

    file = Attached("Photograph or file")
    caption = Words("What it shows", limit=200)
    field = Words("Value it answers", limit=24, required=False)


class ProposeRedline(Body):
    """A change of this step for this batch only."""

    kind = Choice("What changes", KINDS)
    instruction = Words("Instruction", required=False, kind="textarea", hint="The whole new text, or that of the step "
                                                                             "to be added.")
    field = Words("Value with other limits", limit=24, required=False)
    low = Words("Low limit", limit=20, required=False, hint="What stays empty stays as it is.")
    high = Words("High limit", limit=20, required=False)
    alert_low = Words("Low alert limit", limit=20, required=False)
    alert_high = Words("High alert limit", limit=20, required=False)
    id = Words("Id of the step to be added", limit=24, required=False, hint="Small letters, digits and underscores.")
    title = Words("Title of the step to be added", limit=200, required=False)
    asks = AddedFields()
