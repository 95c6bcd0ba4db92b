"""ISO/IEC 7064 MOD 37-2: one check character over 0-9 and A-Z. It knows nothing of what the text means.

It catches every single wrong character and every swap of two neighbours; it can miss a rotation of the
whole text (`A999914123456N` and `NA999914123456` are both right), so it never replaces a scan.
"""

from __future__ import annotations

from mfg.codes.part import not_read, quoted

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"


def checksum(text: str) -> int:
    """The MOD 37-2 value, 0 to 36. Refuses blank text and any character but 0-9 and A-Z."""
    values = [ALPHABET.find(character) for character in text]
    if not values or min(values) < 0 or max(values) == 36:
        raise not_read(f"{quoted(text)} cannot carry a check character; only 0-9 and A-Z were expected.")
    running = 0
    for value in values:
        running = (running + value) * 2 % 37
    return (38 - running) % 37


def check_character(text: str) -> str:
    """The MOD 37-2 character, one of 0-9, A-Z and `*`.

    >>> check_character("G123417654321")
    'A'
    """
    return ALPHABET[checksum(text)]


def type3_flags(din13: str) -> str:
    """The two flag characters that carry the checksum inside the bar code: 60 + checksum, so 60 to 96.

    >>> type3_flags("G123417654321")
    '70'
    """
    return str(60 + checksum(din13))
