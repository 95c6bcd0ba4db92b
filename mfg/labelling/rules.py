"""What must be true before a label is printed, read back, put on, printed again; and when all labels are accounted for.

Pure; what stands on a label is the layout's affair, whether it can be read that of `mfg.paper.readback`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from mfg.facts import Move, Moves, Verdict, need, passed, rule

#: the life of one physical label (21 CFR 211.125; domain dossier, table of states)
LABEL = Moves("label", "issued", frozenset({"destroyed"}), (
    Move("verify label", frozenset({"issued"}), "verified"),
    Move("apply label", frozenset({"verified"}), "applied"),
    Move("spoil label", frozenset({"issued", "verified"}), "spoiled"),
    Move("return label", frozenset({"issued", "verified"}), "returned"),
    Move("approve reprint", frozenset({"issued", "verified", "applied"}), "void"),
    Move("destroy label", frozenset({"spoiled", "returned", "void"}), "destroyed, not witnessed"),
    Move("witness destruction", frozenset({"destroyed, not witnessed"}), "destroyed"),
))
#: what takes a label out of use, in the words a person reads
OUT_OF_USE = {"spoiled": "is spoiled", "returned": "was returned unused", "void": "is void: another took its place",
              "destroyed, not witnessed": "is destroyed", "destroyed": "is destroyed"}
#: states in which a label is accounted for: it is on its container, or gone before a witness
ACCOUNTED = frozenset({"applied", "destroyed"})
#: the layout of a dose bag too small for its whole label, which is attached to it or goes with it
PARTIAL = "partial_label"
#: a new label may be asked for in the place of one in these states
REPLACEABLE = frozenset({"issued", "verified", "applied", "spoiled", "returned", "destroyed"})


@dataclass(frozen=True)
class Printing:
    """A label about to be printed for the first time. `before` is a label its container has already."""

    container: str
    layout: str
    before: str | None


@rule("LAB-01", "A label is printed once")
def printed_once(f: Printing) -> Any:
    """A container gets one label of a layout; another one is a reprint, asked for by one person with a reason and
    approved by a second (21 CFR 211.125(a), (c))."""
    ok = f.before is None
    return passed(ok), (f"The first label for {f.container}." if ok else
                        f"{f.container} already has the label {f.before}. Ask for a reprint on the page of that label "
                        "and say why; a second person approves it."), f.before or "", "", (f.container,)


@dataclass(frozen=True)
class Replacing:
    """A label about to be printed again. `asked_by` asked for it, `by` approves; `later` already took its place."""

    label: str
    state: str
    asked_by: str | None
    why: str
    by: str
    later: str | None


@rule("LAB-02", "Somebody asked for it and said why")
def asked_with_reason(f: Replacing) -> Any:
    """A reprint has a reason (21 CFR 211.125(c))."""
    need(f.asked_by, f"Nobody has asked for a reprint of {f.label}. Ask for it first and say why.")
    need(f.why.strip(), f"No reason is given for a reprint of {f.label}. Say why another is printed.")
    return passed(True), f"Asked for because: {f.why}", f.why, "", (f.label,)


@rule("LAB-03", "A second person approves a reprint")
def second_person(f: Replacing) -> Any:
    """One person alone never has two labels for one bag in hand."""
    asked = need(f.asked_by, f"Nobody has asked for a reprint of {f.label}.")
    ok = asked != f.by
    return passed(ok), ("Approved by another person." if ok else
                        f"You asked for the reprint of {f.label} yourself. Another person approves it."), f.by, "", ()


@rule("LAB-04", "It is the newest label of its container")
def newest(f: Replacing) -> Any:
    """Only the label that stands is replaced, so that one stands at any time."""
    ok = f.later is None and f.state in REPLACEABLE
    return passed(ok), (f"{f.label} is the newest." if ok else
                        f"{f.label} {OUT_OF_USE.get(f.state, 'is ' + f.state)}"
                        f"{f'; {f.later} took its place' if f.later else ''}. Ask for a reprint of the newest "
                        "label."), f.state, "", (f.later,) if f.later else ()


@dataclass(frozen=True)
class ReadingBack:
    """A label that was scanned after printing. `text` is what the scanner read; `printed` every symbol proved on it."""

    label: str
    container: str
    #: the number of the label in the scan, and what that label is on; None: the scan names no label of ours
    scanned: str | None
    scanned_on: str | None
    text: str
    printed: tuple[str, ...]


@rule("LAB-05", "The scan is of this label")
def this_label(f: ReadingBack) -> Any:
    """A label opens nothing until it is scanned after printing, and the scan names the very label."""
    scanned = need(f.scanned, "What was scanned does not say which label it is. Scan the square symbol of the label, "
                              "not the bars.")
    ok = scanned == f.label
    return passed(ok), (f"Label {f.label} was scanned." if ok else
                        f"That is label {scanned} for {f.scanned_on or 'a container nobody knows here'}; {f.label} for "
                        f"{f.container} was expected. Put it where it belongs and scan {f.label}."), \
        scanned, f.label, (f.label,)


@rule("LAB-06", "It says what was proved")
def as_printed(f: ReadingBack) -> Any:
    """What the scanner reads from the printed label is what was read back before it was printed (21 CFR 211.125(a))."""
    need(f.printed, f"What stands on {f.label} was never read back. Print it again.")
    ok = f.text in f.printed
    return passed(ok), ("It says what was printed." if ok else
                        f"The label reads {f.text}; {' and '.join(f.printed)} was printed. Do not use it: spoil it, "
                        "and call QA."), f.text, " and ".join(f.printed), (f.label,)


@dataclass(frozen=True)
class Accounting:
    """The labels of a batch, each with its state, when the batch is about to be closed."""

    batch: str
    #: (label, state)
    labels: tuple[tuple[str, str], ...]


@rule("LAB-07", "Every label is accounted for")
def accounted(f: Accounting) -> Any:
    """Labels issued are labels applied and labels destroyed before a witness; the difference is zero (21 CFR
    211.125(c)-(d))."""
    states = Counter(state for _, state in f.labels)
    left = [f"{label} {OUT_OF_USE.get(state, 'is ' + state)}" for label, state in f.labels if state not in ACCOUNTED]
    sums = f"{len(f.labels)} issued - {states['applied']} applied - {states['destroyed']} destroyed = {len(left)}"
    return passed(not left), (f"{sums}." if not left else
                              f"{sums}: {'; '.join(left[:6])}{' and others' if len(left) > 6 else ''}. Scan back and "
                              "apply what is used; spoil or return the rest and destroy it before a witness."), \
        str(len(left)), "0", tuple(label for label, state in f.labels if state not in ACCOUNTED)


@dataclass(frozen=True)
class Scanned:
    """A label that was scanned to say what it is on. `on` is the container the scan names beside it."""

    label: str
    #: None: there is no such label
    state: str | None
    container: str | None
    on: str | None


@rule("LAB-08", "The label is one that stands")
def stands(f: Scanned) -> Any:
    """A label that is void, spoiled, destroyed, unknown or not scanned back opens nothing."""
    if f.state is None:
        return passed(False), (f"{f.label} was not printed here. The bag may carry a copied or foreign label: set it "
                               "apart and call QA."), "unknown", "", (f.label,)
    if f.state in OUT_OF_USE:
        return passed(False), (f"{f.label} {OUT_OF_USE[f.state]}. Take it off what it is on, set that apart and call "
                               "QA."), f.state, "", (f.label,)
    if f.state == "issued":
        return passed(False), (f"{f.label} was not scanned back after it was printed; it opens nothing yet. Scan it on "
                               "its page first."), f.state, "verified", (f.label,)
    return Verdict.PASS, f"{f.label} stands.", f.state, "", (f.label,)


@rule("LAB-09", "The label is on its container")
def on_its_container(f: Scanned) -> Any:
    """A label names one container; a scan that says otherwise is a mix-up."""
    ok = f.on is None or f.container is None or f.on == f.container
    return passed(ok), ("It names its container." if ok else
                        f"{f.label} was printed for {f.container}, and the scan says {f.on}. Stop: set it apart and "
                        "call QA."), f.on or "", f.container or "", (f.label,)


@dataclass(frozen=True)
class Carrying:
    """A container of a kind that has to carry a label, with the newest one printed for it; empty: none was."""

    container: str
    kind: str
    label: str
    state: str


@rule("LAB-10", "A container of this kind carries its label")
def carries_its_label(f: Carrying) -> Any:
    """What the master record wants labelled is used for nothing before its label was proved, scanned back and put on
    it (21 CFR 211.130, 1271.250)."""
    if not f.label:
        return passed(False), (f"{f.container} is a {f.kind} and carries no label. Print it on the page of "
                               f"{f.container}, scan it back and put it on."), "", "applied", (f.container,)
    ok = f.state == "applied"
    return passed(ok), (f"{f.label} is on {f.container}." if ok else
                        f"The label {f.label} of {f.container} {OUT_OF_USE.get(f.state, 'is ' + f.state)}; none is on "
                        f"it. {_what_then(f.state)}"), f.state, "applied", (f.label,)


def _what_then(state: str) -> str:
    """What brings a label that is not on its container there."""
    return "Ask for a reprint on its page." if state in OUT_OF_USE else "Scan it back and put it on."


PRINT = (printed_once,)
REPLACE = (asked_with_reason, second_person, newest)
READ_BACK = (this_label, as_printed)
ACCOUNTS = (accounted,)
STANDS = (stands, on_its_container)
CARRIES = (carries_its_label,)
