"""What must be true of a percentage from a flow cytometer before it becomes a result. Pure.

It reads no file: the counts, hashes and markers arrive as facts. What is missing is never assumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any

from mfg.facts import Verdict, need, passed, plain, rule, shown
from mfg.instruments.gates import path_above


@dataclass(frozen=True, slots=True)
class Stained:
    """A channel the gates use: the marker they expect there, and the one the file names (None: no such channel)."""

    channel: str
    expected: str
    found: str | None


@dataclass(frozen=True)
class Claim:
    """A share about to be claimed as a result, such as CD3+ of viable CD45+ cells. None and blank: not known."""

    #: whole paths
    population: str
    parent: str
    #: every path the file has
    paths: tuple[str, ...]
    events: int | None
    parent_events: int | None
    #: the share, in percent of the parent, that the result is judged against
    limit: Decimal | None
    #: the scatter that is still allowed at that limit, in percent
    wanted_cv: Decimal | None
    #: of the validated method, in percent of the parent
    detection_limit: Decimal | None
    quantitation_limit: Decimal | None
    gates_sha256: str
    approved_sha256: str
    stained: tuple[Stained, ...]
    #: NK cells, CD3+ cells, and those in both gates, counted under `common_events` of their common parent
    nk_events: int | None
    cd3_events: int | None
    both_events: int | None
    common_events: int | None
    acquired_at: datetime | None


def positives_needed(cv: Decimal) -> int:
    """Counted events scatter by their square root: a CV of 10 % needs 100 of them.

    >>> positives_needed(Decimal(10)), positives_needed(Decimal(15))
    (100, 45)
    """
    return int(((Decimal(100) / cv) ** 2).to_integral_value(ROUND_CEILING))


def parent_events_needed(limit: Decimal, cv: Decimal) -> int:
    """How many events the parent has to have so that a share at the limit is that many positives.

    >>> parent_events_needed(Decimal("0.0625"), Decimal(10))
    160000
    """
    return int((Decimal(positives_needed(cv)) * 100 / limit).to_integral_value(ROUND_CEILING))


@rule("FLOW-01", "Enough events for the claimed limit")
def enough_events(f: Claim) -> Any:
    """The parent has so many events that a share at the limit is counted with the wanted scatter (CV)."""
    counted = need(f.parent_events, f"How many events {shown(f.parent)} has is not known. Read the file again.")
    limit = need(f.limit, f"Against which limit {shown(f.population)} is judged is not known. Enter it.")
    cv = need(f.wanted_cv, "Which scatter (CV) is allowed at the limit is not known. Take it from the method.")
    if limit <= 0 or limit > 100 or cv <= 0:
        return Verdict.CANNOT_DETERMINE, (f"A limit of {plain(limit)} % with a CV of {plain(cv)} % cannot be judged; a "
                                          "limit above 0 and up to 100 %, and a CV above 0, were expected.")
    wanted = parent_events_needed(limit, cv)
    ok = counted >= wanted
    why = (f"{counted} events of {f.parent} are enough for {plain(limit)} % with a CV of {plain(cv)} %." if ok else
           f"{f.parent} has {counted} events; {plain(limit)} % with a CV of {plain(cv)} % needs {wanted}. Acquire more "
           "events.")
    return passed(ok), why, str(counted), str(wanted)


@rule("FLOW-02", "The parent is named by its whole path")
def whole_path(f: Claim) -> Any:
    """A share names its parent by the whole path, and that parent is the next step above the population."""
    need(f.population, "Which population is claimed is not known. Choose it by its whole path.")
    need(f.parent, f"Of which parent {shown(f.population)} is a share is not known. Choose it by its whole path.")
    paths = need(f.paths, "Which populations the file has is not known. Read it again.")
    if missing := [one for one in (f.population, f.parent) if one not in paths]:
        return Verdict.FAIL, (f"{shown(missing[0])} is no whole path of the file. Choose one of its paths, not a bare "
                              "name: names repeat.")
    above = path_above(f.population)
    ok = above == f.parent
    why = (f"{f.population} is a share of {f.parent}." if ok else
           f"{f.population} stands under {above}, not under {shown(f.parent)}. Name its parent.")
    return passed(ok), why, f.parent, above


@rule("FLOW-03", "The gates are the approved ones")
def gates_approved(f: Claim) -> Any:
    """The gate file a result was counted with is, byte for byte, the approved one."""
    used = need(f.gates_sha256, "With which gate file it was counted is not known. Read the events with a gate file.")
    approved = need(f.approved_sha256, "No gate file is approved for this test. Have one approved first.")
    ok = used == approved
    return passed(ok), ("The gate file is the approved one." if ok else
                        f"The gate file {used[:12]}… is not the approved one, {approved[:12]}…. Read the events again "
                        "with the approved gates."), used, approved


@rule("FLOW-04", "Every channel carries the marker its gates expect")
def markers_fit(f: Claim) -> Any:
    """Each channel the gates use is in the file, stained with the marker that the gates were drawn for."""
    stained = need(f.stained, "Which channels the gates use is not known. Read the gate file again.")
    wrong = [one for one in stained if one.found is None or (
        one.found and one.expected and one.found.casefold().strip() != one.expected.casefold().strip())]
    if wrong:
        return Verdict.FAIL, " ".join(_wrong(one) for one in wrong) + " Choose the gates of this panel."
    if unknown := [one.channel for one in stained if not one.found or not one.expected]:
        return Verdict.CANNOT_DETERMINE, (f"The marker of {', '.join(unknown)} is not named in the file, or not in the "
                                          "method. Name both before it is used.")
    return Verdict.PASS, f"{len(stained)} channels carry the markers the gates expect."


def _wrong(one: Stained) -> str:
    if one.found is None:
        return f"The file has no channel {shown(one.channel)}."
    return f"{one.channel} carries {shown(one.found)}; {shown(one.expected)} was expected."


@rule("FLOW-05", "NK cells and CD3+ cells do not overlap")
def no_overlap(f: Claim) -> Any:
    """No event is both an NK cell and a CD3+ cell, and both together are not more than their common parent."""
    counts = {"NK cells": f.nk_events, "CD3+ cells": f.cd3_events, "their common parent": f.common_events,
              "events in both gates": f.both_events}
    known = [one for one in (f.nk_events, f.cd3_events) if one is not None]
    if f.both_events:
        return Verdict.FAIL, (f"{f.both_events} events lie in the gate of NK cells and in that of CD3+ cells. Correct "
                              "the gates."), str(f.both_events), "0"
    if f.common_events is not None and sum(known) > f.common_events:
        return Verdict.FAIL, (f"NK and CD3+ cells are {sum(known)} events, more than their common parent with "
                              f"{f.common_events}. Correct the gates."), str(sum(known)), str(f.common_events)
    if missing := [name for name, count in counts.items() if count is None]:
        return Verdict.CANNOT_DETERMINE, f"Not known: {', '.join(missing)}. Count them in the same file."
    return Verdict.PASS, (f"{f.nk_events} NK and {f.cd3_events} CD3+ events of {f.common_events}, none in both."), \
        "0", "0"


@rule("FLOW-06", "When it was acquired is known")
def acquired(f: Claim) -> Any:
    """The time of the acquisition is known with its zone; many files have none, and then a person tells it."""
    at = need(f.acquired_at, "The file does not say when it was acquired, with date, time and zone. Enter it.")
    if at.tzinfo is None:
        return Verdict.CANNOT_DETERMINE, f"Acquired {at:%Y-%m-%d %H:%M}, in which zone is not known. Enter it."
    return Verdict.PASS, f"Acquired {at:%Y-%m-%d %H:%M}.", f"{at.isoformat()}"


@rule("FLOW-07", "The claimed limit is one the method can measure")
def within_method(f: Claim) -> Any:
    """The limit a share is judged against is one the validated method can quantify (at least its LOQ)."""
    limit = need(f.limit, f"Against which limit {shown(f.population)} is judged is not known. Enter it.")
    detects = need(f.detection_limit, "The limit of detection of the method is not known. Take it from its validation.")
    measures = need(f.quantitation_limit,
                    "The limit of quantitation of the method is not known. Take it from its validation.")
    if not 0 <= detects <= measures:
        return Verdict.CANNOT_DETERMINE, (f"A limit of detection of {plain(detects)} % above one of quantitation of "
                                          f"{plain(measures)} % cannot be. Correct them.")
    ok = limit >= measures
    why = (f"{plain(limit)} % can be measured." if ok else
           f"{plain(limit)} % lies below the limit of quantitation, {plain(measures)} %. Use a method that measures so "
           "little, or acquire more events.")
    return passed(ok), why, plain(limit), plain(measures)


FLOW = (enough_events, whole_path, gates_approved, markers_fit, no_overlap, acquired, within_method)
