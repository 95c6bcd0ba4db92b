"""What a result is reported with, as a form and as JSON: the same for a first result, a repeat and a retest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mfg.batches.bodies import Readings, Several
from mfg.batches.scans import LOT
from mfg.fields import Body, Count, Moment, Scanned, Words
from mfg.qc.controls import HINTS
from mfg.qc.instrument_rules import MEASURED
from mfg.recipes.specification import Test

NOW = "Leave it empty for now; else with its zone, for instance 2026-11-20T08:10Z."


class Reporting(Body):
    """What a result is reported with, whichever test it answers."""

    value = Words("Result", limit=400, required=False,
                  hint="92.0, or <0.5, or replicates 6.1e6; 5.9e6; 6.0e6, or the word reported. Empty where readings "
                       "or raw values give it.")
    readings = Several("Readings of an instrument", required=False,
                       hint="Codes such as IF-0001-0001, one per line: the value comes from the file.")
    equipment = Scanned("Instrument", takes=("equipment",), required=False, hint="Empty for readings of a file.")
    lots = Several("Lots of reagents", takes=LOT, required=False, hint="One scan per line.")
    events = Count("Events of the parent gate", high=10**9, required=False)
    controls = Readings("Controls and raw values", hint="One a line, name = number.")
    unit = Words("Unit as reported", limit=40, required=False, hint="Empty: the unit of the specification.")
    note = Words("Remark", required=False, hint="What a reviewer has to know.")
    tested_at = Moment("Tested at", required=False, hint=NOW)


def reporting_of(tests: Sequence[Test]) -> dict[str, dict[str, Any]]:
    """How the fields of a report look for some tests: what none of them asks for is not shown."""
    asked = {"equipment": any(one.equipment for one in tests), "lots": any(one.reagents for one in tests),
             "events": any(one.events is not None for one in tests), "controls": any(one.controls for one in tests),
             "readings": any(one.role in MEASURED for one in tests)}
    units = ", ".join(f"{one.id} in {one.unit}" for one in tests if one.unit)
    lines = " ".join(HINTS[one.controls] for one in tests if one.controls)
    return {"unit": {"hint": units}, "controls": {"hint": lines},
            **{name: {"kind": "hidden"} for name, wanted in asked.items() if not wanted}}
