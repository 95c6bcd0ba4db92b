"""The plan of reads of a sterility test, what is overdue in it, and when a positive one may be set aside. Pure.

A running test is read on every day of its incubation up to its last; a read that is made covers its day. Growth is
never taken back: an invalidated test keeps its reads, and is repeated once with a further sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mfg.facts import Verdict, need, passed, rule

FINAL = "no growth, final"
GROWTH = frozenset({"growth suspect", "growth confirmed"})
#: how long after its day a read may still come before it is overdue (domain dossier 4.4, rule 8)
GRACE = timedelta(days=2)
DAY = timedelta(days=1)
#: the only grounds on which a positive may be set aside: proven faults of the test itself (domain dossier 4.6, rule 7)
GROUNDS = ("media", "environment", "negative control", "technique")


@dataclass(frozen=True)
class Running:
    """One sample under a sterility test: (day, reading) of every read, and the moment it is looked at."""

    sample: str
    #: days the test runs by the specification; None: it does not say
    days: int | None
    inoculated_at: datetime
    reads: tuple[tuple[int, str], ...]
    at: datetime
    invalid: bool = False

    @property
    def ended(self) -> bool:
        """No further read is expected: final, growth confirmed or suspect, or set aside."""
        return self.invalid or any(reading == FINAL or reading in GROWTH for _, reading in self.reads)

    @property
    def state(self) -> str:
        """The newest reading, or that it was set aside."""
        return "invalid" if self.invalid else self.reads[-1][1] if self.reads else "inoculated"

    @property
    def due_days(self) -> tuple[int, ...]:
        """Every day on which a read is due, the first day after inoculation first."""
        return tuple(range(1, (self.days or 0) + 1))

    def due_at(self, day: int) -> datetime:
        """When the read of a day is due: so many whole days after inoculation, in UTC."""
        return self.inoculated_at + day * DAY

    @property
    def final_due(self) -> datetime | None:
        """When the last read is due."""
        return None if self.days is None else self.due_at(self.days)

    @property
    def missed(self) -> tuple[int, ...]:
        """Days of the plan that are over without a read on them."""
        if self.ended and not self.reads:
            return ()
        read = {day for day, _ in self.reads}
        last = max(read) if self.ended else (self.at - self.inoculated_at) // DAY - 1
        return tuple(day for day in self.due_days if day <= last and day not in read)


@rule("STE-01", "The last read is not overdue")
def final_in_time(f: Running) -> Any:
    """A sterility test has its last read at most two days after its day by the specification; later the batch cannot be
    closed and quality assurance is told (domain dossier 4.4, rule 8)."""
    due = need(f.final_due, f"The specification does not say how many days {f.sample} is read.")
    if f.ended:
        return Verdict.PASS, f"{f.sample} is {f.state}.", f.state, None, (f.sample,)
    limit = f"{due + GRACE:%Y-%m-%d %H:%M} UTC"
    ok = f.at <= due + GRACE
    told = f"day {f.reads[-1][0]}, {f.reads[-1][1]}" if f.reads else "no read"
    return passed(ok), (f"{f.sample}: {told}; its last read is due {due:%Y-%m-%d %H:%M} UTC." if ok else
                        f"{f.sample}: {told}; its last read was due {due:%Y-%m-%d %H:%M} UTC and is overdue. Read it "
                        "now, and say why it is late."), told, limit, (f.sample,)


@rule("STE-02", "No daily read is missing")
def daily_reads(f: Running) -> Any:
    """A running test is read on every day of its plan; a day that is over without a read is told, and stays told
    (domain dossier 4.4, rule 3)."""
    need(f.days, f"The specification does not say how many days {f.sample} is read.")
    return passed(not f.missed), (f"{f.sample}: every day so far was read." if not f.missed else
                                  f"{f.sample}: not read on day {', '.join(map(str, f.missed))}."), \
        str(len(f.missed)), "0", (f.sample,)


@rule("STE-03", "The test has come to its end")
def came_to_its_end(f: Running) -> Any:
    """A batch is closed only when every sterility test has come to its end: its last read without growth, growth that
    was confirmed, or set aside; a suspicion is no end (domain dossier 4.4, rules 7 and 8)."""
    if f.state in (FINAL, "growth confirmed", "invalid"):
        return Verdict.PASS, f"{f.sample} is {f.state}.", f.state, None, (f.sample,)
    then = "It is confirmed, or set aside." if f.state in GROWTH else "Its last read is still to come."
    return Verdict.CANNOT_DETERMINE, f"{f.sample} is {f.state}. {then}", f.state, FINAL, (f.sample,)


@dataclass(frozen=True)
class Invalidating:
    """A positive sterility test about to be set aside."""

    sample: str
    #: the newest reading
    reading: str | None
    ground: str
    evidence: str
    #: who read or inoculated it
    hands: frozenset[str]
    by: str
    #: the standing investigation of its deviation, by whom, and the roles they hold
    investigation: str | None
    investigated_by: str | None
    investigator_roles: frozenset[str]
    #: samples of the same dose and fill, or of the batch, that were set aside before
    before: tuple[str, ...] = ()


@rule("STE-04", "Only growth is set aside")
def only_growth(f: Invalidating) -> Any:
    """What is set aside is a positive test; a negative or running one is not (domain dossier 4.6, rule 7)."""
    reading = need(f.reading, f"{f.sample} was never read. There is nothing to set aside.")
    ok = reading in GROWTH
    return passed(ok), (f"{f.sample}: {reading}." if ok else
                        f"{f.sample} is {reading}; only growth can be set aside."), \
        reading, " or ".join(sorted(GROWTH)), (f.sample,)


@rule("STE-05", "For a proven fault of the test itself")
def proven_fault(f: Invalidating) -> Any:
    """A positive may be invalidated only for a proven fault of the test: its media, its environment, a negative control
    that grew, or its technique; never for a wish (USP <71>; domain dossier 4.6, rule 7)."""
    if f.ground not in GROUNDS:
        return Verdict.FAIL, f"“{f.ground[:60]}” is no fault of the test. It is one of: {', '.join(GROUNDS)}."
    need(f.evidence.strip(), "Say what proves the fault of the test, with the record that shows it.")
    return Verdict.PASS, f"{f.ground}: {f.evidence}"


@rule("STE-06", "The laboratory has investigated it")
def laboratory_investigated(f: Invalidating) -> Any:
    """The laboratory has investigated the positive, in writing, before quality assurance concludes (FDA OOS guidance,
    phase I; domain dossier 4.6, rules 2 and 8)."""
    code = need(f.investigation, f"Nobody has investigated the growth in {f.sample}. A reviewer of the laboratory "
                                 "does, in its deviation.")
    ok = "qc reviewer" in f.investigator_roles
    return passed(ok), (f"{code} stands." if ok else
                        f"{code} was written by {f.investigated_by}, who is no reviewer of the laboratory. The "
                        "laboratory writes the investigation."), None, None, (code,)


@rule("STE-07", "Who read or investigated does not set it aside")
def another_person(f: Invalidating) -> Any:
    """Quality assurance concludes, and no reader, sampler or investigator of the test does (21 CFR 211.22)."""
    ok = f.by not in f.hands and f.by != f.investigated_by
    return passed(ok), ("Another person concludes." if ok else
                        f"You had a hand in {f.sample} yourself. Another person of quality assurance concludes.")


@rule("STE-08", "Set aside once")
def once_only(f: Invalidating) -> Any:
    """A sterility test is repeated once: growth in the repeat stands, whatever is said of it (domain dossier 4.6, rule
    7)."""
    ok = not f.before
    return passed(ok), ("Nothing was set aside before." if ok else
                        f"{', '.join(f.before)} was set aside before; the repeat counts, and its growth stands."), \
        str(len(f.before)), "0", f.before


PLAN = (daily_reads, final_in_time)
END = (came_to_its_end,)
INVALIDATE = (only_growth, proven_fault, laboratory_investigated, another_person, once_only)
