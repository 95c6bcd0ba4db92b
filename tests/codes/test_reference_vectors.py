"""Every vector of the shared reference, where the shared folder is there; a visible skip where it is not."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mfg.codes import check, isbt128, isbt128_values, scan
from mfg.facts import Refused

SHARED = Path(__file__).parents[2].parent / "shared"
VECTORS = SHARED / "reference" / "isbt128-vectors.json"
CHECK_DIGITS = SHARED / "inputs" / "codes" / "check_digits.csv"
HOSTILE = SHARED / "inputs" / "hostile" / "blns.json"


def vectors() -> list[Any]:
    if not VECTORS.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason="../shared/reference is not here"))]
    return [pytest.param(one, id=f"{one['kind']}-{one.get('text', one.get('din'))}")
            for one in json.loads(VECTORS.read_text())]


def din_check(one: dict[str, Any]) -> bool:
    return scan.check_answer(one["din"]) == {"din": one["din"], "check": one["K"]} \
        and scan.check_answer(one["din"] + one["K"]) == {"valid": True}


def type3_flag(one: dict[str, Any]) -> bool:
    return check.type3_flags(one["din"]) == one["flags"] \
        and isbt128.parse(one["barcode"])[0].fields["din"] == one["din"]


def parses(one: dict[str, Any]) -> bool:
    return scan.parse_answer(one["text"]) == {"accepted": True, "structures": [
        {"number": number, "content": content} for number, content in one["parts"]]}


def sec_text(one: dict[str, Any]) -> bool:
    return isbt128.read_sec(one["text"]).content == one["text"].removeprefix("SEC: ").replace(" ", "")


#: What each kind of vector asks of the code; an unknown kind is a KeyError, so none is passed over.
HOLDS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "din_check": din_check,
    "din_bad_check": lambda one: scan.check_answer(one["text"]) == {"valid": False},
    "mod37_2": lambda one: check.checksum(one["text"]) == one["value"],
    "mod37_2_char": lambda one: check.check_character(one["text"]) == one["K"],
    "mod37_2_undetected": lambda one: check.check_character(one["text"][:-1]) == one["text"][-1],
    "type3_flag": type3_flag,
    "parse": parses,
    "cyyjjj": lambda one: isbt128_values.read_day(one["text"]) == date.fromisoformat(one["date"]),
    "sec_text": sec_text,
    "sec_pis": lambda one: "".join(isbt128.product_fields(one["text"]).values()) == one["text"],
    "basic_udi": lambda one: f"{check.checksum(one['text']):02d}" == one["check"],
    "reject": lambda one: scan.parse_answer(one["text"])["accepted"] is False,
    "derived": lambda one: scan.parse_answer(one["text"])["accepted"] is True,
}


@pytest.mark.parametrize("one", vectors())
def test_the_reference_vector_holds(one: dict[str, Any]) -> None:
    assert HOLDS[one["kind"]](one)


def test_the_mod_37_2_rows_of_the_published_check_digits_hold() -> None:
    if not CHECK_DIGITS.exists():
        pytest.skip("../shared/inputs/codes is not here")
    with CHECK_DIGITS.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["system"] == "mod37_2"]
    assert len(rows) == 3
    assert [check.check_character(row["payload"]) for row in rows] == [row["check"] for row in rows]


@pytest.mark.parametrize("typed", [False, True])
def test_naughty_strings_are_refused_with_a_sentence_or_read_but_never_break(typed: bool) -> None:
    if not HOSTILE.exists():
        pytest.skip("../shared/inputs/hostile is not here")
    for text in json.loads(HOSTILE.read_text()):
        for wrapped in (text, "=" + text, "&" + text, "(10)" + text, "]C1" + text, "]d1=<" + text):
            try:
                scan.read(wrapped, typed=typed)
            except Refused as refused:
                assert refused.kind == "input"
                assert refused.why.endswith(".")
                refused.why.encode("utf-8")
        assert scan.parse_answer(text)["accepted"] in (True, False)
        assert {"valid", "check", "accepted"} & scan.check_answer(text).keys()
