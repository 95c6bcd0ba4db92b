"""Several symbols seen at once, as on a photograph: what each of them is, and whether they belong together.

Pure: it finds no symbol in a picture (`paper/photograph.py` does) and looks nothing up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mfg.codes.isbt128 import label_of
from mfg.codes.part import Part, not_read, quoted
from mfg.codes.scan import Scan, read
from mfg.facts import Refused


@dataclass(frozen=True, slots=True)
class Symbol:
    """One symbol: as a scanner would send it, what it is in words, and why it is no code of ours, or blank."""

    code: str
    told: str
    wrong: str = ""


def together(codes: Iterable[str]) -> tuple[Symbol, ...]:
    """What was seen, each once. Refused when two of them name different things: it is not clear which is meant."""
    seen: list[Symbol] = []
    named: dict[str, str] = {}
    for code in dict.fromkeys(codes):
        try:
            scan = read(code)
            said = _named(scan)
        except Refused as refused:
            seen.append(Symbol(code, quoted(code[3:]), refused.why))
            continue
        for number, (content, name) in said.items():
            if named.setdefault(number, content) != content:
                raise not_read(f"The picture shows two things: {name} {quoted(named[number])} and {quoted(content)}. "
                               "Take one label at a time into the picture.")
        seen.append(Symbol(code, _told(scan)))
    return tuple(seen)


def _named(scan: Scan) -> dict[str, tuple[str, str]]:
    """What a symbol names, by kind; flags of a donation number say which copy of the label it is, not another thing."""
    named = {}
    for part in scan.parts:
        if part.number == "036":
            named["label"] = label_of(part), "label"
        elif part.number != "023":
            named[part.number] = str(part.fields.get("din", part.content)), part.name
    return named


def _told(scan: Scan) -> str:
    parts = [part for part in scan.parts if part.number != "023"]
    return ", ".join(_part(part) for part in parts)


def _part(part: Part) -> str:
    return f"{part.name} {part.fields.get('din', part.content)}"
