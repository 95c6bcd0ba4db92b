"""The fields a body is made of, for pages and JSON alike: exact numbers, plain text, moments, scans.

They check shape only: what can never be valid is refused here, with a sentence. Whether a value is good
enough is for the rules. A blank is missing, never 0; a field nobody declared is refused.
"""

from __future__ import annotations

import binascii
import unicodedata
from base64 import b64decode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields

from mfg.codes.scan import accepted
from mfg.facts import Reading, Refused, number, shown
from mfg.uploads import WORDS, Upload, raw_upload, read_upload

TEXT_LIMIT = 2000


class Body(Schema):
    """Base of every verb body: unknown fields are refused by name."""

    class Meta:
        unknown = RAISE

    error_messages = {"unknown": "This field is not known here. Leave it out.",
                      "type": "An object with named fields was expected."}

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """What is missing is told in our words."""
        missing = "This is blank. Fill it in."
        field_obj.error_messages |= {"required": missing, "null": missing}


def look_of(label: str, **more: Any) -> dict[str, Any]:
    """What a page needs to show the field: label, hint, unit, kind."""
    return {"label": label, **more}


def _blank(required: bool, blank: str | None) -> dict[str, Any]:
    """What an optional field holds when it is left out; a required one has no such value."""
    return {} if required else {"load_default": blank}


class Words(fields.String):
    """Text without control characters, at most 2000 characters; blanks at the ends are not kept."""

    def __init__(self, label: str, *, limit: int = TEXT_LIMIT, hint: str = "", required: bool = True,
                 kind: str = "text", **more: Any) -> None:
        self.limit, self.kind = limit, kind
        meta = look_of(label, hint=hint, kind=kind)
        super().__init__(required=required, metadata=meta, **_blank(required, ""), **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("Text was expected here.")
        text = value.strip()
        if not text and self.required:
            raise ValidationError("This is blank. Fill it in.")
        if len(text) > self.limit:
            raise ValidationError(f"This has {len(text)} characters; at most {self.limit} can be kept. Shorten it.")
        if bad := unprintable(text.replace("\x1d", "") if self.kind == "scan" else text):
            raise ValidationError(f"This contains a character that cannot be kept ({bad}). Type it again.")
        return text


def unprintable(text: str) -> str | None:
    """The first control or surrogate character, by number; line breaks are fine."""
    for char in text:
        if unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t\r":
            return f"U+{ord(char):04X}"
    return None


class Scanned(Words):
    """A code that is scanned; typing it is possible and flagged. `takes` are the structures it is read for."""

    def __init__(self, label: str, *, takes: tuple[str, ...] = (), hint: str = "", required: bool = True,
                 limit: int = 120, **more: Any) -> None:
        self.takes = takes
        super().__init__(label, limit=limit, hint=scan_hint(hint, takes), required=required, kind="scan", **more)


def scan_hint(hint: str, takes: tuple[str, ...]) -> str:
    """What is said under a scan field: what to do, and which structures it takes."""
    return f"{hint} {accepted(*takes)}".strip() if takes else hint or "Scan the label."


class Number(fields.Field[Decimal | None]):
    """An exact number with its unit, as text: "70.0". JSON numbers are refused, they may be floats."""

    def __init__(self, label: str, unit: str, *, low: str | None = None, high: str | None = None,
                 above: str | None = None, hint: str = "", required: bool = True, **more: Any) -> None:
        self.low, self.high, self.above = _bound(low), _bound(high), _bound(above)
        meta = look_of(label, unit=unit, hint=hint, kind="number")
        super().__init__(required=required, metadata=meta, **_blank(required, None), **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal | None:
        if value == "" and not self.required:
            return None
        try:
            read = number(value, what=self.metadata["label"])
        except Refused as refused:
            raise ValidationError(refused.why) from refused
        unit = self.metadata["unit"]
        for bound, wrong, words in ((self.low, self.low is not None and read < self.low, "at least"),
                                    (self.high, self.high is not None and read > self.high, "at most"),
                                    (self.above, self.above is not None and read <= self.above, "more than")):
            if wrong:
                raise ValidationError(f"{shown(value)} {unit} cannot be; {words} {bound} was expected.")
        return read


def _bound(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


class ReadingText(fields.Field[str]):
    """A result as reported: a number, or a bound such as <0.5. Kept as text, checked for shape."""

    def __init__(self, label: str, unit: str = "", *, hint: str = "", required: bool = True, **more: Any) -> None:
        meta = look_of(label, unit=unit, hint=hint, kind="text")
        super().__init__(required=required, metadata=meta, **_blank(required, ""), **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if value == "" and not self.required:
            return ""
        try:
            return str(Reading.parse(value, what=self.metadata["label"]))
        except Refused as refused:
            raise ValidationError(refused.why) from refused


class Moment(fields.Field[datetime | None]):
    """A time with its zone, kept in UTC. A time without a zone is refused: nobody can say when it was."""

    def __init__(self, label: str, *, hint: str = "", required: bool = True, **more: Any) -> None:
        meta = look_of(label, hint=hint or "Date and time with zone, for instance 2026-11-20T08:10Z.",
                       kind="date-time")
        super().__init__(required=required, metadata=meta, **_blank(required, None), **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime | None:
        if value == "" and not self.required:
            return None
        return read_moment(value, self.metadata["label"])


def read_moment(value: Any, what: str = "The time") -> datetime:
    """ISO 8601 text with a zone as UTC; a ValidationError with a sentence otherwise."""
    try:
        moment = datetime.fromisoformat(value.strip()) if isinstance(value, str) and len(value) < 40 else None
    except ValueError:
        moment = None
    if moment is None:
        raise ValidationError(f"{what} is {shown(value)}; a date and time such as 2026-11-20T08:10Z was expected.")
    if moment.tzinfo is None:
        raise ValidationError(f"{what} is {shown(value)} and has no zone. Add Z for UTC, or +01:00.")
    if not 2000 <= moment.year <= 2200:
        raise ValidationError(f"{what} is {shown(value)}; a year from 2000 on was expected.")
    return moment.astimezone(UTC)


class Choice(fields.Field[str]):
    """One of a list of words. `choices` may be (value, label) pairs; pages may narrow them."""

    def __init__(self, label: str, choices: Sequence[str] | Mapping[str, str], *, hint: str = "",
                 required: bool = True, **more: Any) -> None:
        self.choices = dict(choices) if isinstance(choices, Mapping) else {word: word for word in choices}
        meta = look_of(label, hint=hint, kind="choice", choices=list(self.choices.items()))
        super().__init__(required=required, metadata=meta, **_blank(required, ""), **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if value == "" and not self.required:
            return ""
        if not isinstance(value, str) or value not in self.choices:
            raise ValidationError(f"{shown(value)} is not one of: {', '.join(self.choices)}. Choose one.")
        return value


class YesNo(fields.Field[bool]):
    """Yes or no, said outright: nothing is ticked beforehand, and blank is neither."""

    def __init__(self, label: str, *, hint: str = "", **more: Any) -> None:
        super().__init__(required=True, metadata=look_of(label, hint=hint, kind="yesno"), **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if value is True or value == "yes":
            return True
        if value is False or value == "no":
            return False
        raise ValidationError(f"{shown(value)} is neither yes nor no. Choose one.")


class Count(fields.Field[int | None]):
    """A whole number within bounds, as text or JSON integer."""

    def __init__(self, label: str, *, low: int = 0, high: int = 10**6, hint: str = "", required: bool = True,
                 **more: Any) -> None:
        self.low, self.high = low, high
        super().__init__(required=required, metadata=look_of(label, hint=hint, kind="number", unit=""),
                         **_blank(required, None), **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int | None:
        if value == "" and not self.required:
            return None
        text = str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
        if not (text.isascii() and text.isdigit() and len(text) < 10 and self.low <= int(text) <= self.high):
            raise ValidationError(f"{shown(value)} is not a whole number from {self.low} to {self.high}.")
        return int(text)


class Secret(Words):
    """A password on its way in; never shown again."""

    def __init__(self, label: str, *, hint: str = "", **more: Any) -> None:
        super().__init__(label, limit=200, hint=hint, kind="password", **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or not value:
            raise ValidationError("This is blank. Fill it in.")
        if len(value) > self.limit:
            raise ValidationError(f"A password has at most {self.limit} characters.")
        return value


class Attached(fields.Field[Upload | None]):
    """A file: chosen in a form, or {"name", "content"} with the bytes in base64. Its kind is told by its content."""

    wire = {"type": "object", "properties": {"name": {"type": "string", "maxLength": 200},
                                             "content": {"type": "string", "contentEncoding": "base64"}},
            "required": ["name", "content"], "additionalProperties": False}

    def __init__(self, label: str, *, hint: str = "", required: bool = True, **more: Any) -> None:
        meta = look_of(label, hint=hint or f"{WORDS}, up to 10 MB.", kind="file")
        super().__init__(required=required, metadata=meta, **_blank(required, None), **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Upload | None:
        if value == "" and not self.required:
            return None
        try:
            return self.read(*name_and_bytes(value))
        except Refused as refused:
            raise ValidationError(refused.why) from refused

    @staticmethod
    def read(name: str, content: bytes) -> Upload:
        """The bytes as a file that may be kept, or a refusal."""
        return read_upload(name, content)


class InstrumentFile(Attached):
    """A file as an instrument wrote it. What it is, its reader tells."""

    def __init__(self, label: str, *, hint: str = "", required: bool = True, **more: Any) -> None:
        super().__init__(label, hint=hint or "As the instrument wrote it, up to 10 MB.", required=required, **more)

    @staticmethod
    def read(name: str, content: bytes) -> Upload:
        """The bytes as they came."""
        return raw_upload(name, content)


def name_and_bytes(value: Any) -> tuple[str, bytes]:
    """A form gives (name, bytes); JSON an object with base64."""
    if isinstance(value, tuple):
        return value
    if isinstance(value, dict) and set(value) == {"name", "content"} and all(
            isinstance(one, str) for one in value.values()):
        try:
            return value["name"][:200], b64decode(value["content"], validate=True)
        except (binascii.Error, ValueError) as broken:
            raise Refused("The content of the file is not base64. Send it again.", kind="input") from broken
    raise Refused("No file was chosen. Choose one.", kind="input")
