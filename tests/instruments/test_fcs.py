"""Event files: what is read of them, and that no header, however wrong, costs more than a sentence."""

from __future__ import annotations

import tracemalloc
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfg.facts import Refused
from mfg.instruments.fcs import MOST_VALUES, Flow, read_flow
from mfg.instruments.flow_readers import FLOW_READERS, read_fcs
from tests.instruments.fcs_bytes import axis, fcs, gates, rectangle

ROWS = [(1, 2, 3), (4, 5, 6), (700, 8, 9), (10, 11, 12)]
NAMES = ("FSC-A", "CD56-A", "CD3-A")


def read(**more: Any) -> Flow:
    return read_flow("run.fcs", fcs(more.pop("rows", ROWS), more.pop("names", NAMES), **more))


@pytest.mark.parametrize("version", ["FCS2.0", "FCS3.0", "FCS3.1", "FCS3.2"])
@pytest.mark.parametrize("kind", ["F", "D", "I"])
@pytest.mark.parametrize("little", [True, False])
def test_every_version_type_and_byte_order_gives_the_same_events(version: str, kind: str, little: bool) -> None:
    found = read(version=version, kind=kind, little=little)
    assert found.events == 4
    assert [list(found.scaled(one)) for one in found.channels] == [[1, 4, 700, 10], [2, 5, 8, 11], [3, 6, 9, 12]]


def test_channels_go_by_their_number_not_by_the_order_of_the_words() -> None:
    names = [f"C{n}" for n in range(1, 13)]
    found = read(rows=[tuple(range(1, 13))], names=names, markers=[f"M{n}" for n in range(1, 13)])
    assert [(one.number, one.name, one.marker, found.scaled(one)[0]) for one in found.channels] == [
        (n, f"C{n}", f"M{n}", n) for n in range(1, 13)]


def test_whole_numbers_of_several_widths_and_bits_above_the_range() -> None:
    found = read(kind="I", bits=(32, 8, 16), rows=[(70_000, 255, 1025), (3, 7, 1)],
                 words={"$P1R": "262144", "$P2R": "128", "$P3R": "1024"})
    assert [list(found.scaled(one)) for one in found.channels] == [[70_000, 3], [127, 7], [1, 1]]


def test_gain_and_logarithmic_amplifier_are_taken_out() -> None:
    found = read(kind="I", rows=[(512, 80, 256)], words={"$P1E": "4,0", "$P2G": "8", "$P3E": "4,1"})
    assert [round(found.scaled(one)[0], 9) for one in found.channels] == [100, 10, 10]


def test_a_mark_inside_a_value_and_a_value_left_empty_are_both_understood() -> None:
    assert read(markers=("", "CD56|NCAM", "CD3")).channels[1].marker == "CD56|NCAM"
    loose = fcs(ROWS, NAMES, markers=("", "CD56", "CD3"), words={"&1 Empty": "@@", "&2 Last": "x"})
    emptied = loose.replace(b"@@", b"")[:4096 - 2] + b"  " + loose[4096:]
    assert [one.marker for one in read_flow("f", emptied).channels] == ["", "CD56", "CD3"]


def test_the_mark_between_words_may_be_any_other_sign() -> None:
    for mark in "\\/!\x0c\n":
        assert read(mark=mark).events == 4


def test_one_byte_too_many_is_the_usual_slip_and_more_is_refused() -> None:
    for words in ({"$ENDDATA": "4144"}, {"$ENDDATA": "4145"}):
        content = fcs(ROWS, NAMES, words=words, header={34: f"{words['$ENDDATA']:>8}"}, tail=b"0000")
        if words["$ENDDATA"] == "4144":
            assert read_flow("f", content).events == 4
        else:
            with pytest.raises(Refused, match="the two have to agree"):
                read_flow("f", content)


HOSTILE = {
    "another kind": (dict(version="PNG1.0"), "begins with"),
    "an older one": (dict(version="FCS1.0"), "begins with"),
    "huge $TOT": (dict(words={"$TOT": "99999999999"}), "values were expected"),
    "no events": (dict(words={"$TOT": "0"}), "values were expected"),
    "negative $TOT": (dict(words={"$TOT": "-4"}), "whole number"),
    "$TOT as text": (dict(words={"$TOT": "many"}), "whole number"),
    "$TOT of another file": (dict(words={"$TOT": "5"}), "have to agree"),
    "huge $PAR": (dict(words={"$PAR": "100000"}), "channels were expected"),
    "no $PAR": (dict(words={"$PAR": ""}), "$PAR is missing"),
    "more channels than named": (dict(words={"$PAR": "4"}), "is missing"),
    "two data sets": (dict(words={"$NEXTDATA": "9000"}), "more than one data set"),
    "a histogram": (dict(words={"$MODE": "C"}), "list of events"),
    "text as data": (dict(words={"$DATATYPE": "A"}), "whole numbers"),
    "odd byte order": (dict(words={"$BYTEORD": "3,4,1,2"}), "1,2,3,4 or 4,3,2,1"),
    "ten bits": (dict(kind="I", words={"$P1B": "10"}), "bits"),
    "bits of another type": (dict(words={"$P1B": "64"}), "bits"),
    "a type of its own": (dict(words={"$P1DATATYPE": "D"}), "one type"),
    "gain zero": (dict(words={"$P1G": "0"}), "above zero"),
    "gain no number": (dict(words={"$P1G": "nan"}), "number was expected"),
    "endless decades": (dict(kind="I", words={"$P1E": "999,1"}), "decades"),
    "decades of floats": (dict(words={"$P1E": "4,1"}), "0,0 was expected"),
    "one number of two": (dict(kind="I", words={"$P1E": "4"}), "two numbers"),
    "range zero": (dict(kind="I", words={"$P1R": "0"}), "above zero"),
    "a name twice": (dict(names=("A", "B", "A")), "name of its own"),
    "places disagree": (dict(words={"$BEGINDATA": "4000"}), "one place was expected"),
    "data behind the end": (dict(words={"$BEGINDATA": "90000", "$ENDDATA": "90047"},
                                 header={26: f"{90000:>8}{90047:>8}"}), "inside the file"),
    "data before its begin": (dict(words={"$BEGINDATA": "4143", "$ENDDATA": "4096"},
                                   header={26: f"{4143:>8}{4096:>8}"}), "inside the file"),
    "a negative place": (dict(header={26: "    -100"}), "place in the file"),
    "a place of letters": (dict(header={10: "    abcd"}), "place in the file"),
    "text behind the end": (dict(header={18: "99999999"}), "cut short"),
    "text nowhere": (dict(header={10: f"{0:>8}{0:>8}"}), "cut short"),
    "supplement behind the end": (dict(words={"$BEGINSTEXT": "5000", "$ENDSTEXT": "60000"}), "cut short"),
    "a word without value": (dict(words={"$LAST": "x|"}), ""),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_wrong_header_is_refused_with_a_sentence(case: str) -> None:
    more, says = HOSTILE[case]
    if case == "a word without value":
        content = fcs(ROWS, NAMES).replace(b"$MODE|L|", b"$MODE|||")
        with pytest.raises(Refused):
            read_flow("run.fcs", content)
        return
    with pytest.raises(Refused) as refused:
        read(**more)
    assert says in refused.value.why and refused.value.why.startswith("run.fcs: ")
    assert refused.value.kind == "input"


def test_a_word_that_stands_twice_with_two_values_is_refused() -> None:
    content = fcs(ROWS, NAMES, words={"$MODX": "C"}).replace(b"$MODX", b"$MODE")
    with pytest.raises(Refused, match="twice"):
        read_flow("run.fcs", content)


def test_a_file_cut_short_anywhere_is_refused() -> None:
    whole = fcs(ROWS, NAMES, tail=b"")
    for length in (0, 3, 6, 40, 57, 58, 255, 256, 300, 600, 4095, 4096, 4100, len(whole) - 1):
        with pytest.raises(Refused):
            read_flow("run.fcs", whole[:length])


def test_what_a_file_claims_costs_no_memory() -> None:
    content = fcs(ROWS, NAMES, words={"$TOT": str(MOST_VALUES // 3)})
    tracemalloc.start()
    with pytest.raises(Refused):
        read_flow("run.fcs", content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_an_event_without_a_number_is_refused_where_a_gate_looks() -> None:
    for odd in (float("nan"), float("inf")):
        found = read(rows=[(1, 2, 3), (1, odd, 3)])
        assert list(found.scaled(found.channels[0])) == [1, 1]
        with pytest.raises(Refused, match="without a number"):
            found.scaled(found.channels[1])


PLAIN = fcs(ROWS, NAMES, markers=("", "CD56", "CD3"),
            words={"$CYT": "Machine", "$SPILLOVER": "2,CD56-A,CD3-A,1,0,0,1"})
GATES = gates(rectangle("NK", axis("CD56-A", 3, how="FCS"), axis("CD3-A", None, 10, how="FCS")))


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1400), st.integers(0, 255)), min_size=1, max_size=12),
       st.integers(0, len(PLAIN)))
def test_bytes_changed_at_random_never_do_more_than_refuse(changes: list[tuple[int, int]], length: int) -> None:
    raw = bytearray(PLAIN)
    for at, byte in changes:
        raw[at] = byte
    for content in (bytes(raw), bytes(raw[:length])):
        try:
            read_fcs("run.fcs", content, "gates.xml", GATES)
        except Refused as refused:
            assert refused.kind == "input" and len(refused.why) < 900


def test_of_the_words_only_what_a_record_needs_leaves_the_file() -> None:
    secret = {"$INST": "Hospital of Nowhere", "$EXP": "Doctor Who", "$SRC": "Patient Zero", "$FIL": "zero_patient.fcs",
              "$PROJ": "Project Zero", "PATIENT ID": "P-0000", "TUBE NAME": "Zero", "$COM": "for Zero",
              "$SYS": "PC-ZERO", "FILENAME": "C:/Zero/zero.fcs"}
    told = {"$CYT": "Cytometer 9", "$CYTSN": "C-9", "$SMNO": "S-0001", "$OP": "op7", "CREATOR": "Acquire 1.2",
            "$DATE": "20-NOV-2026", "$BTIM": "10:11:12.50"}
    found = read_fcs("run.fcs", fcs(ROWS, NAMES, words=secret | told), "gates.xml", GATES)
    shown = repr(found)
    assert not [word for word in (*secret.values(), "Zero", "zero") if word in shown]
    run = found.measurements[0]
    assert (found.model, found.serial, run.sample, run.operator) == ("Cytometer 9", "C-9", "S-0001", "op7")
    assert (run.at, run.local, run.at_text) == (None, datetime.fromisoformat("2026-11-20T10:11:12"),
                                                "20-NOV-2026 10:11:12.50")
    assert found.software.startswith("Acquire 1.2; gated by mfg ")


def test_a_time_with_its_zone_is_a_time_and_one_without_is_not() -> None:
    for text, known in (("2026-11-20T10:11:12+01:00", True), ("2026-11-20T09:11:12Z", True),
                        ("2026-11-20T10:11:12", False)):
        run = FLOW_READERS[0].read("f", fcs(ROWS, NAMES, version="FCS3.2", words={"$BEGINDATETIME": text}))
        at = run.measurements[0].at
        assert (at.isoformat() if at else None) == ("2026-11-20T09:11:12+00:00" if known else None)
        assert run.measurements[0].at_text == text


@pytest.mark.parametrize(("date", "time"), [
    ("20-NOV-26", "10:00:00"), ("31-FEB-2026", "10:00:00"), ("20-NOX-2026", "10:00:00"), ("20-NOV-2026", "25:00:00"),
    ("20-NOV-2026", ""), ("", "10:00:00"), ("11/20/2026", "10:00:00"), ("2026-11-20", "10:00:00")])
def test_a_date_in_doubt_stays_a_text(date: str, time: str) -> None:
    run = FLOW_READERS[0].read("f", fcs(ROWS, NAMES, words={"$DATE": date, "$BTIM": time})).measurements[0]
    assert (run.at, run.local, run.at_text) == (None, None, f"{date} {time}".strip())


def test_without_gates_only_the_events_are_told() -> None:
    found = FLOW_READERS[0].read("run.fcs", PLAIN)
    assert [(one.what, one.of, str(one.reading)) for one in found.measurements[0].values] == [
        ("events", "All events", "4")]
    assert "without a gate file" in found.warnings[0]
    assert FLOW_READERS[0].recognises(PLAIN) and not any(one.recognises(PLAIN) for one in FLOW_READERS[1:])


@pytest.mark.parametrize("text", ["2,A,B,1,0,0", "x", "2,CD56-A,CD56-A,1,0,0,1", "2,CD56-A,CD3-A,1,nan,0,1", "0", ",,,",
                                  "2,CD56-A,CD3-A,1,2,2,4"])
def test_a_compensation_that_cannot_be_is_refused_where_gates_ask_for_it(text: str) -> None:
    content = fcs(ROWS, NAMES, words={"$SPILLOVER": text})
    assert FLOW_READERS[0].read("f", content)
    with pytest.raises(Refused):
        read_fcs("f", content, "gates.xml", GATES)
