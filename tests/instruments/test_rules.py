"""The rules a measurement has to pass: a row for each verdict of each rule, a sentence with file, row and column."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from mfg.facts import Finding, Reading, Verdict
from mfg.instruments.case import Told, cases
from mfg.instruments.found import WHAT, InstrumentFile, Measurement, Place, Unplaced, Value
from mfg.instruments.rules import COMMON, COUNTING, RULES, SWITCHED, findings_of

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.CANNOT_DETERMINE
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
CLOCK = datetime(2026, 11, 20, 8, 10, 31)  # noqa: DTZ001 - what the instrument's clock showed
BERLIN = ZoneInfo("Europe/Berlin")
COUNT = {"viable_per_ml": "0.95e6", "total_per_ml": "1e6", "viability": "95.0", "viable_count": "950",
         "total_count": "1000", "dilution": "2"}
WHERE = tuple((what, Place(2, column)) for what, column in (
    ("sample", "Sample ID"), ("at", "Time"), ("operator", "User"), ("image", "Image"), ("status", "Status")))


def value(what: str, text: str | None, of: str = "", row: int = 2) -> Value:
    """A value as a reader gives it; None for a word, a bound with its sign."""
    op = text[0] if text and text[0] in "<>" else ""
    reading = Reading(Decimal(text.lstrip("<>")), op) if text is not None else None
    why = "" if reading else "“ERROR” is no number"
    return Value(what, text or "ERROR", reading, WHAT[what][1], Place(row, what), of, why)


def measurement(row: int = 2, **given: object) -> Measurement:
    """A measurement that passes; numbers by their names, None for a word and "gone" for a column that is not there."""
    numbers = {**COUNT, **{key: given.pop(key) for key in list(given) if key in WHAT}}
    values = tuple(value(what, text, row=row) for what, text in numbers.items() if text != "gone")  # type: ignore[arg-type]
    where = tuple((what, replace(place, row=row)) for what, place in WHERE)
    made = Measurement("S-1", values, Place(row, ""), at=NOW - timedelta(days=8), at_text="20 Nov 2026  8:10:31",
                       local=CLOCK, operator="op.a", image="I-1", where=where)
    return replace(made, **given)  # type: ignore[arg-type]


def file_of(*measurements: Measurement, **given: object) -> InstrumentFile:
    return replace(InstrumentFile("f.csv", "0" * 64, "kind", measurements), **given)  # type: ignore[arg-type]


def finding(rule: str, one: Measurement, *others: Measurement, told: Told | None = None, **file: object) -> Finding:
    told = told or Told(NOW, BERLIN, operators=frozenset({"OP.A"}))
    found = {each.rule: each for each in findings_of(cases(file_of(one, *others, **file), told)[0])}
    return found[rule]


def other(**given: object) -> Measurement:
    """Another measurement of the file, of another sample, picture and time."""
    return measurement(3, **({"sample": "S-2", "image": "I-2", "at_text": "20 Nov 2026  8:30:00"} | given))


#: rule -> verdict, the measurement, what differs else
ROWS: list[tuple[str, Verdict, Measurement, dict[str, object]]] = [
    ("INS-01", PASS, measurement(), {}),
    ("INS-01", PASS, measurement(at=None), {}),
    ("INS-01", PASS, measurement(at=None, local=None), {"told": Told(NOW, when=NOW)}),
    ("INS-01", UNKNOWN, measurement(at=None), {"told": Told(NOW)}),
    ("INS-01", UNKNOWN, measurement(at=None, local=None), {}),
    ("INS-01", UNKNOWN, measurement(at=None, local=None, at_text=""), {}),
    ("INS-01", UNKNOWN, measurement(at=None, local=datetime(2026, 10, 25, 2, 30)), {}),  # noqa: DTZ001
    ("INS-02", PASS, measurement(), {}),
    ("INS-02", PASS, measurement(at=NOW), {}),
    ("INS-02", PASS, measurement(at=None), {"told": Told(NOW)}),
    ("INS-02", FAIL, measurement(at=NOW + timedelta(seconds=1)), {}),
    ("INS-02", FAIL, measurement(at=None, local=datetime(2099, 1, 1)), {"told": Told(NOW)}),  # noqa: DTZ001
    ("INS-02", FAIL, measurement(at=None, local=datetime(2026, 11, 29, 3)), {"told": Told(NOW)}),  # noqa: DTZ001
    ("INS-02", UNKNOWN, measurement(at=None, local=datetime(2026, 11, 29, 1)), {"told": Told(NOW)}),  # noqa: DTZ001
    ("INS-02", UNKNOWN, measurement(at=None, local=datetime(2026, 11, 28, 1)), {"told": Told(NOW)}),  # noqa: DTZ001
    ("INS-02", UNKNOWN, measurement(at=None, local=None), {}),
    ("INS-03", PASS, measurement(viability="0"), {}), ("INS-03", PASS, measurement(viability="100"), {}),
    ("INS-03", FAIL, measurement(viability="100.1"), {}), ("INS-03", FAIL, measurement(viability="-5"), {}),
    ("INS-03", UNKNOWN, measurement(viability=None), {}), ("INS-03", UNKNOWN, measurement(viability="gone"), {}),
    ("INS-03", UNKNOWN, measurement(viability="<8"), {}),
    ("INS-04", PASS, measurement(), {}), ("INS-04", PASS, measurement(viable_per_ml="1e6"), {}),
    ("INS-04", PASS, measurement(viable_count="gone"), {}),
    ("INS-04", FAIL, measurement(viable_per_ml="1.01e6"), {}), ("INS-04", FAIL, measurement(viable_count="1001"), {}),
    ("INS-04", UNKNOWN, measurement(total_per_ml=None), {}), ("INS-04", UNKNOWN, measurement(viable_per_ml="<1e5"), {}),
    ("INS-05", PASS, measurement(), {}), ("INS-05", PASS, measurement(viability="96.0"), {}),
    ("INS-05", PASS, measurement(viable_per_ml="2.45e6", total_per_ml="3.58e6", viability="68.2",
                                 viable_count="gone"), {}),
    ("INS-05", FAIL, measurement(viability="96.1"), {}), ("INS-05", FAIL, measurement(viable_count="900"), {}),
    ("INS-05", FAIL, measurement(viable_per_ml="0.5e6", total_per_ml="0.3e6", viability="90"), {}),
    ("INS-05", UNKNOWN, measurement(viability=None), {}), ("INS-05", UNKNOWN, measurement(total_per_ml="0"), {}),
    ("INS-05", UNKNOWN, measurement(viable_per_ml="gone"), {}),
    ("INS-06", PASS, measurement(viable_count="200"), {}), ("INS-06", FAIL, measurement(viable_count="199"), {}),
    ("INS-06", PASS, measurement(viable_count="100"), {"told": Told(NOW, least_viable=Decimal(100))}),
    ("INS-06", UNKNOWN, measurement(viable_count="gone"), {}), ("INS-06", UNKNOWN, measurement(viable_count=None), {}),
    ("INS-06", UNKNOWN, measurement(viable_count=">100"), {}), ("INS-06", FAIL, measurement(viable_count="<200"), {}),
    ("INS-07", PASS, measurement(), {}), ("INS-07", FAIL, measurement(operator="admin"), {}),
    ("INS-07", UNKNOWN, measurement(operator=""), {}), ("INS-07", UNKNOWN, measurement(), {"told": Told(NOW)}),
    ("INS-07", PASS, measurement(operator="admin"),
     {"told": Told(NOW, operator="op.b", operators=frozenset({"op.b"}))}),
    ("INS-07", PASS, measurement(operator=""), {"told": Told(NOW, operator="op.b", operators=frozenset({"op.b"}))}),
    ("INS-08", PASS, measurement(), {}), ("INS-08", FAIL, measurement(warnings=("Warning: Foreign object",)), {}),
    ("INS-09", PASS, measurement(), {"others": (other(),)}),
    ("INS-09", FAIL, measurement(), {"others": (other(image="I-1"),)}),
    ("INS-09", FAIL, measurement(), {"others": (other(at_text="20 Nov 2026  8:10:31"),)}),
    ("INS-09", UNKNOWN, measurement(at_text="11/20/2026 8:10"), {"others": (other(at_text="11/20/2026 8:10"),)}),
    ("INS-10", PASS, measurement(), {"others": (other(),)}),
    ("INS-10", UNKNOWN, measurement(), {"others": (other(sample="S-1"),)}),
    ("INS-11", PASS, measurement(), {}), ("INS-11", UNKNOWN, measurement(sample=""), {}),
    ("INS-11", UNKNOWN, measurement(sample="NaN"), {}), ("INS-11", UNKNOWN, measurement(sample="-"), {}),
    ("INS-12", PASS, measurement(), {}), ("INS-12", PASS, measurement(sample="-1.5"), {}),
    ("INS-12", FAIL, measurement(sample="=1+1"), {}), ("INS-12", FAIL, measurement(sample="-cmd|' /C calc'!A0"), {}),
    ("INS-12", FAIL, measurement(operator="@SUM(A1)"), {}), ("INS-12", FAIL, measurement(image="+cmd"), {}),
    ("INS-13", PASS, measurement(sample="Größe 5 样品"), {}), ("INS-13", FAIL, measurement(sample="S\u202e1"), {}),
    ("INS-13", FAIL, measurement(sample="S\u200b1"), {}), ("INS-13", FAIL, measurement(operator="op\u00a0a"), {}),
    ("INS-13", FAIL, measurement(image="\u3164"), {}),
    ("INS-14", PASS, measurement(dilution="0.5"), {}), ("INS-14", FAIL, measurement(dilution="0"), {}),
    ("INS-14", UNKNOWN, measurement(dilution=None), {}), ("INS-14", UNKNOWN, measurement(dilution="gone"), {}),
    ("INS-15", PASS, measurement(), {}), ("INS-15", UNKNOWN, measurement(viability="0.95"), {}),
    ("INS-15", UNKNOWN, measurement(viability="1"), {}), ("INS-15", UNKNOWN, measurement(viability=None), {}),
    ("INS-15", PASS, measurement(viability="0.5", viable_per_ml="5e3"), {}),
    ("INS-16", PASS, measurement(), {"part_11": Unplaced(Place(9, "21 CFR Part 11"), "enabled")}),
    ("INS-16", FAIL, measurement(), {"part_11": Unplaced(Place(9, "21 CFR Part 11"), "disabled")}),
    ("INS-16", UNKNOWN, measurement(), {"part_11": Unplaced(Place(None, "21 CFR Part 11"), "")}),
    ("INS-17", PASS, measurement(), {}), ("INS-17", UNKNOWN, measurement(), {"warnings": ("Row 9 is cut off.",)}),
    ("INS-18", PASS, measurement(), {}), ("INS-18", UNKNOWN, measurement(diameter=None), {}),
    ("INS-18", UNKNOWN, measurement(values=()), {}),
    ("INS-19", PASS, measurement(), {}), ("INS-19", FAIL, measurement(viable_per_ml="-0.75"), {}),
    ("INS-19", FAIL, measurement(diameter="<0"), {}),
]


@pytest.mark.parametrize(("rule", "verdict", "one", "differs"), ROWS, ids=[f"{row[0]} {row[1]}" for row in ROWS])
def test_verdicts(rule: str, verdict: Verdict, one: Measurement, differs: dict[str, object]) -> None:
    given = dict(differs)
    found = finding(rule, one, *given.pop("others", ()), **given)  # type: ignore[arg-type, misc]
    assert found.verdict is verdict, found
    assert "f.csv" in found.why and found.why.endswith(".")
    if rule not in ("INS-17",) and not (rule == "INS-16" and verdict is UNKNOWN):
        assert "row " in found.why, found.why


def test_every_rule_has_a_row_for_each_verdict_it_can_give() -> None:
    tried = {(rule, verdict) for rule, verdict, _, _ in ROWS}
    never = {("INS-08", UNKNOWN), ("INS-10", FAIL), ("INS-11", FAIL), ("INS-12", UNKNOWN), ("INS-13", UNKNOWN),
             ("INS-15", FAIL), ("INS-17", FAIL), ("INS-18", FAIL), ("INS-19", UNKNOWN), ("INS-01", FAIL)}
    assert {(one.id, verdict) for one in RULES for verdict in (PASS, FAIL, UNKNOWN)} - tried == never


def test_ids_are_numbered_and_every_rule_states_its_requirement() -> None:
    assert [one.id for one in RULES] == [f"INS-{number:02}" for number in range(1, 20)]
    assert all(one.requirement.endswith(".") for one in RULES)
    assert len(COMMON) + len(COUNTING) + len(SWITCHED) == len(RULES)


def test_what_the_file_says_goes_before_what_a_person_says_of_its_time() -> None:
    told = Told(NOW, BERLIN, when=NOW - timedelta(days=1))
    assert "2026-11-20 12:00:00 UTC" in finding("INS-01", measurement(), told=told).why
    assert "2026-11-20 07:10:31 UTC" in finding("INS-01", measurement(at=None), told=told).why
    assert "2026-11-27 12:00:00 UTC" in finding("INS-01", measurement(at=None, local=None), told=told).why


def test_whoever_was_told_stands_beside_the_login_of_the_file() -> None:
    told = Told(NOW, operator="op.b", operators=frozenset({"op.b"}))
    assert finding("INS-07", measurement(operator="admin"), told=told).why.endswith("; the file says “admin”.")


def test_what_is_no_cell_count_is_not_judged_as_one() -> None:
    pcr = measurement(values=(value("cq", "21.5", "A01 FAM"),))
    asked = {one.rule for one in findings_of(cases(file_of(pcr), Told(NOW))[0])}
    assert asked == {one.id for one in COMMON}
    nothing = {one.rule for one in findings_of(cases(file_of(measurement(values=())), Told(NOW))[0])}
    assert nothing == {one.id for one in (*COMMON, *COUNTING)}


def test_replicates_of_a_sample_in_several_wells_are_no_duplicates() -> None:
    one = measurement(values=(value("cq", "21.5", "A01 FAM"),), image="A01 FAM")
    two = replace(other(sample="S-1", image="A02 FAM"), values=(value("cq", "21.6", "A02 FAM"),))
    assert finding("INS-10", one, two).verdict is PASS


def test_the_time_of_a_plate_is_no_second_time_of_a_well() -> None:
    plate = tuple((what, Place(4, "Results Timestamp") if what == "at" else place) for what, place in WHERE)
    one, two = measurement(where=plate), replace(other(at_text="20 Nov 2026  8:10:31"), where=plate)
    assert finding("INS-09", one, two).verdict is PASS


def test_no_cq_is_no_reason_to_stop_but_a_word_is() -> None:
    none = Value("cq", "NaN", None, "1", Place(2, "Cq"), "A01 FAM", "“NaN” is no number")
    assert finding("INS-18", measurement(values=(none,))).verdict is PASS
    assert finding("INS-18", measurement(values=(replace(none, text="ERR"),))).verdict is UNKNOWN
    assert finding("INS-18", measurement(values=(replace(none, what="sodium"),))).verdict is UNKNOWN
