"""The system's own codes: the chain of identity and the record codes (batch, dose, container, sample ...).

A record code printed as a bar code ends in `/` and its MOD 37-2 character, computed over its letters and
digits without the hyphens: `NK-26-014-C07/K`. Who types a code types that character too; a scan may carry it.
Nothing here issues numbers: the rooms do, from their own records.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mfg.codes.check import check_character
from mfg.codes.isbt128 import structure_part
from mfg.codes.part import Part, as_typed, not_read, quoted
from mfg.facts import Refused

_BATCH = "[A-Z]{2,4}-[0-9]{2}-[0-9]{3,4}"

#: kind -> form of its code. Kinds do not overlap; a test proves it.
KINDS: dict[str, str] = {
    "batch": _BATCH,
    "harvest": _BATCH + "-H[1-9][0-9]?",
    "dose": _BATCH + "-D[1-9][0-9]?",
    "container": _BATCH + "-(C[0-9]{2,3}|[HL][1-9][0-9]?-[0-9]{2})",
    "sample": "S-[0-9]{4,6}",
    "lot": "LOT-[0-9]{4,6}",
    "donor": "DON-[0-9]{4,6}",
    "recipient": "SUB-[0-9]{4,6}",
    "equipment": "EQ-[0-9]{4,6}",
    "room": "ROOM-[0-9]{4,6}",
    "workstation check": "WKC-[0-9]{6}",
    "line clearance": "CLR-[0-9]{4,6}",
    "monitoring session": "EM-[0-9]{4,6}",
    "monitoring plate": "EM-[0-9]{4,6}-[0-9]{2,3}",
    "blank record": "BLK-[0-9]{4,6}",
    "paper sheet": "BLK-[0-9]{4,6}-[0-9]{2,3}",
    "label": "LBL-[0-9]{4,6}",
    "hand-over": "HO-[0-9]{4,6}",
    "shipment": "SHP-[0-9]{4,6}",
    "collection": "COL-[0-9]{4,6}",
    "deviation": "DEV-[0-9]{4,6}",
    "CAPA": "CAPA-[0-9]{4,6}",
    "change": "CHG-[0-9]{4,6}",
    "person": "P-[0-9]{4,6}",
    "printer": "PRN-[0-9]{2,4}",
    "print job": "JOB-[0-9]{6}",
}
_FORMS = {kind: re.compile(form + r"\Z") for kind, form in KINDS.items()}


def kind_of(code: str) -> str | None:
    """The kind of record a bare code names (without check character), or None.

    >>> kind_of("NK-26-014-D2")
    'dose'
    """
    for kind, form in _FORMS.items():
        if form.match(code):
            return kind
    return None


def batch_of(code: str) -> str | None:
    """The batch that a batch, harvest, dose or container code belongs to; None for other kinds."""
    found = re.match(_BATCH, code) if kind_of(code) in ("batch", "harvest", "dose", "container") else None
    return found[0] if found else None


def _not_ours(code: str) -> Refused:
    return not_read(f"{quoted(code)} is not a code of this system; one such as NK-26-014-C07 was expected.")


def with_check(code: str) -> str:
    """The code as a bar code carries it and as people type it: the code, `/`, its check character."""
    if kind_of(code) is None:
        raise _not_ours(code)
    return f"{code}/{check_character(code.replace('-', ''))}"


def without_check(text: str, *, typed: bool = False) -> str:
    """The bare code of what was scanned or typed. A wrong check character is refused; typing demands one."""
    raw = as_typed(text) if typed else text
    code, slash, check = raw.partition("/")
    if kind_of(code) is None:
        raise _not_ours(text)
    if not slash and typed:
        raise not_read(f"{code} was typed without its check character. Type what is printed after it too, "
                       "beginning with /, or scan it.")
    if slash and check != check_character(code.replace("-", "")):
        raise not_read(f"{quoted(check)} is not the check character of {code}. Compare it with the label and "
                       "type it again, or scan it.")
    return code


def labelled(code: str, label: str) -> str:
    """What the symbol of a label of ours carries: what it is on, `+`, the number of the very label.

    So the scan of a label that was replaced is told from the scan of the one that stands.

    >>> labelled("NK-26-014-C07", "LBL-0001")
    'NK-26-014-C07/L+LBL-0001/5'
    """
    if kind_of(label) != "label":
        raise not_read(f"{quoted(label)} is not the number of a label; one such as LBL-0001 was expected.")
    return f"{with_check(code)}+{with_check(label)}"


def parts_of(text: str, *, typed: bool = False) -> tuple[Part, ...]:
    """The parts of a scan of our own: a code alone, or what a label is on and the label's own number."""
    pieces = text.split("+")
    parts = tuple(part_of(without_check(piece, typed=typed), checked="/" in piece) for piece in pieces)
    if len(parts) == 1:
        return parts
    if any("/" not in piece for piece in pieces):
        raise not_read(f"{quoted(text)} does not carry both its check characters, so the scan may be cut short. Scan "
                       "the label again.")
    if [part.number == "label" for part in parts] != [False, True]:
        raise not_read(f"{quoted(text)} does not say first what the label is on and then which label it is. It may be "
                       "two scans in one, or a misprint; scan one label again.")
    return parts


def part_of(code: str, *, checked: bool = True) -> Part:
    """The part of a bare own code, with the batch it belongs to; `checked`: its check character was there.

    Every symbol of ours carries it, so a scan without it may be cut short: LOT-0001 may be the beginning of LOT-00012.
    """
    kind = kind_of(code)
    if kind is None:
        raise _not_ours(code)
    batch = batch_of(code)
    return Part(kind, f"{kind} code", code, ({"batch": batch} if batch else {}) | ({} if checked else {"cut": True}))


#: No vowels and no look-alikes (0, 1, I, L, O): a random serial spells no word and is read out without doubt.
_SERIAL = "23456789BCDFGHJKMNPQRSTVWXYZ"
_LETTERS = _SERIAL[8:]


def new_coi(fin: str, year: int, random: Callable[[int], int]) -> str:
    """A new chain of identity, 15 characters: CH, issuing facility, year, six random characters.

    `random(n)` gives a number from 0 to n - 1, such as secrets.randbelow. The serial means nothing and ends
    in a letter, so that its text is never taken for a donation number. Uniqueness is the caller's to hold.
    """
    if not 2000 <= year <= 2099:
        raise not_read(f"The year {year} cannot be in a chain of identity; 2000 to 2099 was expected.")
    serial = "".join(_SERIAL[random(len(_SERIAL))] for _ in range(5)) + _LETTERS[random(len(_LETTERS))]
    return structure_part("040", f"CH{fin}{year % 100:02d}{serial}").content


def coi_text(content: str) -> str:
    """The chain of identity as people read it: facility, year, serial, a dot, its check character.

    The check character is computed over all 15 characters, CH included (ST-001's wording; to be confirmed
    against ST-028 before go-live).
    """
    part = structure_part("040", content)
    return f"{part.fields['fin']} {part.fields['year']} {part.fields['serial']}·{part.fields['check']}"


_COI_TYPED = re.compile(r"(?:CH)?([A-Z0-9]{13})[·./-]?([0-9A-Z*])\Z")


def read_coi(text: str) -> str:
    """The 15 characters of a chain of identity as typed, with or without CH; its check must be there."""
    found = _COI_TYPED.match(as_typed(text))
    if not found:
        raise not_read(f"{quoted(text)} is not a chain of identity with its check character; text such as "
                       f"A9991 26 7K2P4Q·{check_character('CHA9991267K2P4Q')} was expected.")
    part = structure_part("040", "CH" + found[1])
    if part.fields["check"] != found[2]:
        raise not_read(f"{quoted(found[2])} is not the check character of the chain of identity {found[1]}. "
                       "Compare it with the label and type it again, or scan it.")
    return part.content
