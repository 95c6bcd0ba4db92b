"""Whatever a scanner sent or a person typed -> what it is. It says which code it is, not which record.

Typed text is the narrow path: it must carry its check character, and the caller flags it in the record.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from mfg.codes import gs1, isbt128, keyboards, own
from mfg.codes.isbt128_structures import BY_NUMBER
from mfg.codes.part import LONGEST_CODE, Part, as_typed, not_read, quoted
from mfg.facts import Refused

_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]")
#: Symbols ISBT 128 uses: plain or joined Code 128, and Data Matrix without FNC1.
ISBT_SYMBOLS = ("]C0", "]C4", "]d1", "]d4")
#: Symbols whose FNC1 says that GS1 data follow.
GS1_SYMBOLS = ("]C1", "]d2", "]d5", "]Q3", "]Q4", "]e0")


@dataclass(frozen=True, slots=True)
class Scan:
    """What was read: the raw text, the scanner's symbol identifier, the system and the parts in order."""

    raw: str
    aim: str
    system: str
    parts: tuple[Part, ...]
    typed: bool = False

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numbers of all parts, in order."""
        return tuple(part.number for part in self.parts)


def read(text: str, *, typed: bool = False) -> Scan:
    """Read a scan or typed text, or refuse it with a sentence (Refused, kind "input").

    A scan that a keyboard layout changed is refused too, and the sentence says so.
    """
    try:
        return _read(text, typed=typed)
    except Refused as refused:
        layout = _layout(text.strip("\r\n\t"))
        if layout is None:
            raise
        raise not_read(keyboards.sentence(layout)) from refused


def _layout(text: str) -> keyboards.Layout | None:
    """The keyboard layout that made this of a scan. Nobody types the scanner's identifier, so that alone tells it."""
    found = keyboards.changed_by(text, _would_be_a_scan)
    if found is None and not text.startswith("]"):
        return keyboards.changed_by(text, lambda one: one[:3] in ISBT_SYMBOLS + GS1_SYMBOLS)
    return found


def _would_be_a_scan(text: str) -> bool:
    """Is it certainly what a scanner sends: one with its identifier or ISBT 128's marks, or a code with its check?"""
    try:
        scan = _read(text, typed=False)
    except Refused:
        return False
    return bool(scan.aim) or text.startswith(("=", "&")) or "/" in text


def _read(text: str, *, typed: bool) -> Scan:
    if len(text) > LONGEST_CODE:
        raise not_read(f"{len(text)} characters arrived; no bar code holds more than {LONGEST_CODE}. "
                       "Scan one code.")
    # Scanners end a scan with Enter or Tab; a person may also leave spaces. The separator GS must stay.
    bare = text.strip(" \r\n\t") if typed else text.strip("\r\n\t")
    found = None if typed else _AIM.match(bare)
    aim, data = (found[0], bare[3:]) if found else ("", bare)
    if not data:
        raise not_read("Nothing was read. Scan the code again.")
    system, parts = _typed(data) if typed else _scanned(aim, data)
    return Scan(text, aim, system, parts, typed)


def _scanned(aim: str, data: str) -> tuple[str, tuple[Part, ...]]:
    if data.startswith(("=", "&")):
        if aim and aim not in ISBT_SYMBOLS:
            raise not_read(f"{quoted(data)} looks like ISBT 128 but came from a {aim} symbol, which "
                           "ISBT 128 does not use. It may be a misprint or a copy; scan the original label.")
        return "isbt128", isbt128.parse(data)
    if aim in GS1_SYMBOLS or data.startswith(("(", gs1.FNC1)):
        return "gs1", gs1.parse(data)
    if own.kind_of(data.partition("/")[0]):
        return "own", own.parts_of(data)
    if re.fullmatch("CH[A-Z0-9]{13}", data):
        return "isbt128", (isbt128.structure_part("040", data),)
    if re.fullmatch("CH[A-Z0-9]{13}[·/]?[A-Z0-9*]", data):
        return "isbt128", (isbt128.structure_part("040", own.read_coi(data)),)
    if not aim and re.match("0[01][0-9]{14}", data):
        return "gs1", gs1.parse(data)
    if isbt128.is_din(data[:13]) and len(data) in (13, 14, 15):
        raise not_read(f"{quoted(data)} looks like a donation number without the identifier of its bar code. "
                       "Scan the ISBT 128 bar code, or type the number with its check character.")
    raise _unknown(data)


def _unknown(data: str) -> Refused:
    return not_read(f"{quoted(data)} is no code known here: not ISBT 128, not GS1, not one of this system. "
                    "Scan the label of the item.")


def _typed(data: str) -> tuple[str, tuple[Part, ...]]:
    if data.startswith(("=", "&")):
        return "isbt128", _typed_structures(data)
    if data.startswith("("):
        return "gs1", _typed_elements(data)
    typed = as_typed(data)
    if own.kind_of(typed.partition("/")[0]):
        return "own", own.parts_of(typed, typed=True)
    # Without CH or a mark before its check character a chain of identity could pass for a donation number.
    if re.fullmatch(r"CH[A-Z0-9]{13}[·./-]?[A-Z0-9*]?|[A-Z0-9]{13}[·./-][A-Z0-9*]", typed):
        return "isbt128", (isbt128.structure_part("040", own.read_coi(typed)),)
    if re.fullmatch("[A-Z0-9]{13}[A-Z0-9*]?", typed):
        return "isbt128", (isbt128.read_din(typed),)
    raise _unknown(data)


def _typed_structures(data: str) -> tuple[Part, ...]:
    """Bar code data carries no check character, so the numbers that need one are not typed this way."""
    parts = isbt128.parse(data)
    for part in parts:
        if part.number in BY_NUMBER and BY_NUMBER[part.number].check == "required":
            raise not_read(f"The {part.name} was typed as bar code data, without its check character. "
                           "Type it as it is printed, with the check character, or scan it.")
    return parts


def _typed_elements(data: str) -> tuple[Part, ...]:
    parts = gs1.parse(data)
    if not any(gs1.BY_AI[part.number].kind == "key" for part in parts):
        raise not_read(f"{quoted(data)} was typed without a number that has a check digit. Type (01) and the "
                       "trade item number too, or scan it.")
    return parts


def demand(scan: Scan, *numbers: str) -> Part:
    """The one part a field asks for. Refuses a wrong code by naming what was scanned and what to scan."""
    wanted = " or the ".join(dict.fromkeys(_name(number) for number in numbers))
    fitting = [part for part in scan.parts if part.number in numbers]
    if not fitting:
        seen = [part for part in scan.parts if part.number != "023"]
        was = " and the ".join(f"{part.name} {quoted(part.content)}" for part in seen[:3])
        raise not_read(f"That is the {was}; scan the {wanted}.")
    if len({(part.number, part.content) for part in fitting}) > 1:
        raise not_read(f"The scan holds more than one {wanted}; it is not clear which one is meant. "
                       "Scan one code at a time.")
    return whole(fitting[0])


def whole(part: Part) -> Part:
    """The part, unless a check character that our symbols always carry is missing: then the scan may be cut short."""
    if part.fields.get("cut"):
        raise not_read(f"The {part.name} {quoted(part.content)} came without its check character, so the scan may be "
                       "cut short. Scan it again, or type it with its check character.")
    return part


def wanted(text: str, *numbers: str) -> tuple[Part, str]:
    """The one part a field wants of a scan or of typed text, and which of both it was: "scanned" or "typed".

    Typed text carries a check character; the data of an ISBT 128 symbol carry none and are read without it.
    """
    return demand(scanned_or_typed(text), *numbers), how(text)


def scanned_or_typed(text: str) -> Scan:
    """What a field got: a scan, or typed text, which has to carry its check character."""
    return read(text, typed=not text.startswith(("]", "=", "&")))


def how(text: str) -> str:
    """Only the scanner's identifier proves a scan: what came without it may have been typed, and is told to be."""
    return "scanned" if text.startswith("]") else "typed"


#: flags of a donation number (ISBT 128, structure 001) that say it stands on something else than the bag
_NOT_THE_BAG = {"06": "a pilot tube", "07": "a test tube", "08": "a donor record", "09": "a sample tube for NAT",
                "10": "a sample for culture", "11": "a label to match with the unit"}


def on_the_bag(part: Part) -> str:
    """The donation number as it stands on a bag; refused when its flags say that it stands on a tube or paper."""
    what = _NOT_THE_BAG.get(part.fields.get("flags", ""))
    if what:
        raise not_read(f"That is the donation number on {what}, not on the bag. Scan the label of the bag.")
    return str(part.fields["din"])


def label_in(scan: Scan) -> str | None:
    """The number of the very label that was scanned; None when the scan does not tell it.

    Labels with our own codes carry it beside the code; ISBT 128 labels carry it as structure 036.
    """
    told = {whole(part).content if part.number == "label" else isbt128.label_of(part)
            for part in scan.parts if part.number in ("label", "036")}
    if len(told) > 1:
        raise not_read("The scan holds the numbers of two labels. Scan one label at a time.")
    return told.pop() if told else None


#: the calibration symbol of a workstation's scanner, and a courier's own number on a shipper: no codes of ours
TEST_SYMBOL, SHIPPER = "test symbol", "number on the shipper"


def accepted(*numbers: str) -> str:
    """The structures a field takes, for the person at it: `numbers` are ISBT 128, GS1 or own kinds as in `demand`.

    >>> accepted("container", "001")
    'Takes the container code (ours) or the donation number (ISBT 128, 001).'
    """
    named = [number if number in (TEST_SYMBOL, SHIPPER) else f"{_name(number)} ({_system(number)})"
             for number in numbers]
    return f"Takes the {' or the '.join(named)}."


def known(number: str) -> bool:
    """Is this the number of a structure of ISBT 128, a GS1 identifier, a kind of our own codes, or one of two texts?"""
    return number in BY_NUMBER or number in gs1.BY_AI or number in own.KINDS or number in (TEST_SYMBOL, SHIPPER)


def _system(number: str) -> str:
    if number in BY_NUMBER:
        return f"ISBT 128, {number}"
    return f"GS1, {number}" if number in gs1.BY_AI else "ours"


def _name(number: str) -> str:
    if number in BY_NUMBER:
        return BY_NUMBER[number].name
    return gs1.BY_AI[number].name if number in gs1.BY_AI else f"{number} code"


def parse_answer(text: str) -> dict[str, Any]:
    """The answer of `mfg codes parse`: the structures in order, or why not. It never raises for any text."""
    try:
        scan = read(text)
    except Refused as refused:
        return {"accepted": False, "why": refused.why}
    return {"accepted": True, "structures": [_answer(scan.system, part) for part in scan.parts]}


def _answer(system: str, part: Part) -> dict[str, Any]:
    said: dict[str, Any] = {"number": part.number, "content": part.content}
    if system != "isbt128":
        said["system"] = system
    if part.fields.get("retired"):
        said["retired"] = True
    return said


def check_answer(text: str) -> dict[str, Any]:
    """The answer of `mfg codes check`: 13 characters get their check character, 14 are judged."""
    raw = text.strip("\r\n\t")
    din = raw if len(raw) in (13, 14) else raw.replace(" ", "")
    if len(din) == 14:
        return {"valid": isbt128.din_valid(din)}
    try:
        return {"din": din, "check": isbt128.din_check(din)}
    except Refused as refused:
        return {"accepted": False, "why": refused.why}
