"""What the path of scans from the wristband back to the donor's arm has to show. Pure.

These findings are shown on the path and on its paper. They gate nothing by themselves: what stops a dose are the rules
of release, and at the bedside the check of the wristband.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mfg.facts import need, passed, rule

#: where the path ends and where it begins
WRISTBAND, ARM = "wristband", "donor's arm"


@dataclass(frozen=True, slots=True)
class Scan:
    """One link of the path. `how`: scanned, typed with its check character, or empty where nobody recorded it."""

    where: str
    what: str
    code: str
    at: datetime | None = None
    by: str = ""
    how: str = ""
    #: the record that tells it, and its page
    record: str = ""
    url: str = ""


@dataclass(frozen=True)
class IdentityPath:
    """The path of a dose, from the wristband back to the donor's arm."""

    dose: str
    recipient: str
    donor: str
    links: tuple[Scan, ...]
    #: every container on the way: code, recipient, donor
    family: tuple[tuple[str, str, str], ...]


@rule("PATH-01", "One family of containers")
def one_family(f: IdentityPath) -> Any:
    """Every container between donor and dose holds cells of the one donor for the one recipient."""
    need(f.family, f"{f.dose} has no bag yet; there is no path.")
    strange = [f"{code} is for {recipient} from {donor}" for code, recipient, donor in f.family
               if (recipient, donor) != (f.recipient, f.donor)]
    return passed(not strange), (f"{len(f.family)} containers, all from {f.donor} for {f.recipient}." if not strange
                                 else f"{'; '.join(strange)}; {f.dose} is for {f.recipient} from {f.donor}. Stop, and "
                                      "call QA."), "; ".join(strange), f.recipient, tuple(one[0] for one in f.family)


@rule("PATH-02", "A scan at every link")
def every_link_read(f: IdentityPath) -> Any:
    """At every link an identifier was read from the object itself; typing needs its check character and is told."""
    inner = tuple(one for one in f.links if one.where != WRISTBAND)
    need(inner, f"Nothing is recorded of {f.dose} yet.")
    missing = [f"{one.what} of {one.code}" for one in inner if not one.how]
    if missing:
        need(None, f"It is not recorded how the label was read at: {'; '.join(missing[:5])}"
                   f"{' and others' if len(missing) > 5 else ''}.")
    typed = [one.code for one in inner if one.how != "scanned"]
    return passed(True), (f"{len(inner)} links, each scanned." if not typed else
                          f"{len(inner)} links, {len(typed)} of them typed by hand: {', '.join(typed[:6])}."), \
        str(len(inner) - len(typed)), str(len(inner)), tuple(one.record for one in inner if one.record)


@rule("PATH-03", "It begins at the donor's arm")
def begins_at_the_arm(f: IdentityPath) -> Any:
    """The last link is the collection itself, with the donation number read at the donor."""
    last = f.links[-1] if f.links else None
    need(last if last and last.where == ARM else None, f"The collection behind {f.dose} is not recorded.")
    assert last is not None
    return passed(last.at is not None), f"Donation {last.code} was begun at the donor's arm.", last.code, "", \
        (last.record,)


@rule("PATH-04", "It ends at the wristband")
def ends_at_the_wristband(f: IdentityPath) -> Any:
    """The bag and the recipient's wristband are read together at the bedside, by two people."""
    first = f.links[0] if f.links else None
    need(first and first.how, "The check at the bedside is not recorded: bag and wristband were not read together "
                              "here. Do it on paper by two people, and keep it with the record.")
    return passed(True), "Bag and wristband were read together."


PATH = (one_family, every_link_read, begins_at_the_arm, ends_at_the_wristband)
