"""A file of an instrument: handed in, looked at, confirmed; and everything that keeps it from being recorded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

from mfg.batches.scans import as_scanned
from mfg.codes.own import with_check
from mfg.facts import Refused
from mfg.files import kept_file
from mfg.qc import acts, instrument_acts, instrument_api, instrument_pages, pages
from mfg.qc.instrument_records import InstrumentFileRow, ReadingRow, raw_values_of, readings_of_file
from mfg.qc.records import Result
from mfg.quality.records import Deviation
from mfg.uploads import raw_upload
from tests.equipment.hall import Hall
from tests.release.story import FILLED, Story, a_story

HEAD = ("Sample ID,Cell count,Viable cells,Total (x10^6) cells/mL,Viable (x10^6) cells/mL,Viability (%),"
        "Average diameter (μm),Average viable diameter (μm),Average circularity,Average viable circularity,"
        "Average cells per image,Average background intensity,Bubble count,Cluster count,Images for analysis,Cell type,"
        "Minimum Diameter (μm),Maximum Diameter (μm),Images,Cell sharpness,Minimum circularity,Decluster degree,"
        "Aspiration cycles,Viable spot brightness (%),Viable spot area (%),Mixing cycles,Analysis date/time,"
        "Reanalysis date/time,Analysis by,Reanalysis by,Dilution,Wash,Tag\n")
ROW = ("{sample},1000,950,{total},{viable},95.0,12.0,12.1,0.9,0.9,10,134,0,0,100,NK,6,30,100,7,0.1,Medium,3,50,5,3,"
       "{time},,Vi-CELL,,1,Normal Wash,\n")


def counted(story: Story, *rows: tuple[str, str, str]) -> bytes:
    """An export of a counter, a row a minute up to now: (sample, total, viable)."""
    first = story.office.now - timedelta(minutes=len(rows))
    return (HEAD + "".join(
        ROW.format(sample=sample, total=total, viable=viable, time=f"{first + timedelta(minutes=at):%Y-%m-%d %H:%M:%S}")
        for at, (sample, total, viable) in enumerate(rows))).encode()


@pytest.fixture
def story(fresh_database: Any, tmp_path: Path) -> Iterator[Story]:
    with a_story(FILLED, fresh_database("sqlite", FILLED.prepare), tmp_path) as told:
        yield told


def counter(story: Story, *, calibrated: bool = True) -> str:
    hall = Hall(story.office)
    story.office.later(hours=-2)
    code = hall.incubator("BLU-1", kind="cell counter", name="Counter", cleaning_rule="not needed")
    if calibrated:
        hall.calibrate(code, point="beads", reference=Decimal(1), found="1.0", tolerance=Decimal("0.1"), unit="10*6/mL")
    hall.maintain(code)
    hall.qualify(code)
    story.office.later(hours=2)
    return code


def sampled(story: Story) -> str:
    return story.office.do(acts.take_sample, story.office.who("qc analyst"), purpose="release tests",
                           container=as_scanned(story.bag()))


def handed_in(story: Story, content: bytes, equipment: str, **more: Any) -> str:
    told = {"zone": "UTC", "operator": "qc.analyst.1", "name": "counts.csv",
            "equipment": as_scanned(equipment) if equipment else ""} | more
    name = told.pop("name")
    return story.office.do(instrument_acts.read_instrument_file, story.office.who("qc analyst"),
                           file=raw_upload(name, content), **told)


def confirmed(story: Story, code: str) -> str:
    with story.office.look() as session:
        seen = instrument_api._preview_hash(session, instrument_file=code)
    return story.office.do(instrument_acts.confirm_instrument_file, story.office.who("qc analyst"),
                           instrument_file=code, seen=seen)


def three_counts(story: Story, sample: str) -> bytes:
    story.office.later(hours=1)
    return counted(story, (sample, "6.7", "6.4"), (sample, "6.8", "6.5"), (sample, "6.9", "6.6"))


def test_nothing_counts_before_a_person_has_confirmed_what_was_read(story: Story) -> None:
    sample, device = sampled(story), counter(story)
    code = handed_in(story, three_counts(story, sample), device)
    with story.office.look() as session:
        assert readings_of_file(session, code) == []
        page = instrument_pages.show_file(session, instrument_file=code)
        assert page["state"] == "to be confirmed" and "3 measurements" in page["sections"][0]["title"]
        assert "6.4e6 cells/mL (“6.4” in row 2, Viable (x10^6) cells/mL)" in page["sections"][0]["rows"][0][5]
    confirmed(story, code)
    with story.office.look() as session:
        rows = readings_of_file(session, code)
        assert [(one.sample, one.person is not None, one.verdict) for one in rows] == [
            (sample, True, "CANNOT DETERMINE")] * 3, "a sample three times in a file: a person says which row is meant"
        wrong = {one["rule"] for row in rows for one in orjson.loads(row.findings) if one["verdict"] != "PASS"}
        assert wrong == {"INS-10"}
        assert instrument_pages.show_file(session, instrument_file=code)["state"] == "confirmed"
    entry = story.office.last_entry()
    assert (entry.verb, entry.on_code) == ("confirm instrument file", code)


def test_the_file_is_kept_byte_for_byte_and_its_hash_is_that_of_the_bytes(story: Story) -> None:
    content = three_counts(story, sampled(story))
    code = handed_in(story, content, counter(story))
    with story.office.look() as session:
        row = session.get_one(InstrumentFileRow, code)
        assert kept_file(session, row.file).content == content
        first = instrument_api.read_file_data(session, code)["preview"]["measurements"][0]
        assert first["values"][0]["place"]["row"] == 2


def test_the_same_bytes_are_refused_a_second_time_whatever_their_name(story: Story) -> None:
    content, device = three_counts(story, sampled(story)), counter(story)
    first = handed_in(story, content, device)
    before = story.office.counts()
    with pytest.raises(Refused, match=f"read in before, as {first}") as caught:
        handed_in(story, content, device, name="another.csv")
    assert [one.rule for one in caught.value.findings] == ["IMP-01"] and story.office.counts() == before


def test_an_instrument_nobody_knows_is_asked_for(story: Story) -> None:
    content, before = three_counts(story, sampled(story)), story.office.counts()
    with pytest.raises(Refused, match="no equipment of this house is known by it"):
        handed_in(story, content, "")
    assert story.office.counts() == before


def test_a_counter_out_of_calibration_is_told_with_every_reading(story: Story) -> None:
    sample, device = sampled(story), counter(story, calibrated=False)
    code = confirmed(story, handed_in(story, three_counts(story, sample), device))
    with story.office.look() as session:
        told = {one["rule"] for one in orjson.loads(readings_of_file(session, code)[0].findings)
                if one["verdict"] != "PASS"}
    assert "EQP-02" in told


def test_a_preview_that_changed_since_it_was_seen_is_not_recorded(story: Story) -> None:
    code = handed_in(story, three_counts(story, "S-9999"), counter(story))
    before = story.office.counts()
    with pytest.raises(Refused, match="is not what you saw"):
        story.office.do(instrument_acts.confirm_instrument_file, story.office.who("qc analyst"), instrument_file=code,
                        seen="0" * 64)
    assert story.office.counts() == before


def test_a_withdrawn_file_is_confirmed_no_more(story: Story) -> None:
    code = handed_in(story, three_counts(story, "S-9999"), counter(story))
    story.office.do(instrument_acts.withdraw_instrument_file, story.office.who("qc analyst", reason="the wrong run"),
                    instrument_file=code)
    with pytest.raises(Refused, match="withdrawn"):
        confirmed(story, code)


def test_a_sample_is_known_with_its_check_character_and_a_wrong_one_is_nobodys(story: Story) -> None:
    sample, device = sampled(story), counter(story)
    right, wrong = with_check(sample), f"{sample}/{'A' if not with_check(sample).endswith('A') else 'B'}"
    code = confirmed(story, handed_in(story, counted(story, (right, "6.7", "6.4"), (wrong, "6.8", "6.5")),
                                      device))
    with story.office.look() as session:
        assert [one.sample for one in readings_of_file(session, code)] == [sample, None]


@pytest.mark.parametrize(("content", "why"), [
    (b"", "empty"),
    (b"nothing that any instrument writes", "of no kind known here"),
    (HEAD.encode("utf-16-le"), "of no kind known here"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "password|old|xls"),
], ids=["empty", "of no kind", "UTF-16 without its mark", "locked workbook"])
def test_a_file_that_cannot_be_read_is_refused_with_its_reason_and_leaves_nothing(
        story: Story, content: bytes, why: str) -> None:
    device = counter(story)
    before = story.office.counts()
    with pytest.raises(Refused, match=why):
        handed_in(story, content, device)
    assert story.office.counts() == before


def test_a_thousand_rows_are_recorded_with_as_many_statements_as_a_few(story: Story) -> None:
    device = counter(story)
    many = counted(story, *((f"X{number}", "6.7", "6.4") for number in range(120)))
    code = confirmed(story, handed_in(story, many, device))
    with story.office.look() as session:
        assert session.query(ReadingRow).filter_by(instrument_file=code).count() == 120


def taken_from(story: Story, sample: str, test: str, readings: list[str], **more: Any) -> str:
    return story.office.do(acts.record_result, story.office.who("qc analyst"), sample=sample, test=test,
                           readings=readings, **more)


def test_a_result_rests_on_readings_and_every_replicate_says_where_it_stands(story: Story) -> None:
    sample, device = sampled(story), counter(story)
    code = confirmed(story, handed_in(story, three_counts(story, sample), device))
    result = taken_from(story, sample, "viable_count", [f"{code}-000{at}" for at in (1, 2, 3)])
    with story.office.look() as session:
        row = session.get_one(Result, result)
        assert (row.value, row.how, row.equipment, row.verdict) == (
            "6400000; 6500000; 6600000", "instrument file", device, "PASS")
        assert [(one.value, one.place) for one in raw_values_of(session, [result])] == [
            (f"{number}00000", f"row {line}, Viable (x10^6) cells/mL")
            for number, line in (("64", 2), ("65", 3), ("66", 4))]
        page = pages.show_result(session, result=result)
        assert [line[3] for line in page["sections"][0]["rows"]][0] == "row 2, Viable (x10^6) cells/mL"
        assert "6.4e6; 6.5e6; 6.6e6 (mean 6.50e6" in page["pairs"][1][1], "as people write it, no digit lost"
        assert session.query(Deviation).count() == 0, "the counter is fit, and the specification names no kind"


def test_a_typed_value_beside_readings_has_to_be_the_same_one(story: Story) -> None:
    sample, device = sampled(story), counter(story)
    code = confirmed(story, handed_in(story, three_counts(story, sample), device))
    before = story.office.counts()
    with pytest.raises(Refused, match="readings say 6400000"):
        taken_from(story, sample, "viable_count", [f"{code}-000{at}" for at in (1, 2, 3)], value="6.4e6; 6.5e6; 7.0e6")
    assert story.office.counts() == before


def test_a_reading_of_another_sample_or_of_a_withdrawn_file_carries_no_result(story: Story) -> None:
    first, device = sampled(story), counter(story)
    code = confirmed(story, handed_in(story, three_counts(story, first), device))
    names = [f"{code}-000{at}" for at in (1, 2, 3)]
    with pytest.raises(Refused) as caught:
        taken_from(story, sampled(story), "viable_count", names)
    assert "IMP-05" in [one.rule for one in caught.value.findings]
    story.office.do(instrument_acts.withdraw_instrument_file, story.office.who("qa", reason="the wrong run"),
                    instrument_file=code)
    with pytest.raises(Refused) as caught:
        taken_from(story, first, "viable_count", names)
    assert "IMP-04" in [one.rule for one in caught.value.findings]
