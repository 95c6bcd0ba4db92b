"""What the rules of an instrument file judge: one measurement, its file, and what a person told beside it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal

from mfg.facts import Missing, Reading
from mfg.instruments.found import InstrumentFile, Measurement, Place, Value
from mfg.instruments.when import in_zone

#: viable cells counted at least, each time: 200 give a counting error of 7 % (domain 5.3)
LEAST_VIABLE = Decimal(200)
#: values of which none is a count of cells
_OTHER = frozenset({"cq", "events", "percent_of_parent", "glucose", "lactate", "glutamine", "glutamate", "ammonium",
                    "sodium", "potassium", "calcium", "ph", "po2", "pco2"})


@dataclass(frozen=True)
class Told:
    """What is known beside the file: when it is read, and what a person said of it. None and blank: nobody said."""

    read_at: datetime
    zone: tzinfo | None = None
    #: when it was measured, for a file that does not say
    when: datetime | None = None
    #: who measured it, for a file that names nobody or a login that several people share
    operator: str = ""
    #: what the people who may measure are called on instruments; None where nobody knows
    operators: frozenset[str] | None = None
    least_viable: Decimal = LEAST_VIABLE


@dataclass(frozen=True)
class Case:
    """One measurement to be judged. `alike` says which rows of the file share a sample, a picture or a time."""

    file: InstrumentFile
    measurement: Measurement
    told: Told
    alike: dict[tuple[str, str], tuple[Place, ...]] = field(default_factory=dict)

    @property
    def moment(self) -> datetime | None:
        """When it was measured, in UTC. What the file says goes before what a person says."""
        one = self.measurement
        if one.at is not None:
            return one.at
        read = in_zone(one.local, self.told.zone) if one.local and self.told.zone else None
        return read or self.told.when

    @property
    def operator(self) -> str:
        """Who measured it: whoever was told, else as written."""
        return self.told.operator or self.measurement.operator

    @property
    def counts_cells(self) -> bool:
        """False only where every value is known to be something else."""
        values = self.measurement.values
        return not values or any(one.what not in _OTHER for one in values)

    def at(self, place: Place) -> str:
        """File, row and column, as a sentence begins."""
        return f"{self.file.name}, {place}" if str(place) else self.file.name

    def of(self, what: str) -> str:
        """File, row and column of the sample, the time and the like."""
        return self.at(self.measurement.place_of(what))

    def rows_with(self, what: str, text: str) -> tuple[Place, ...]:
        """The other places of the file with the same sample, picture or time."""
        mine = self.measurement.place_of(what)
        return tuple(place for place in self.alike.get((what, text), ()) if place != mine)

    def need(self, what: str, words: str) -> Value:
        """A value that is a number, or the rule stops and says what is there instead."""
        found = self.measurement.value(what)
        if found is None:
            raise Missing(f"{self.at(self.measurement.place)}: the file gives no {words}.")
        if found.reading is None:
            raise Missing(f"{self.at(found.place)}: {words}: {found.why}.")
        return found

    def exact(self, what: str, words: str) -> tuple[Value, Decimal]:
        """A value that is a number and no bound."""
        found = self.need(what, words)
        reading = found.reading
        if not isinstance(reading, Reading) or reading.op:
            raise Missing(f"{self.at(found.place)}: {words} is only a bound, {found.text}.")
        return found, reading.value


def cases(file: InstrumentFile, told: Told) -> tuple[Case, ...]:
    """A case for each measurement of a file."""
    alike = _alike(file.measurements)
    return tuple(Case(file, one, told, alike) for one in file.measurements)


def _alike(measurements: Iterable[Measurement]) -> dict[tuple[str, str], tuple[Place, ...]]:
    """Where each sample (of a well), each picture and each time stands."""
    found: dict[tuple[str, str], list[Place]] = defaultdict(list)
    for one in measurements:
        for key, text in (("sample", sample_of(one)), ("image", one.image), ("at", one.at_text)):
            if text:
                found[key, text].append(one.place_of(key))
    return {key: tuple(places) for key, places in found.items()}


def sample_of(one: Measurement) -> str:
    """A sample for comparing: with its wells, because replicates of one sample stand in several."""
    wells = " ".join(dict.fromkeys(value.of for value in one.values if value.of))
    return f"{one.sample} {wells}".strip() if one.sample else ""
