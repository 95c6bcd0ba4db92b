"""The reader of logger files: what it reads for certain, and the sentence for what it does not."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from mfg.custody.logger_csv import LARGEST, MOST_FAULTS, MOST_ROWS, Log, Told, read_log
from mfg.facts import Refused

PLAIN = "Timestamp,Temperature (°C)\n2026-11-20T08:00:00Z,5.0\n2026-11-20T08:10:00Z,-1.25\n"
ROWS = [(2, datetime(2026, 11, 20, 8, 0, tzinfo=UTC), Decimal("5.0")),
        (3, datetime(2026, 11, 20, 8, 10, tzinfo=UTC), Decimal("-1.25"))]


def read(text: str | bytes, **told: str) -> Log:
    return read_log("log.csv", text.encode() if isinstance(text, str) else text, Told(**told))


def rows(log: Log) -> list[tuple[int, datetime, Decimal | None]]:
    return [(one.row, one.at, one.celsius) for one in log.readings]


@pytest.mark.parametrize("content", [
    PLAIN.encode(), b"\xef\xbb\xbf" + PLAIN.encode(), PLAIN.encode("utf-16"), b"\xfe\xff" + PLAIN.encode("utf-16-be"),
    PLAIN.replace("\n", "\r\n").encode(), PLAIN.replace(",", ";").encode(), PLAIN.replace(",", "\t").encode(),
    PLAIN.replace(",", ";").replace("5.0", "5,0").replace("1.25", "1,25").encode(),
    b'"Timestamp","Temp. [C]"\n"2026-11-20 09:00:00+01:00","5.0"\n"2026-11-20 09:10 +0100","-1.25"\n\n',
], ids=["utf-8", "bom", "utf-16", "utf-16-be", "crlf", "semicolon", "tab", "decimal comma", "quotes and offsets"])
def test_the_same_readings_in_every_dress(content: bytes) -> None:
    assert rows(read(content)) == ROWS


def test_three_columns_with_a_number_or_a_unit_and_a_stated_zone() -> None:
    numbered = "No.;Date/Time;Temperature\n1;20.11.2026 09:00;5,0\n2;20.11.2026 09:10;-1,25\n"
    assert rows(read(numbered, zone="Europe/Berlin", unit="Cel", order="day first")) == ROWS
    with_unit = "time,temp,unit\n11/20/2026 08:00:00,41,F\n11/20/2026 08:10:00,29.75,F\n"
    assert rows(read(with_unit, zone="UTC", order="month first")) == ROWS


@pytest.mark.parametrize(("text", "told", "why"), [
    ("", {}, "does not tell what stands between"),
    ("Timestamp,Temperature (C)\n", {}, "no reading"),
    (PLAIN.replace("Z", ""), {}, "row 2, column “Timestamp”: the time has no zone"),
    (PLAIN.replace("08:10:00Z", "08:10:00"), {}, "has no zone"),
    (PLAIN.replace("08:10:00Z", "08:10:00"), {"zone": "UTC"}, "some times have a zone"),
    (PLAIN.replace(" (°C)", ""), {}, "unit of the temperature is not told"),
    (PLAIN, {"unit": "[degF]"}, "One of them is wrong"),
    (PLAIN.replace("-1.25", "-1,25"), {}, "row 3, column all: 3 cells"),
    ('time;temp (C)\n2026-11-20T08:00Z;5.0\n2026-11-20T08:10Z;5,1\n', {}, "point or a comma"),
    ('time;temp (C)\n2026-11-20T08:00Z;5,125\n', {}, "point or a comma"),
    (PLAIN.replace("5.0", "warm"), {}, "row 2, column “Temperature .°C.”: “warm” is not a temperature"),
    (PLAIN.replace("5.0", "NaN"), {}, "“NaN” is not a temperature"),
    (PLAIN.replace("5.0", "5e0"), {}, "“5e0” is not a temperature"),
    (PLAIN.replace("5.0", "999"), {}, "cannot be a temperature"),
    (PLAIN.replace("5.0", "=1+1"), {}, "“=1.1” is not a temperature"),
    (PLAIN.replace("2026-11-20T08:00:00Z", "=HYPERLINK(\"\"x\"\")"), {}, "row 2"),
    (PLAIN.replace("08:10", "08:00"), {}, "row 3, column “Timestamp”: it is not later than row 2"),
    (PLAIN.replace("11-20T08:10", "02-30T08:10"), {}, "row 3.*is not a date and time"),
    (PLAIN.replace("2026-11-20T08:10", "20.11.2026 08:10"), {}, "with the year first"),
    (PLAIN.replace("Timestamp", "=cmd|'/C calc'!A0"), {}, "row 1, column 1: “=cmd.*is not known here"),
    (PLAIN.replace("Temperature (°C)", "Timestamp"), {}, "column 2"),
    ("a;b,c\n", {}, "does not tell"),
    ('Timestamp,Temperature (C)\n"2026-11-20T08:00:00Z,5.0\n', {}, "cannot be taken apart"),
    (PLAIN, {"zone": "Mars/Base"}, "is not a time zone"), (PLAIN, {"zone": "../../etc/passwd"}, "is not a time zone"),
    (PLAIN.replace("5.0", "5.0\0"), {}, "no logger writes"),
    (PLAIN.encode("latin-1"), {}, "not UTF-8"),
    (PLAIN.encode("utf-16")[:-1], {}, "not UTF-8"),
])
def test_what_cannot_be_read_for_certain_is_refused_with_its_place(text: str | bytes, told: dict[str, str],
                                                                   why: str) -> None:
    with pytest.raises(Refused, match=why) as refused:
        read(text, **told)
    assert refused.value.kind == "input" and refused.value.why.endswith(".")


def test_a_blank_reading_is_missing_and_not_nought() -> None:
    assert rows(read(PLAIN.replace("5.0", "")))[0][2] is None


def test_a_million_rows_end_early_and_many_faults_are_bounded() -> None:
    head = "Timestamp,Temperature (C)\n"
    with pytest.raises(Refused, match=f"more than {MOST_ROWS} rows"):
        read(head + "0,1\n" * 1_000_000)
    with pytest.raises(Refused, match="at most 4 MB"):
        read(b"x" * (LARGEST + 1))
    with pytest.raises(Refused) as refused:
        read(head + "never,warm\n" * 1000)
    assert len(refused.value.fields["file"]) == MOST_FAULTS


def test_the_hour_that_comes_twice_is_told_by_its_step_back() -> None:
    hours = [f"2026-10-25 {clock}:00" for clock in ("01:30", "02:00", "02:30", "02:00", "02:30", "03:00")]
    text = "time,temp (C)\n" + "".join(f"{one},5.0\n" for one in hours)
    told = [one.at.strftime("%H:%M") for one in read(text, zone="Europe/Berlin").readings]
    assert told == ["23:30", "00:00", "00:30", "01:00", "01:30", "02:00"]
    once = "time,temp (C)\n" + "".join(f"{one},5.0\n" for one in (hours[0], hours[1], hours[5]))
    with pytest.raises(Refused, match="row 3.*comes twice on that day"):
        read(once, zone="Europe/Berlin")
    assert len(read(once, zone="+01:00").readings) == 3


def test_the_hour_that_never_was_is_refused() -> None:
    with pytest.raises(Refused, match="row 2.*never was"):
        read("time,temp (C)\n2026-03-29 02:30:00,5.0\n", zone="Europe/Berlin")


def test_no_hostile_file_is_read_and_none_breaks_the_reader(shared: Path) -> None:
    hostile = shared / "inputs/hostile"
    files = [*(hostile / "csv-spectrum").glob("*.csv"), *(hostile / "messytables").iterdir()]
    assert len(files) >= 10
    for file in files:
        with pytest.raises(Refused) as refused:
            read(file.read_bytes())
        assert refused.value.kind == "input" and len(refused.value.why) < 2000
