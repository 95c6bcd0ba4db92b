"""One piece of what a code says, and how a doubtful one is refused. It reads nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mfg.facts import Refused, shown

#: The most characters any bar code can carry (a full QR symbol of digits). Longer text is not a scan.
LONGEST_CODE = 7089


@dataclass(frozen=True, slots=True)
class Part:
    """One structure, GS1 element or own code: its number, its plain name, its content and its fields.

    `number` is the ISBT 128 structure number ("001"), the GS1 identifier ("01") or the own kind ("dose").
    """

    number: str
    name: str
    content: str
    fields: Mapping[str, Any] = field(default_factory=dict)


def quoted(text: str) -> str:
    """The text in quotes for a sentence: cut, and with every unprintable character spelled out."""
    if not text:
        return "blank"
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text[:41])
    return shown(safe)


_CAPITALS = {ord(small): ord(small) - 32 for small in "abcdefghijklmnopqrstuvwxyz"}


def as_typed(text: str) -> str:
    """Typed text without its spaces and in capitals; letters beyond a-z stay, so that they are refused."""
    return text.replace(" ", "").translate(_CAPITALS)


def not_read(sentence: str) -> Refused:
    """A refusal of what was scanned or typed; the caller raises it."""
    return Refused(sentence, kind="input")
