"""When a room, cabinet or isolator may be used by a batch, and when its line counts as clear. Pure.

Grades are those of EU GMP Annex 1 (2022). Expiry of a cleaning is compared at a moment, never ticked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mfg.equipment.rules import utc
from mfg.facts import Move, Moves, Verdict, need, passed, rule

KINDS = ("room", "cabinet", "isolator")
GRADES = ("A", "B", "C", "D")
CLEARANCES = ("before", "after")

#: a step that begins to work in it brings an area into use, inside its own act: no verb of its own
MOVES = Moves("area", "on hold", frozenset(), (
    Move("release area", frozenset({"on hold"}), "released"),
    Move("perform step", frozenset({"released"}), "in use"),
    Move("confirm line clearance", frozenset({"in use"}), "cleaning due"),
    Move("check cleaning", frozenset({"cleaning due"}), "released"),
    Move("hold area", frozenset({"released", "in use", "cleaning due"}), "on hold"),
))


@dataclass(frozen=True)
class AreaUse:
    """One area used at a moment by a batch, with what is on record about that moment."""

    area: str
    kind: str
    grade: str
    #: in which state it was at the time of use
    state: str
    #: the time of use
    at: datetime
    batch: str
    #: of whom the material in the batch is
    recipient: str
    #: product is open in this step
    open_step: bool
    #: line clearance before is asked for
    clearance_needed: bool
    #: grade of the room around a cabinet or isolator
    background: str | None = None
    #: the newest cleaning before the use that a second person checked, and how long one holds
    cleaned_at: datetime | None = None
    cleaning_hours: int | None = None
    #: when the last other batch left, before the use
    other_left_at: datetime | None = None
    #: the batch whose material was in it at the time of use
    occupied_by: str | None = None
    #: of whom that material is
    occupant: str | None = None
    #: the newest confirmed line clearance before, for this batch in this area, and both its people
    clearance: str | None = None
    cleared_by: str | None = None
    confirmed_by: str | None = None
    #: why it holds no more; empty: it does
    clearance_ended: str = ""
    #: the monitoring session that ran in it at the time of use for this batch
    monitoring: str | None = None


@rule("AREA-01", "The area is released and clean")
def released_and_clean(f: AreaUse) -> Any:
    """Only a released area, cleaned after the batch before and within its time, is used (21 CFR 211.42, 211.67)."""
    if f.state not in ("released", "in use"):
        return Verdict.FAIL, (f"{f.area} was “{f.state}” at {utc(f.at)}; “released” was expected. Clean it, have it "
                              "checked, or ask QA."), f.state, "released", (f.area,)
    cleaned = need(f.cleaned_at, f"No cleaning of {f.area}, checked by a second person, is recorded before "
                                 f"{utc(f.at)}. Clean it and have it checked.")
    if f.other_left_at is not None and cleaned < f.other_left_at:
        return Verdict.FAIL, (f"{f.area} was last cleaned {utc(cleaned)}; another batch left it only at "
                              f"{utc(f.other_left_at)}. Clean it and have it checked."), utc(cleaned)
    until = cleaned + timedelta(hours=need(f.cleaning_hours, f"How long a cleaning of {f.area} holds is not said."))
    ok = f.at <= until
    return passed(ok), (f"{f.area} is clean until {utc(until)}." if ok else
                        f"The cleaning of {f.area} held until {utc(until)}; the time of use is {utc(f.at)}. Clean it "
                        "and have it checked."), utc(f.at), utc(until), (f.area,)


@rule("AREA-02", "The line was cleared for this batch by two people")
def line_cleared(f: AreaUse) -> Any:
    """Before the work two people find nothing of another batch in the area (21 CFR 211.130; EU GMP chapter 5)."""
    if not f.clearance_needed:
        return Verdict.PASS, "This step asks for no line clearance."
    code = need(f.clearance, f"No line clearance before, confirmed by a second person, is recorded for {f.batch} in "
                             f"{f.area} until {utc(f.at)}. Clear the line first.")
    first = need(f.cleared_by, f"Who did {code} is not recorded.")
    second = need(f.confirmed_by, f"{code} is not confirmed by a second person.")
    if first == second:
        return Verdict.FAIL, f"{code} was done and confirmed by the same person; two people were expected.", code
    if f.clearance_ended:
        return Verdict.FAIL, f"{code} holds no more: {f.clearance_ended}. Clear the line again.", code
    return Verdict.PASS, f"{f.area} was cleared for {f.batch} by two people ({code}).", code, None, (code,)


@rule("AREA-03", "One recipient's material in the area at a time")
def one_recipient(f: AreaUse) -> Any:
    """Material of one batch of one recipient is in an open area at a time; there is no way round (21 CFR 1271.220)."""
    need(f.batch, f"It is not known which batch works in {f.area}.")
    need(f.recipient, f"It is not known of whom the material of {f.batch} is.")
    ok = f.occupied_by is None or (f.occupied_by == f.batch and f.occupant == f.recipient)
    # never more than the code of the other batch: whose it is, is nobody's affair here
    return passed(ok), (f"No other batch is in {f.area}." if ok else
                        f"Stop. {f.occupied_by} is in {f.area}. Bring nothing in; its line has to be cleared after "
                        "its work, and the area cleaned, first."), f.occupied_by, f.batch, (f.area,)


@rule("AREA-04", "Monitoring runs while product is open")
def monitored(f: AreaUse) -> Any:
    """While product is open, air and surfaces of the area are monitored (EU GMP Annex 1, 9.22; 211.42(c)(10))."""
    if not f.open_step:
        return Verdict.PASS, "No product is open in this step."
    ok = f.monitoring is not None
    return passed(ok), (f"{f.monitoring} was running in {f.area}." if ok else
                        f"No monitoring session for {f.batch} was running in {f.area} at {utc(f.at)}. Expose plates "
                        "first."), f.monitoring, "a session that is exposed"


@rule("AREA-05", "Product is opened in grade A only")
def grade_fits(f: AreaUse) -> Any:
    """Open work is in grade A with B around it, D for an isolator (EU GMP Annex 1, 4.4, 4.20)."""
    if not f.open_step:
        return Verdict.PASS, "No product is open in this step.", f.grade
    if f.grade != "A":
        return Verdict.FAIL, (f"{f.area} is of grade {f.grade}; open work needs grade A. Work in a cabinet or "
                              "isolator."), f.grade, "A"
    around = need(f.background, f"The grade of the room around {f.area} is not on record.")
    allowed = GRADES if f.kind == "isolator" else ("A", "B")
    ok = around in allowed
    return passed(ok), (f"Grade A with grade {around} around it." if ok else
                        f"Grade {around} is around {f.area}; grade B was expected."), around, allowed[-1]


@rule("AREA-09", "No other batch is in the area that is cleared")
def empty_of_others(f: AreaUse) -> Any:
    """A line is cleared for a batch only where no other one is (21 CFR 211.130; EU GMP chapter 5)."""
    ok = f.occupied_by in (None, f.batch)
    return passed(ok), (f"No other batch is in {f.area}." if ok else
                        f"Stop. {f.occupied_by} is in {f.area}. Its line has to be cleared after its work, and the "
                        "area cleaned, first."), f.occupied_by, f.batch, (f.area,)


#: asked of a clearance before: an area not released, not clean or not empty cannot be cleared
READY = (released_and_clean, empty_of_others)
AREA_USE = (released_and_clean, line_cleared, one_recipient, monitored, grade_fits)


@dataclass(frozen=True)
class Place:
    """An area about to be registered."""

    kind: str
    grade: str
    background: str | None
    background_kind: str | None
    cleaning_hours: int


@rule("AREA-06", "A cabinet stands in a room")
def stands_in_a_room(f: Place) -> Any:
    """A cabinet or isolator names the room around it; a room names none (EU GMP Annex 1, 4.4)."""
    if f.kind not in KINDS or f.grade not in GRADES:
        return Verdict.FAIL, (f"“{f.kind}” of grade “{f.grade}” cannot be; a room, cabinet or isolator of grade A to "
                              "D was expected.")
    if f.cleaning_hours < 1:
        return Verdict.FAIL, f"A cleaning that holds {f.cleaning_hours} hours cannot be; 1 or more was expected."
    if f.kind == "room":
        return passed(f.background is None), ("A room." if f.background is None else
                                              "A room has no room around it. Leave that blank.")
    around = need(f.background, f"The room around this {f.kind} is blank. Scan it.")
    ok = f.background_kind == "room"
    return passed(ok), (f"It stands in {around}." if ok else f"{around} is no room. Scan the room around it.")


PLACE = (stands_in_a_room,)


@dataclass(frozen=True)
class Clearance:
    """A line clearance about to be recorded. Each item is True when somebody looked and found it so."""

    area: str
    batch: str
    kind: str
    #: (what was looked for, found so)
    items: tuple[tuple[str, bool | None], ...]
    #: history knows a batch of that code
    batch_known: bool
    #: the batch in the area now, and since when
    occupied_by: str | None
    occupied_since: datetime | None = None
    cleared_at: datetime | None = None


@rule("CLR-01", "Every item of a line clearance is found so")
def every_item(f: Clearance) -> Any:
    """A line is clear only when nothing foreign is found and everything asked for is there (21 CFR 211.130(e))."""
    need(f.items, "No item of the line clearance was answered.")
    blank = [what for what, found in f.items if found is None]
    if blank:
        return Verdict.CANNOT_DETERMINE, f"Not answered: {', '.join(blank)}. Look, then say yes or no."
    wrong = [what for what, found in f.items if not found]
    return passed(not wrong), ("Every item was found so." if not wrong else
                               f"Not so: {', '.join(wrong)}. The line of {f.area} is not clear. Put it right, then "
                               "clear it again."), ", ".join(wrong) or None


@rule("CLR-02", "A line clearance belongs to a batch and to where it works")
def belongs_to_a_batch(f: Clearance) -> Any:
    """Before: for a batch on record. After: for the batch that is in the area (21 CFR 211.130, 211.188(b)(6))."""
    if f.kind not in CLEARANCES:
        return Verdict.FAIL, f"“{f.kind}” is neither before nor after."
    if not f.batch_known:
        return Verdict.FAIL, f"“{f.batch}” is not a batch of this facility. Scan the batch."
    if f.kind == "after" and f.occupied_by != f.batch:
        return Verdict.FAIL, (f"{f.batch} is not in {f.area}, so nothing of it can be cleared away. Scan the area it "
                              "worked in."), f.occupied_by, f.batch
    if f.kind == "after" and f.occupied_since and f.cleared_at and f.cleared_at < f.occupied_since:
        return Verdict.FAIL, (f"{f.batch} came into {f.area} at {utc(f.occupied_since)}; a clearance after its work "
                              f"at {utc(f.cleared_at)} cannot be. Correct date and time."), utc(f.cleared_at)
    return Verdict.PASS, f"{f.area} is cleared {f.kind} the work on {f.batch}."


CLEARANCE = (every_item, belongs_to_a_batch)


@dataclass(frozen=True)
class Confirmation:
    """A line clearance about to be confirmed."""

    clearance: str
    kind: str
    batch: str
    cleared_by: str
    confirmed_by: str
    cleared_at: datetime
    done_at: datetime
    occupied_by: str | None


@rule("CLR-03", "A second person confirms a line clearance")
def confirmed_by_another(f: Confirmation) -> Any:
    """The second look is another person's (21 CFR 211.130; exclusion 1 of the domain dossier)."""
    ok = need(f.cleared_by, f"Who did {f.clearance} is not recorded.") != f.confirmed_by
    return passed(ok), ("Two people looked." if ok else
                        f"{f.clearance} was done by the same person, {f.cleared_by}. Another person has to look.")


@rule("CLR-04", "The second look comes after the first")
def confirmed_afterwards(f: Confirmation) -> Any:
    """A confirmation is not earlier than what it confirms."""
    ok = f.cleared_at <= f.done_at
    return passed(ok), ("The second look came after the first." if ok else
                        f"{f.clearance} was done at {utc(f.cleared_at)}; a confirmation at {utc(f.done_at)} cannot be. "
                        "Correct date and time."), utc(f.done_at), utc(f.cleared_at)


@rule("CLR-05", "The area is as it was when it was cleared")
def nobody_came_between(f: Confirmation) -> Any:
    """Between both looks no other batch came in; after the work its own batch is still there to be cleared away."""
    expected = (None, f.batch) if f.kind == "before" else (f.batch,)
    ok = f.occupied_by in expected
    return passed(ok), ("Nobody came between." if ok else
                        f"{f.occupied_by or 'No batch'} is in the area now. Clear the line again."), f.occupied_by


CONFIRMATION = (confirmed_by_another, confirmed_afterwards, nobody_came_between)


@dataclass(frozen=True)
class AreaRelease:
    """An area on hold about to be released by QA."""

    area: str
    held_since: datetime | None
    held_by: str | None
    released_by: str
    cleaned_at: datetime | None
    occupied_by: str | None


@rule("AREA-07", "An area is released empty, and clean since it was put on hold")
def released_clean_and_empty(f: AreaRelease) -> Any:
    """An area comes off hold after a checked cleaning, with nothing of a batch in it (21 CFR 211.42, 211.67)."""
    if f.occupied_by is not None:
        return Verdict.FAIL, f"{f.occupied_by} is still in {f.area}. Clear its line after the work first."
    cleaned = need(f.cleaned_at, f"No checked cleaning of {f.area} is recorded. Clean it and have it checked.")
    since = need(f.held_since, f"It is not known since when {f.area} is on hold.")
    ok = cleaned >= since
    return passed(ok), (f"{f.area} was cleaned {utc(cleaned)}." if ok else
                        f"{f.area} is on hold since {utc(since)} and was last cleaned before, {utc(cleaned)}. Clean it "
                        "and have it checked."), utc(cleaned), utc(since)


@rule("AREA-08", "Whoever put an area on hold does not release it")
def released_by_another(f: AreaRelease) -> Any:
    """An area is released by another person than the one who put it on hold or registered it (21 CFR 211.22)."""
    ok = need(f.held_by, f"It is not known who put {f.area} on hold.") != f.released_by
    return passed(ok), ("Held and released by two people." if ok else
                        f"{f.area} was put on hold by the same person, {f.released_by}. Another person of quality "
                        "assurance has to release it.")


AREA_RELEASE = (released_clean_and_empty, released_by_another)
