"""What a file of an instrument says, seen with what the house knows: samples, people, the instrument.

It changes nothing.

The same bytes always give the same preview, so the hash a person saw is the hash of what is recorded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mfg.codes.own import without_check
from mfg.equipment.records import equipment as equipment_of
from mfg.equipment.records import use_facts
from mfg.equipment.rules import EQUIPMENT_USE
from mfg.facts import Finding, Refused, Verdict, judge
from mfg.files import kept_file
from mfg.identity import Person
from mfg.instruments.bounded import read_bounded
from mfg.instruments.case import Told, cases
from mfg.instruments.found import InstrumentFile, Measurement, Unplaced
from mfg.instruments.plain_data import file_data, measurement_data
from mfg.instruments.rules import findings_of
from mfg.instruments.when import zone_of
from mfg.qc.flow_preview import flow_findings, tests_of_samples
from mfg.qc.instrument_records import InstrumentFileRow
from mfg.qc.records import Sample
from mfg.uploads import Upload


@dataclass(frozen=True)
class Seen:
    """One measurement as it would be recorded. `sample` and `person` are of this house, None where nobody is known."""

    number: int
    measurement: Measurement
    at: datetime | None
    sample: str | None
    person: str | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Preview:
    """A whole file as it would be recorded, and what is said of the instrument at the time of measuring."""

    file: InstrumentFile
    measurements: tuple[Seen, ...]
    findings: tuple[Finding, ...]
    #: SHA-256 over everything that was read
    readings: str

    @property
    def instrument(self) -> str:
        """Maker and model."""
        return " ".join(one for one in (self.file.maker, self.file.model) if one) or "not in the file"

    @property
    def unplaced(self) -> tuple[Unplaced, ...]:
        """Every text of the file that no value was made of."""
        return (*self.file.unplaced, *(text for one in self.measurements for text in one.measurement.unplaced))

    @property
    def in_order(self) -> int:
        """How many measurements a result may rest on as they are."""
        return sum(all(found.verdict is Verdict.PASS for found in one.findings) for one in self.measurements)

    @cached_property
    def hash(self) -> str:
        """SHA-256 over everything that is shown and would be recorded."""
        shown = [(one.number, one.at, one.sample, one.person, [found.as_dict() for found in one.findings])
                 for one in self.measurements]
        return _hash([self.readings, shown, [one.as_dict() for one in self.findings]])


def read_file(file: Upload, *, kind: str = "", gates: Upload | None = None) -> InstrumentFile:
    """A file as its reader reads it, in a process of its own; refused with file, row, column and reason."""
    return read_bounded(file.name, file.content, kind, gates=(gates.name, gates.content) if gates else None)


def readings_hash(found: InstrumentFile) -> str:
    """SHA-256 over everything that was read."""
    return _hash([file_data(found), [measurement_data(one) for one in found.measurements]])


def _hash(told: list[Any]) -> str:
    """SHA-256 of plain data, every number in it a text already."""
    return sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


def preview_of(session: Session, row: InstrumentFileRow) -> Preview:
    """What a kept file says now. Refused when its bytes are read otherwise than when they were handed in."""
    found = read_file(_kept(session, row.file, row.name), kind=row.kind,
                      gates=_kept(session, row.gates, row.gates_name) if row.gates else None)
    read = readings_hash(found)
    if read != row.readings_hash:
        raise Refused(f"{row.name} is read otherwise now than when it was handed in, by another version of its reader. "
                      "Withdraw it, and export it from the instrument again.", kind="stale")
    return looked_at(session, found, row, read)


def _kept(session: Session, code: str, name: str) -> Upload:
    kept = kept_file(session, code)
    return Upload(name, kept.content, kept.media_type)


def looked_at(session: Session, found: InstrumentFile, row: InstrumentFileRow, read: str) -> Preview:
    """Every measurement with the sample and the person it names, and every finding."""
    people, ours = _people(session), _samples(session, found.measurements)
    told = Told(row.read_at, zone_of(row.zone) if row.zone else None, row.told_at,
                row.told_operator, frozenset(people))
    fit = _instrument(session, row, [case.moment for case in cases(found, told)])
    tests = tests_of_samples(session, ours.values())
    seen = tuple(Seen(number, case.measurement, case.moment, ours.get(case.measurement.sample),
                      people.get(case.operator.casefold()), (
                     *findings_of(case), *fit, *flow_findings(found, case.measurement, tests.get(
                         ours.get(case.measurement.sample, ""), ()), case.moment)))
                 for number, case in enumerate(cases(found, told), 1))
    return Preview(found, seen, fit, read)


def _people(session: Session) -> dict[str, str]:
    """What people are called on instruments (their user id, and their code) -> their code."""
    rows = session.execute(select(func.lower(Person.user_id), Person.code).where(Person.active.is_(True)))
    found = {login: code for login, code in rows}
    return found | {code.casefold(): code for code in found.values()}


def _samples(session: Session, measurements: Iterable[Measurement]) -> dict[str, str]:
    """Sample as written -> our sample, with or without its check character; a wrong one is none of ours."""
    named = {one.sample: _bare(one.sample) for one in measurements if one.sample}
    known = set(session.scalars(select(Sample.code).where(Sample.code.in_({one for one in named.values() if one}))))
    return {text: code for text, code in named.items() if code in known and code is not None}


def _bare(text: str) -> str | None:
    try:
        return without_check(text.strip())
    except Refused:
        return None


def _instrument(session: Session, row: InstrumentFileRow, moments: Iterable[datetime | None]) -> tuple[Finding, ...]:
    """Whether the instrument was fit at the first and the last moment: calibrated, maintained, in service."""
    known = sorted(one for one in moments if one is not None)
    if row.equipment is None or not known:
        return ()
    kind = equipment_of(session, row.equipment).kind
    found = [one for at in dict.fromkeys((known[0], known[-1]))
             for one in judge(EQUIPMENT_USE, use_facts(session, row.equipment, at, kind, ""))]
    worst: dict[str, Finding] = {}
    for one in found:
        if one.rule not in worst or worst[one.rule].verdict is Verdict.PASS:
            worst[one.rule] = one
    return tuple(worst.values())
