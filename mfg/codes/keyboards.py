"""What a computer of another keyboard layout makes of what a scanner types, and back. It never corrects a scan.

A wedge scanner presses the keys of a US keyboard; the computer types what stands on those keys in its own layout. The
tables are those of the common computers of Central and Western Europe (X.org and Windows agree on these keys). A layout
is guessed only to tell people what is wrong: what the guess would read is never used.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

US = ("`1234567890-=qwertyuiop[]\\asdfghjkl;'zxcvbnm,./"
      "~!@#$%^&*()_+QWERTYUIOP{}|ASDFGHJKL:\"ZXCVBNM<>?")
#: a dead key of which nothing arrived: the browser tells it as no character at all
DEAD = "\u25cc"
#: stands where a key types nothing at all
NO_KEY = "\x00"
#: longer text is no scan that anybody could compare with the label
LONGEST = 400


@dataclass(frozen=True)
class Layout:
    """One layout: what its keys type, in the order of `US`; `dead` are those that wait for the next key."""

    name: str
    keys: str
    dead: str = ""

    @cached_property
    def _types(self) -> dict[str, str]:
        return dict(zip(US, self.keys, strict=True))

    @cached_property
    def _meant(self) -> dict[str, str]:
        return {typed: meant for meant, typed in self._types.items()}

    def types(self, text: str) -> str:
        """What arrives when a scanner with a US keyboard sends the text; a dead key is told as its own sign."""
        return "".join(self._types.get(one, one) for one in text)

    def meant(self, text: str) -> str:
        """What a scanner with a US keyboard sent when this arrived."""
        return "".join(self._meant.get(one, one) for one in apart(text))

    @property
    def told(self) -> str:
        """What it changes, in words: two letters that are swapped, or the marks that codes begin with."""
        pairs = [(one, self._types[one]) for one in "yqw" if self._types[one] != one]
        letters = [f"{a.upper()} and {b.upper()} are swapped" for a, b in pairs[:2] if self._types[b] == a]
        marks = [f"{one} arrives as {self._types[one]}" for one in "=/" if self._types[one] != one]
        return ", ".join(letters + marks[:3 - len(letters)])


#: accents over letters, as a computer joins a dead key with the letter after it -> the key
_ACCENTS = {"\u0300": "`", "\u0301": "´", "\u0302": "^", "\u0308": "¨"}


def apart(text: str) -> str:
    """A letter under an accent that no key of these layouts types alone is a dead key and the letter after it."""
    parts = []
    for one in text.replace(DEAD, ""):
        letter, accent = unicodedata.normalize("NFD", one)[:1], unicodedata.normalize("NFD", one)[1:]
        parts.append(_ACCENTS[accent] + letter if accent in _ACCENTS and one not in _TYPED_ALONE else one)
    return "".join(parts)


_TYPED_ALONE = "äöüÄÖÜéèàùçÉÈÀÙÇ"
CAPS_LOCK = Layout("Caps Lock", US.swapcase())
LAYOUTS: tuple[Layout, ...] = (
    Layout("German", "^1234567890ß´qwertzuiopü+#asdfghjklöäyxcvbnm,.-"
                     "°!\"§$%&/()=?`QWERTZUIOPÜ*'ASDFGHJKLÖÄYXCVBNM;:_", "^´`"),
    Layout("Swiss German", "§1234567890'^qwertzuiopü¨$asdfghjklöäyxcvbnm,.-"
                           "°+\"*ç%&/()=?`QWERTZUIOPè!£ASDFGHJKLéàYXCVBNM;:_", "^¨`"),
    Layout("Swiss French", "§1234567890'^qwertzuiopè¨$asdfghjkléàyxcvbnm,.-"
                           "°+\"*ç%&/()=?`QWERTZUIOPü!£ASDFGHJKLöäYXCVBNM;:_", "^¨`"),
    Layout("French", "²&é\"'(-è_çà)=azertyuiop^$*qsdfghjklmùwxcvbn,;:!"
                     "\x001234567890°+AZERTYUIOP¨£µQSDFGHJKLM%WXCVBN?./§", "^¨"),
    Layout("Belgian", "²&é\"'(§è!çà)-azertyuiop^$µqsdfghjklmùwxcvbn,;:="
                      "³1234567890°_AZERTYUIOP¨*£QSDFGHJKLM%WXCVBN?./+", "^¨"),
    CAPS_LOCK,
)


def changed_by(text: str, reads: Callable[[str], bool]) -> Layout | None:
    """The layout under which this text would be a code that `reads`; None when there is none, or it reads as it is.

    Beside a lost dead key only the beginning is guessed: the mark of the scanner's identifier and of ISBT 128.
    """
    if not 4 <= len(text) <= LONGEST:
        return None
    for layout in LAYOUTS:
        meant = layout.meant(text)
        if meant != text and any(reads(one) for one in _guesses(layout, meant)):
            return layout
    return None


def _guesses(layout: Layout, meant: str) -> list[str]:
    """The text, and with the dead keys that may be lost at its beginning."""
    whole = meant.replace(DEAD, "")
    lost = [one for one in "]=" if layout.types(one) in layout.dead]
    found = [whole]
    if "]" in lost and not whole.startswith("]"):
        found.append("]" + whole)
    if "=" in lost:
        found += [one[:3] + "=" + one[3:] for one in found if one.startswith("]")]
    return found


def sentence(layout: Layout) -> str:
    """What people are told of a scan that a layout changed. Nothing of it was accepted."""
    if layout is CAPS_LOCK:
        return ("Caps Lock is on at this workstation: it makes small letters of the capital ones the scanner sends. "
                "Nothing was accepted. Switch it off and scan again; calibrate the scanner at /workstations/calibrate.")
    return (f"The keyboard layout of this workstation changes what the scanner sends ({layout.name}: {layout.told}). "
            "Nothing was accepted. Calibrate the scanner at /workstations/calibrate, then scan again.")
