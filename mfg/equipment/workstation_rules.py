"""Whether what the scanner of a workstation sends arrives there as it was printed. Pure.

A test symbol with every sign that codes use is scanned; what arrives is compared with it sign by sign. What a scan of
a label means is judged elsewhere; nothing here corrects one.
"""

from __future__ import annotations

import string
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from mfg.codes.gs1 import FNC1
from mfg.codes.keyboards import CAPS_LOCK, DEAD, LAYOUTS, NO_KEY, Layout, apart
from mfg.facts import Refused, Verdict, need, rule

#: every sign a scanner may send: the printable ones, and the separator between GS1 elements; what layouts move is last
SQUARE = f"{string.digits}{string.ascii_uppercase}{string.ascii_lowercase}{string.punctuation}{FNC1}LOT{FNC1}YZ"
#: for scanners that read bars only: every sign of codes, and the letters and digits that layouts move
BARS = f"0123456789AMQWYZamqwyz=&<>(){{}}[]%#$*+,-./:;\"'\\{FNC1}YZ"
#: symbol -> (what it carries, the identifier a scanner sends before it)
SYMBOLS = {"square": (SQUARE, "]d1"), "bars": (BARS, "]C0")}
SUFFIXES = ("Enter", "Tab", "none", "")
#: a pair told in words, at most
MOST_TOLD = 12


@dataclass(frozen=True)
class Arrived:
    """What came of a test symbol: which it was, its identifier as it arrived, what came instead of what, what ended it.

    `changed` has ("Y", "Z") where Z came instead of Y, and ("Y", "") where nothing came. `suffix` is "" where the
    browser cannot tell.
    """

    symbol: str
    identifier: str
    changed: tuple[tuple[str, str], ...]
    layout: Layout | None
    suffix: str


def arrived(got: str, suffix: str) -> Arrived:
    """Compare what came with both test symbols; refused when it is neither of them, nor one that a layout changed."""
    for layout in (None, *LAYOUTS):
        for symbol, (text, identifier) in SYMBOLS.items():
            for head in (identifier, ""):
                if _same(head + text, got, layout):
                    came = head if layout is None else got[:len(head)]
                    lost = () if got.count(FNC1) == text.count(FNC1) else ((FNC1, ""),)
                    return Arrived(symbol, came, (*_pairs(text, layout), *lost), layout, suffix)
    return _nearest(got, suffix)


def _same(sent: str, got: str, layout: Layout | None) -> bool:
    """Is this what a computer of the layout makes of what was sent, whatever became of dead keys and the separator?"""
    if layout is None:
        return sent.replace(FNC1, "") == got.replace(FNC1, "")
    alive = str.maketrans("", "", layout.dead + DEAD + FNC1 + NO_KEY)
    return layout.types(sent).translate(alive) == apart(got).translate(alive)


def _pairs(text: str, layout: Layout | None) -> tuple[tuple[str, str], ...]:
    if layout is None:
        return ()
    typed = {one: layout.types(one) for one in dict.fromkeys(text)}
    return tuple((one, "" if came in layout.dead + NO_KEY else came) for one, came in typed.items() if came != one)


def _nearest(got: str, suffix: str) -> Arrived:
    """The symbol most of whose signs came in their order. A layout nobody knows here is told sign by sign."""
    aligned = {symbol: SequenceMatcher(None, text, got, autojunk=False) for symbol, (text, _) in SYMBOLS.items()}
    symbol = max(aligned, key=lambda one: sum(block.size for block in aligned[one].get_matching_blocks()))
    text, identifier = SYMBOLS[symbol]
    if 3 * sum(block.size for block in aligned[symbol].get_matching_blocks()) < len(text):
        raise Refused("This is not the test symbol of this page. Scan the square symbol or the bars shown here; "
                      "nothing was recorded but this attempt.", kind="input")
    head = identifier if got.startswith(identifier) else ""
    found: dict[tuple[str, str], None] = {}
    for what, a, b, c, d in aligned[symbol].get_opcodes():
        if what != "equal" and not (what == "insert" and a == 0):
            found |= dict.fromkeys(_told_apart(text[a:b], got[c:d]))
    return Arrived(symbol, head, tuple(found), None, suffix)


def _told_apart(sent: str, came: str) -> list[tuple[str, str]]:
    if len(sent) == len(came):
        return list(zip(sent, came, strict=True))
    return [(sent, came)]


def visible(text: str) -> str:
    """A sign as people read it."""
    return {"": "nothing", FNC1: "GS", " ": "space", DEAD: "nothing yet (it waits for the next key)"}.get(text, text)


def _told(pairs: Iterable[tuple[str, str]]) -> str:
    listed = [f"{visible(sent)} as {visible(came)}" for sent, came in pairs]
    more = len(listed) - MOST_TOLD
    return ", ".join(listed[:MOST_TOLD]) + (f" and {more} more" if more > 0 else "")


@rule("WKS-01", "Every sign arrives as it was printed")
def signs_arrive(facts: Arrived) -> tuple[Verdict, str, str, str]:
    """Each letter, digit and mark of the test symbol arrives as it is printed."""
    changed = [pair for pair in facts.changed if FNC1 not in pair[0]]
    limit = "every sign unchanged"
    if not changed:
        return Verdict.PASS, "Every letter, digit and mark arrived as it is printed.", "none changed", limit
    if facts.layout is CAPS_LOCK:
        return (Verdict.FAIL, "Capital and small letters are exchanged: Caps Lock is on. Switch it off and scan again.",
                "letters exchanged", limit)
    if facts.layout is not None:
        name = facts.layout.name
        return (Verdict.FAIL, f"{_told(_letters_first(changed))}. The scanner sends as a US keyboard, this computer "
                f"has a {name} one ({facts.layout.told}). Set the scanner to a {name} keyboard, or this computer to a "
                "US one, and scan again.", f"{len(changed)} changed", limit)
    return (Verdict.FAIL, f"{_told(changed)}. Set the scanner to the keyboard layout of this computer, and scan again.",
            f"{len(changed)} changed", limit)


def _letters_first(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(pairs, key=lambda pair: not pair[0].isalpha())


@rule("WKS-02", "The separator of GS1 codes arrives")
def separator_arrives(facts: Arrived) -> tuple[Verdict, str, str, str]:
    """The separator between the elements of a manufacturer's code (GS) arrives, as Ctrl+]."""
    lost = [came for sent, came in facts.changed if FNC1 in sent]
    if not lost:
        return Verdict.PASS, "The separator GS arrived.", "GS", "GS"
    return (Verdict.FAIL, f"The separator GS arrived as {visible(lost[0])}: a lot number would run into what follows "
            "it. Let the scanner send control characters (GS as Ctrl+]), and scan again.", visible(lost[0]), "GS")


@rule("WKS-03", "The symbol's identifier comes first")
def identifier_comes(facts: Arrived) -> tuple[Verdict, str, str, str]:
    """The scanner sends the AIM identifier of the symbol before its text (ISO/IEC 15424)."""
    wanted = SYMBOLS[facts.symbol][1]
    if facts.identifier == wanted:
        return Verdict.PASS, f"The identifier {wanted} came first.", wanted, wanted
    if facts.identifier:
        return (Verdict.FAIL, f"The identifier {wanted} arrived as {facts.identifier}: the keyboard layout changes it, "
                "so a scan cannot be told from typing.", facts.identifier, wanted)
    return (Verdict.FAIL, f"The identifier {wanted} did not come first as it should: a scan cannot be told from "
            "typing. Switch the AIM identifier of the scanner on, and scan again.", "none", wanted)


@rule("WKS-04", "Enter or Tab ends the scan")
def suffix_comes(facts: Arrived) -> tuple[Verdict, str, str, str]:
    """The scanner ends each scan with Enter or Tab."""
    need(facts.suffix, "This browser could not tell whether Enter or Tab came. Switch its script on, and scan again.")
    if facts.suffix in ("Enter", "Tab"):
        return Verdict.PASS, f"{facts.suffix} ended the scan.", facts.suffix, "Enter or Tab"
    return (Verdict.FAIL, "Nothing ended the scan. Let the scanner send Enter after each scan, and scan again.", "none",
            "Enter or Tab")


WORKSTATION = (signs_arrive, separator_arrives, identifier_comes, suffix_comes)
