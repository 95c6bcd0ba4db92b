"""What a scanner sends: routing by symbol and first characters, typed text, refusals that name the code."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.codes import isbt128, own, scan
from mfg.facts import Refused

DIN = "=A99992600012300"
ITEM = "0109521234543213"


@pytest.mark.parametrize(("text", "system", "numbers"), [
    (DIN, "isbt128", ("001",)), ("]C0" + DIN, "isbt128", ("001",)), ("]d1" + DIN + "\r\n", "isbt128",
    ("001",)),
    ("]C4" + DIN + "=%6200", "isbt128", ("001", "002")),
    ("]C1" + ITEM, "gs1", ("01",)), ("]d2" + ITEM + "10AB\x1d17261120", "gs1", ("01", "10", "17")),
    ("]Q3" + ITEM, "gs1", ("01",)), ("]e0" + ITEM, "gs1", ("01",)), ("(01)09521234543213", "gs1", ("01",)),
    ("\x1d" + ITEM, "gs1", ("01",)), (ITEM + "17261120", "gs1", ("01", "17")),
    ("NK-26-014-D2", "own", ("dose",)), ("]d1S-000123\n", "own", ("sample",)), ("]C2LOT-000012", "own",
    ("lot",)),
    ("CHA99992600AB12", "isbt128", ("040",)), ("CHA99992600AB12/4", "isbt128", ("040",)),
    ("&/CHA99992600AB12", "isbt128", ("040",)),
])
def test_a_scan_is_routed_by_its_symbol_and_first_characters(
        text: str, system: str, numbers: tuple[str, ...]) -> None:
    read = scan.read(text)
    assert (read.system, read.numbers, read.raw, read.typed) == (system, numbers, text, False)
    assert read.aim == (text[:3] if text.startswith("]") else "")


@pytest.mark.parametrize("text", [
    "]C1" + DIN, "]d2" + DIN, "]Q3" + DIN, "]e0" + DIN, "]C2" + DIN, "]E0" + DIN, "]C1NK-26-014-D2",
    "]C0" + ITEM, "]C0",
    "", "   ", "\r\n", "A999926000123", "A99992600012300", "NK-26-014-D2/", "CHA99992600AB12/5", "]",
    "]]C0" + DIN,
    "0109521234543214", "https://example.org/NK-26-014", "\x00", "\ud800", "é", "=" * 8000, "0" * 1_000_000,
])
def test_a_scan_that_is_not_clearly_one_code_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        scan.read(text)
    assert refused.value.kind == "input"
    assert len(refused.value.why) < 400
    refused.value.why.encode("utf-8")


@pytest.mark.parametrize(("text", "number", "content"), [
    ("A9999 14 123456 N", "001", "A99991412345600"), (" a999914123456n ", "001", "A99991412345600"),
    ("A9999 26 00AB12·4", "040", "CHA99992600AB12"), ("cha99992600ab12/4", "040", "CHA99992600AB12"),
    ("(01)09521234543213(10)AB12", "01", "09521234543213"), ("=<S1234VA0", "003", "S1234VA0"),
])
def test_typed_text_with_its_check_is_read(text: str, number: str, content: str) -> None:
    read = scan.read(text, typed=True)
    assert (read.parts[0].number, read.parts[0].content, read.typed) == (number, content, True)


@pytest.mark.parametrize("text", [
    "A9999 14 123456", "A9999 14 123456 M", DIN, "&/CHA99992600AB12", "CHA99992600AB12", "NK-26-014-D2",
    "(10)AB12",
    "A9999 26 00AB12 4", "]C0" + DIN, "", " ", "hello", "NK-26-O14-D2/A", "A" * 100_000,
])
def test_typed_text_without_its_check_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        scan.read(text, typed=True)


def test_a_typed_own_code_needs_the_character_after_the_slash() -> None:
    printed = own.with_check("NK-26-014-D2")
    assert scan.read(printed.lower(), typed=True).parts[0].content == "NK-26-014-D2"


def test_a_field_gives_the_part_it_asks_for() -> None:
    read = scan.read("=+02000" + DIN + "=<S1234VA0")
    assert scan.demand(read, "003").content == "S1234VA0"
    assert scan.demand(read, "001").fields["din"] == "A999926000123"


def test_a_wrong_code_is_refused_by_the_name_of_what_was_scanned() -> None:
    with pytest.raises(Refused) as refused:
        scan.demand(scan.read("=<S1295400"), "001")
    assert refused.value.why == "That is the product code “S1295400”; scan the donation number."
    with pytest.raises(Refused,
    match="That is the dose code “NK-26-014-D2”; scan the lot number or the lot code"):
        scan.demand(scan.read("NK-26-014-D2"), "10", "lot")


def test_two_donation_numbers_in_one_scan_are_refused() -> None:
    both = scan.read(DIN + "=A99992600012400")
    with pytest.raises(Refused, match="more than one donation number"):
        scan.demand(both, "001")


@pytest.mark.parametrize(("text", "expected"), [
    (DIN, {"accepted": True, "structures": [{"number": "001", "content": "A99992600012300"}]}),
    ("=+02000" + DIN + "=>019031", {"accepted": True, "structures": [
        {"number": "023", "content": "02000"}, {"number": "001", "content": "A99992600012300"},
        {"number": "004", "content": "019031"}]}),
    ("(01)09521234543213", {"accepted": True, "structures": [
        {"number": "01", "content": "09521234543213", "system": "gs1"}]}),
    ("NK-26-014-D2", {"accepted": True, "structures": [
        {"number": "dose", "content": "NK-26-014-D2", "system": "own"}]}),
    ("={000000000000000000", {"accepted": True, "structures": [
        {"number": "011", "content": "000000000000000000", "retired": True}]}),
])
def test_the_answer_of_codes_parse(text: str, expected: dict[str, object]) -> None:
    assert scan.parse_answer(text) == expected


def test_the_answer_of_a_refused_code_says_why() -> None:
    said = scan.parse_answer("=A999917123456")
    assert said.keys() == {"accepted", "why"}
    assert said["accepted"] is False and "needs 15 characters" in said["why"]


@pytest.mark.parametrize(("text", "expected"), [
    ("A999914123456", {"din": "A999914123456", "check": "N"}), ("A9999 14 123456", {"din": "A999914123456",
    "check": "N"}),
    ("A999914123456N", {"valid": True}), ("A9999 14 123456 N\n", {"valid": True}), ("A999915123456N",
    {"valid": False}),
    ("a999914123456n", {"valid": False}), ("O999914123456N", {"valid": False}), ("hello world!!!",
    {"valid": False}),
    ("A999922012346*", {"valid": True}),
])
def test_the_answer_of_codes_check(text: str, expected: dict[str, object]) -> None:
    assert scan.check_answer(text) == expected


@pytest.mark.parametrize("text", ["", "A", "O999914123456", "a999914123456", "A99991412345600", "\ud800",
        "A" * 1_000_000])
def test_codes_check_says_why_when_there_is_no_donation_number(text: str) -> None:
    said = scan.check_answer(text)
    assert said["accepted"] is False and said["why"].endswith(".")


PREFIXES = ["", "=", "&", "=+02000", "&,1", "&#01", "&$99", "&%999", "]C0", "]C1", "]d1=", "]d2", "(01)",
"01", "NK-26-", "CH"]


@given(st.sampled_from(PREFIXES), st.text(st.characters()) | st.text("=&<>*}+,#$%(/A019\x1d"))
def test_no_text_at_all_breaks_the_answers(prefix: str, text: str) -> None:
    json.dumps(scan.parse_answer(prefix + text)).encode("utf-8")
    json.dumps(scan.check_answer(prefix + text)).encode("utf-8")
    try:
        scan.read(prefix + text, typed=True)
    except Refused as refused:
        assert refused.kind == "input"


@pytest.mark.parametrize("text", [prefix + filler * 1_000_000 for prefix in ("", "=", "(", "]C1",
        "&a") for filler in "1A(\x00"])
def test_a_million_characters_are_refused_at_once(text: str) -> None:
    assert scan.parse_answer(text)["accepted"] is False


@pytest.mark.parametrize("text", ["]C0LOT-0001", "]d1NK-26-014-C07", "NK-26-014-D2"])
def test_a_field_takes_no_scan_of_ours_without_its_check_character_for_it_may_be_cut_short(text: str) -> None:
    kind = scan.read(text).numbers[0]
    with pytest.raises(Refused, match="may be cut short"):
        scan.demand(scan.read(text), kind)
    checked = own.with_check(scan.read(text).parts[0].content)
    assert scan.demand(scan.read(f"]C0{checked}"), kind).content == checked.partition("/")[0]


@pytest.mark.parametrize("whole", ["]d1" + own.labelled("NK-26-014-C07", "LBL-00012"),
                                   "]C0" + own.with_check("LOT-00012"),
                                   "]d1=+04000=A99992600012300=<S1234VA0&>0270732359&/CHA99992600AB12",
                                   "]d2010952123454321317261120"])
def test_no_beginning_of_a_scan_is_taken_for_another_thing(whole: str) -> None:
    said = {part.number: part.content for part in scan.read(whole).parts}
    for size in range(len(whole)):
        try:
            parts = scan.read(whole[:size]).parts
        except Refused:
            continue
        for part in parts:  # what is left of it names the same, or no field takes it
            assert part.fields.get("cut") or said.get(part.number) == part.content, whole[:size]


@pytest.mark.parametrize(("text", "number", "how"), [
    ("]C0=A99992600012300", "001", "scanned"), ("=A99992600012300", "001", "typed"),
    ("A9999 26 000123 " + isbt128.din_check("A999926000123"), "001", "typed"),
    ("]C0" + own.with_check("LOT-0001"), "lot", "scanned"), (own.with_check("LOT-0001"), "lot", "typed"),
])
def test_only_the_identifier_of_a_scanner_proves_a_scan(text: str, number: str, how: str) -> None:
    """Whoever types the very data of a bar code leaves it flagged as typed."""
    assert scan.wanted(text, number)[1] == how
