"""From a file that was read to the facts of the flow rules. It judges nothing and fills nothing in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from mfg.instruments.flow_found import both
from mfg.instruments.flow_rules import Claim, Stained
from mfg.instruments.found import InstrumentFile, Measurement
from mfg.instruments.gates import GateFile, path_above


@dataclass(frozen=True)
class Method:
    """What the approved method says of one share. None and blank: it does not say."""

    #: whole paths: what is claimed, and the two that must not overlap
    population: str
    nk: str = ""
    cd3: str = ""
    limit: Decimal | None = None
    wanted_cv: Decimal | None = None
    detection_limit: Decimal | None = None
    quantitation_limit: Decimal | None = None
    approved_gates: str = ""


def stained(gates: GateFile, run: Measurement, markers: Mapping[str, str]) -> tuple[Stained, ...]:
    """Every channel the gates rest on, with the marker of the method and the one the file names."""
    there = dict(run.channels)
    return tuple(Stained(one, markers.get(one, ""), there.get(one)) for one in gates.channels())


def claim_of(file: InstrumentFile, run: Measurement, method: Method, markers: tuple[Stained, ...],
             acquired_at: datetime | None) -> Claim:
    """The facts of one share. `acquired_at` is what the file or a person says, in UTC."""
    paths = tuple(one.of for one in run.values if one.what == "events")
    value = run.value("percent_of_parent", method.population)
    parent = value.parent if value else ""
    common = path_above(method.nk) if method.nk and path_above(method.nk) == path_above(method.cd3) else ""
    overlap = _events(run, both(method.nk, method.cd3))
    return Claim(
        population=method.population, parent=parent, paths=paths, events=_events(run, method.population),
        parent_events=_events(run, parent), limit=method.limit, wanted_cv=method.wanted_cv,
        detection_limit=method.detection_limit, quantitation_limit=method.quantitation_limit,
        gates_sha256=file.gates_sha256, approved_sha256=method.approved_gates, stained=markers,
        nk_events=_events(run, method.nk), cd3_events=_events(run, method.cd3),
        both_events=overlap if overlap is not None else _events(run, both(method.cd3, method.nk)),
        common_events=_events(run, common), acquired_at=acquired_at)


def _events(run: Measurement, path: str) -> int | None:
    value = run.value("events", path) if path else None
    return int(value.reading.value) if value and value.reading else None
