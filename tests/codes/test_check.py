"""The check character: known answers and what it must catch."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.codes.check import check_character, checksum, type3_flags
from mfg.facts import Refused

CHARACTERS = string.digits + string.ascii_uppercase
PAYLOADS = st.text(CHARACTERS, min_size=1, max_size=40)


@pytest.mark.parametrize(("text", "expected"), [
    ("G123417654321", "A"), ("A999917123456", "9"), ("A999916123456", "Q"), ("G123498654321", "H"),
    ("G123489654321", "Y"), ("A999922012346", "*"), ("A999522123456", "*"), ("C000307001466", "6"),
    ("079", "T"), ("1", "*"), ("I", "2"), ("CHA99992600AB12", "4"),
])
def test_the_check_character_of_published_numbers(text: str, expected: str) -> None:
    assert check_character(text) == expected


def test_the_type_three_flags_of_the_worked_example() -> None:
    assert type3_flags("G123417654321") == "70"


@given(PAYLOADS)
def test_the_value_is_the_weighted_sum_of_the_standard(text: str) -> None:
    weighted = sum(CHARACTERS.index(c) * 2 ** (place + 1) for place, c in enumerate(reversed(text)))
    assert checksum(text) == (38 - weighted % 37) % 37


@given(PAYLOADS, st.data())
def test_one_wrong_character_always_changes_it(text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(CHARACTERS.replace(text[place], "")))
    assert check_character(text[:place] + other + text[place + 1:]) != check_character(text)


@given(PAYLOADS.filter(lambda text: len(text) > 1), st.data())
def test_two_swapped_neighbours_always_change_it(text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text) - 2))
    swapped = text[:place] + text[place + 1] + text[place] + text[place + 2:]
    assert swapped == text or check_character(swapped) != check_character(text)


@pytest.mark.parametrize("text", ["", "*", "a", "A 1", "Ⅷ", "\x00", "١"])
def test_text_outside_the_alphabet_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        checksum(text)
