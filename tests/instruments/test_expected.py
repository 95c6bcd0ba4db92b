"""Every line of expected_instruments.csv, the truth table of the real files: a test a line, worked out by hand."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from mfg.facts import Verdict
from mfg.instruments.case import Told, cases
from mfg.instruments.found import InstrumentFile, Measurement
from mfg.instruments.readers import read
from mfg.instruments.rules import findings_of

READ_AT = datetime(2026, 11, 28, 12, tzinfo=UTC)
#: the lines of the table that a test below stands for; flow files are read by others
TESTED = {"Beckman_Vi-Cell-BLU_example01.csv", "Beckman_Vi-Cell-BLU_different_mu_character.csv",
          "Beckman_Vi-Cell-XR_example07_instrumentOutput.txt", "chemometec_nucleoview_example01.csv",
          "chemometec_nucleoview_example02.csv", "chememotec_nc_view_example.csv", "Cellaca_Example_1.csv",
          "roche_cedex_hires_example_1.csv", "SampleResults2022-06-28_142558.csv", "example01.csv (CFX Maestro)"}


def opened(shared: Path, name: str) -> InstrumentFile:
    path = next((shared / "inputs/instruments").glob(f"*/{name}"))
    return read(name, path.read_bytes())


def sample(file: InstrumentFile, name: str) -> Measurement:
    return next(one for one in file.measurements if one.sample == name)


def numbers(one: Measurement) -> dict[str, Decimal]:
    return {value.what: value.reading.value for value in one.values if value.reading}


def verdicts(file: InstrumentFile, name: str) -> dict[str, Verdict]:
    case = next(case for case in cases(file, Told(READ_AT)) if case.measurement.sample == name)
    return {one.rule: one.verdict for one in findings_of(case)}


def test_no_line_of_the_table_is_forgotten(shared: Path) -> None:
    with (shared / "inputs/instruments/expected_instruments.csv").open(encoding="utf-8") as table:
        named = {line["file"] for line in csv.DictReader(table)}
    assert named - TESTED == {"flowjo_example_2.wsp"}


@pytest.mark.parametrize("name", ["Beckman_Vi-Cell-BLU_example01.csv",
                                  "Beckman_Vi-Cell-BLU_different_mu_character.csv"])
def test_vicell_blu(shared: Path, name: str) -> None:
    one = sample(opened(shared, name), "CLB001")
    assert numbers(one) == {
        "viability": Decimal("96.9"), "viable_per_ml": Decimal(750_000), "total_per_ml": Decimal(780_000),
        "viable_count": Decimal(2123), "total_count": Decimal(2191), "dilution": Decimal(1),
        "diameter": Decimal("18.51")}
    assert (one.at, one.at_text, one.operator) == (None, "3/21/2022 16:56", "")
    assert one.local == datetime(2022, 3, 21, 16, 56)  # noqa: DTZ001 - the file has no zone
    viable = one.value("viable_per_ml")
    assert viable and str(viable.place) == "row 2, Viable (x10^6) cells/mL" and viable.unit == "{cells}/mL"
    assert verdicts(opened(shared, name), "CLB001")["INS-01"] is Verdict.CANNOT_DETERMINE


def test_vicell_blu_error_is_no_number_and_stops_the_row(shared: Path) -> None:
    file = opened(shared, "Beckman_Vi-Cell-BLU_example01.csv")
    count = sample(file, "CLB008").value("total_count")
    assert count and count.text == "ERROR" and count.reading is None
    assert verdicts(file, "CLB008")["INS-08"] is Verdict.FAIL


def test_vicell_xr_text(shared: Path) -> None:
    one = sample(opened(shared, "Beckman_Vi-Cell-XR_example07_instrumentOutput.txt"), "CLB001")
    assert {key: str(number) for key, number in numbers(one).items()} == {
        "viability": "97.0", "viable_per_ml": "8.74E+7", "total_per_ml": "9.02E+7", "viable_count": "4133",
        "total_count": "4263", "dead_count": "130", "diameter": "17.3", "dilution": "20.00"}
    assert one.operator == "" and one.at is None and one.at_text == "29 Sep 2023  5:21:32 AM"


def test_vicell_xr_sheet(shared: Path) -> None:
    file = opened(shared, "Beckman_Vi-Cell-XR_example05_instrumentOutput.xlsx")
    assert [one.sample for one in file.measurements] == ["CLB001", "CLB002", "CLB003", "CLB004"]
    assert numbers(sample(file, "CLB003")) == {
        "viable_per_ml": Decimal("9.21e6"), "total_per_ml": Decimal("9.32e6"), "viability": Decimal("98.8"),
        "viable_count": Decimal(3046), "total_count": Decimal(3082), "diameter": Decimal("13.7"),
        "dilution": Decimal(3)}
    assert (file.serial, file.software) == ("AV123456789", "2.06.3")


def test_nucleoview_one(shared: Path) -> None:
    file = opened(shared, "chemometec_nucleoview_example01.csv")
    one = sample(file, "cellsABCD")
    assert numbers(one) | {"diameter": 0, "dead_per_ml": 0} == {
        "viability": Decimal("68.2"), "viable_per_ml": Decimal("2.45e6"), "total_per_ml": Decimal("3.58e6"),
        "dilution": Decimal(1), "diameter": 0, "dead_per_ml": 0}
    assert one.operator == "DrScientist" and one.at == datetime(2023, 11, 20, 14, 30, 16, tzinfo=UTC)
    assert ("Login ID", "admin") in {(each.place.column, each.text) for each in file.unplaced}
    assert file.part_11 and file.part_11.text == "disabled"
    told = verdicts(file, "cellsABCD")
    assert (told["INS-05"], told["INS-16"], told["INS-01"]) == (Verdict.PASS, Verdict.FAIL, Verdict.PASS)


def test_nucleoview_two(shared: Path) -> None:
    file = opened(shared, "chemometec_nucleoview_example02.csv")
    one = sample(file, "cellsABCD")
    assert numbers(one)["viability"] == Decimal("92.8") and numbers(one)["viable_per_ml"] == Decimal("1.58e6")
    assert one.at == datetime(2023, 11, 20, 18, 3, tzinfo=UTC)
    assert "calls its file “20231120-0039-c-cellsABCD.cm”" in file.warnings[0]


def test_nc_view(shared: Path) -> None:
    file = opened(shared, "chememotec_nc_view_example.csv")
    one = sample(file, "1")
    assert len(file.measurements) == 32 and one.operator == "chb"
    assert numbers(one)["viability"] == Decimal("45.1") and numbers(one)["viable_per_ml"] == Decimal(124_000)
    assert (one.at, one.local, one.at_text) == (None, None, "20240219")
    for number in ("8", "11"):
        assert sample(file, number).warnings == ("Warning: Foreign object detected",)
        assert verdicts(file, number)["INS-08"] is Verdict.FAIL
    assert verdicts(file, "1")["INS-08"] is Verdict.PASS


def test_nc_view_that_ends_with_a_number_does_not_vouch_for_it(shared: Path) -> None:
    last = opened(shared, "chememotec_nc_view_example.csv").measurements[-1].value("dilution")
    assert last and last.text == "1" and last.reading is None and "ends here" in last.why


def test_cellaca_contradicts_itself(shared: Path) -> None:
    file = opened(shared, "Cellaca_Example_1.csv")
    read_numbers = numbers(sample(file, "1"))
    assert (read_numbers["viable_count"], read_numbers["viable_per_ml"], read_numbers["total_per_ml"],
            read_numbers["viability"]) == (24, 500_000, 300_000, 90)
    told = verdicts(file, "1")
    assert {told["INS-04"], told["INS-05"], told["INS-06"]} == {Verdict.FAIL}


def test_cedex(shared: Path) -> None:
    one = sample(opened(shared, "roche_cedex_hires_example_1.csv"), "0618_F01")
    assert numbers(one)["viability"] == Decimal("95.29307556")
    assert numbers(one)["viable_per_ml"] == Decimal("4529542.5") and numbers(one)["dilution"] == Decimal("0.5")
    assert one.at_text == "6-18-2019 7:46:47 AM"
    assert ("Sample draw Time", "6-17-2019 8:34:01 AM") in {(each.place.column, each.text) for each in one.unplaced}


def test_flex2_mixed_order_of_dates(shared: Path) -> None:
    file = opened(shared, "SampleResults2022-06-28_142558.csv")
    one = sample(file, "SMPL_1234")
    assert one.local == datetime(2022, 6, 24, 14, 34, 52)  # noqa: DTZ001 - the file has no zone
    assert one.at is None and one.operator == "ANALYST1"
    assert any("month first" in told and "day first" in told for told in file.warnings)
    assert numbers(one)["glucose"] == Decimal("2.65") and numbers(one)["ph"] == Decimal("7.400")


def test_cfx(shared: Path) -> None:
    file = opened(shared, "example01.csv")
    cq = file.measurements[0].value("cq", "A01 FAM")
    assert cq and cq.reading and cq.reading.value == Decimal("21.1877528266099")
    assert len(file.measurements) == 48 and {one.at_text for one in file.measurements} == {""}
    assert not [value for one in file.measurements for value in one.values if value.what != "cq"]
