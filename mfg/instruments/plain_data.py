"""An instrument file as plain data and back, exactly: what a child process answers, what a preview keeps, JSON.

Numbers are texts, so that 2.450E+6 stays what it is.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from mfg.facts import Reading
from mfg.instruments.found import InstrumentFile, Measurement, Place, Unplaced, Value

Plain = dict[str, Any]


def file_data(file: InstrumentFile) -> Plain:
    """The file without its measurements."""
    return {
        "name": file.name, "sha256": file.sha256, "kind": file.kind, "maker": file.maker, "model": file.model,
        "serial": file.serial, "software": file.software, "warnings": list(file.warnings),
        "unplaced": [_unplaced_data(one) for one in file.unplaced],
        "part_11": _unplaced_data(file.part_11) if file.part_11 else None,
        "gates_name": file.gates_name, "gates_sha256": file.gates_sha256,
    }


def file_of(data: Plain, measurements: tuple[Measurement, ...]) -> InstrumentFile:
    """The file of its data and its measurements."""
    return InstrumentFile(
        data["name"], data["sha256"], data["kind"], measurements, data["maker"], data["model"], data["serial"],
        data["software"], tuple(data["warnings"]), tuple(_unplaced_of(one) for one in data["unplaced"]),
        _unplaced_of(data["part_11"]) if data["part_11"] else None, data["gates_name"], data["gates_sha256"])


def measurement_data(one: Measurement) -> Plain:
    """A measurement as plain data."""
    return {
        "sample": one.sample, "at": one.at.isoformat() if one.at else None, "at_text": one.at_text,
        "local": one.local.isoformat() if one.local else None, "operator": one.operator, "image": one.image,
        "warnings": list(one.warnings), "place": _place_data(one.place),
        "values": [_value_data(value) for value in one.values],
        "where": {what: _place_data(place) for what, place in one.where},
        "unplaced": [_unplaced_data(each) for each in one.unplaced], "channels": [list(each) for each in one.channels],
    }


def measurement_of(data: Plain) -> Measurement:
    """The measurement of its data."""
    return Measurement(
        data["sample"], tuple(_value_of(one) for one in data["values"]), _place_of(data["place"]),
        at=datetime.fromisoformat(data["at"]) if data["at"] else None, at_text=data["at_text"],
        local=datetime.fromisoformat(data["local"]) if data["local"] else None, operator=data["operator"],
        warnings=tuple(data["warnings"]), image=data["image"],
        unplaced=tuple(_unplaced_of(one) for one in data["unplaced"]),
        where=tuple((what, _place_of(place)) for what, place in data["where"].items()),
        channels=tuple((channel, marker) for channel, marker in data["channels"]))


def _place_data(place: Place) -> Plain:
    return {"row": place.row, "column": place.column, "sheet": place.sheet}


def _place_of(data: Plain) -> Place:
    return Place(data["row"], data["column"], data["sheet"])


def _unplaced_data(one: Unplaced) -> Plain:
    return {"place": _place_data(one.place), "text": one.text}


def _unplaced_of(data: Plain) -> Unplaced:
    return Unplaced(_place_of(data["place"]), data["text"])


def values_from(data: list[Plain]) -> tuple[Value, ...]:
    """The values of a measurement of their data."""
    return tuple(_value_of(one) for one in data)


def _value_data(value: Value) -> Plain:
    number = value.reading
    return {"what": value.what, "of": value.of, "text": value.text, "value": str(number.value) if number else None,
            "op": number.op if number else "", "unit": value.unit, "why": value.why,
            "place": _place_data(value.place), "parent": value.parent}


def _value_of(data: Plain) -> Value:
    reading = Reading(Decimal(data["value"]), data["op"]) if data["value"] is not None else None
    return Value(data["what"], data["text"], reading, data["unit"], _place_of(data["place"]), data["of"], data["why"],
                 data["parent"])
