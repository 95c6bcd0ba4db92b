"""The system's own codes: kinds, check characters, the chain of identity."""

from __future__ import annotations

import itertools
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.codes import own, scan
from mfg.facts import Refused

FORMS = {
    "batch": r"[A-Z]{2,4}-[0-9]{2}-[0-9]{3,4}", "harvest": r"NK-[0-9]{2}-[0-9]{3}-H[1-9]",
    "dose": r"NK-[0-9]{2}-[0-9]{3}-D[1-9]", "container": r"NK-[0-9]{2}-[0-9]{3}-(C[0-9]{2}|L1-[0-9]{2})",
    "sample": r"S-[0-9]{6}", "lot": r"LOT-[0-9]{6}", "deviation": r"DEV-[0-9]{4}",
    "equipment": r"EQ-[0-9]{4}", "line clearance": r"CLR-[0-9]{4}", "monitoring session": r"EM-[0-9]{4}",
    "monitoring plate": r"EM-[0-9]{4}-[0-9]{2}",
}
CODES = st.sampled_from(sorted(FORMS)).flatmap(
    lambda kind: st.from_regex(FORMS[kind], fullmatch=True).map(lambda code: (kind, code)))


@pytest.mark.parametrize(("code", "kind"), [
    ("NK-26-014", "batch"), ("NK-26-014-D2", "dose"), ("NK-26-014-C07", "container"), ("NK-26-014-H1",
    "harvest"),
    ("NK-26-014-L1-01", "container"), ("S-000123", "sample"), ("LOT-000012", "lot"), ("DEV-0031",
    "deviation"),
    ("NK-26-014-X2", None), ("nk-26-014", None), ("S-12", None), ("NK-26-014\n", None), ("", None),
    ("NK-٢٦-014", None),
])
def test_the_kind_of_a_code(code: str, kind: str | None) -> None:
    assert own.kind_of(code) == kind


@given(CODES)
def test_a_code_with_its_check_comes_back_bare_and_of_its_kind(one: tuple[str, str]) -> None:
    kind, code = one
    printed = own.with_check(code)
    assert printed[:-2] == code
    assert own.without_check(printed) == own.without_check(printed.lower(), typed=True) == code
    assert own.kind_of(code) == kind
    assert [name for name, form in own._FORMS.items() if form.match(code)] == [kind]


@given(CODES, st.data())
def test_one_wrong_character_of_a_typed_code_is_refused(one: tuple[str, str], data: st.DataObject) -> None:
    printed = own.with_check(one[1])
    place = data.draw(st.sampled_from([n for n, c in enumerate(printed) if c not in "-/"]))
    wrong = data.draw(st.sampled_from((string.ascii_uppercase + string.digits + "*").replace(printed[place],
    "")))
    with pytest.raises(Refused):
        own.without_check(printed[:place] + wrong + printed[place + 1:], typed=True)


def test_a_scan_may_leave_the_check_out_but_typing_may_not() -> None:
    assert own.without_check("NK-26-014-C07") == "NK-26-014-C07"
    with pytest.raises(Refused, match="without its check character"):
        own.without_check("NK-26-014-C07", typed=True)


@pytest.mark.parametrize("text", ["NK-26-014-C07/", "NK-26-014-C07//", "NK-26-014-C07/AA", "/A", "",
        "S-000123/é"])
def test_a_damaged_check_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        own.without_check(text)


def test_a_record_code_knows_its_batch() -> None:
    assert own.batch_of("NK-26-014-C07") == "NK-26-014"
    assert own.batch_of("S-000123") is None


def test_a_new_chain_of_identity_has_the_form_and_ends_in_a_letter() -> None:
    # Draws 0, 1, 2, 3, 4 of the 28 characters, then number 5 of the 20 letters (B C D F G H).
    counter = itertools.count()
    content = own.new_coi("A9991", 2026, lambda n: next(counter) % n)
    assert content == "CHA99912623456H"
    assert own.new_coi("A9991", 2026, lambda n: n - 1) == "CHA999126ZZZZZZ"


@given(st.randoms(use_true_random=False), st.integers(2000, 2099))
def test_the_text_of_a_chain_of_identity_is_read_back_however_it_is_typed(random: object, year: int) -> None:
    content = own.new_coi("A9991", year, random.randrange)  # type: ignore[attr-defined]
    text = own.coi_text(content)
    assert text[:5] == "A9991" and text[-2] == "·"
    for typed in (text, text.lower(), text.replace("·", ""), text.replace("·", "/"),
    "CH" + text.replace(" ", "")):
        assert own.read_coi(typed) == content


def test_the_check_of_a_chain_of_identity_covers_its_first_two_letters() -> None:
    assert own.coi_text("CHA99992600AB12") == "A9999 26 00AB12·4"


@pytest.mark.parametrize("text", [
    "", "CHA99992600AB12", "A9999 26 00AB12", "A9999 26 00AB12·D", "A9999 26 00AB13·4", "B9999 26 00AB12·4",
    "A9999 26 00AB12··4", "A9999 26 00AB12·4x", "O9999 26 00AB12·4", "ſ9999 26 00AB12·4",
])
def test_a_chain_of_identity_without_its_right_check_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        own.read_coi(text)


@pytest.mark.parametrize(("fin", "year"), [("9999", 2026), ("O9991", 2026), ("A9991", 26), ("A9991", 2100)])
def test_a_chain_of_identity_is_not_issued_for_a_wrong_facility_or_year(fin: str, year: int) -> None:
    with pytest.raises(Refused):
        own.new_coi(fin, year, lambda n: 0)


LABELLED = st.sampled_from(["NK-26-014-C07", "NK-26-014-D1", "NK-26-014-H1-02", "S-0012", "COL-000003"])
NUMBERS = st.integers(1, 999_999).map(lambda number: f"LBL-{number:04d}")


@given(LABELLED, NUMBERS)
def test_the_symbol_of_a_label_says_what_it_is_on_and_which_label_it_is(code: str, label: str) -> None:
    for text in (own.labelled(code, label), "]d1" + own.labelled(code, label)):
        read = scan.read(text)
        assert [part.content for part in read.parts] == [code, label]
        assert scan.label_in(read) == label
    assert scan.label_in(scan.read(own.with_check(code))) is None


@given(LABELLED, NUMBERS, st.data())
def test_one_wrong_character_in_the_symbol_of_a_label_is_noticed(code: str, label: str, data: st.DataObject) -> None:
    text = own.labelled(code, label)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(string.digits + string.ascii_uppercase + "*/+-").filter(
        lambda one: one != text[place]))
    try:
        read = scan.read(text[:place] + other + text[place + 1:])
    except Refused:
        return
    assert [part.content for part in read.parts] != [code, label]
    pytest.fail(f"{text[:place] + other + text[place + 1:]} was read as {read.parts}")


@pytest.mark.parametrize("text", [
    "LBL-0001/5+NK-26-014-C07/L", "NK-26-014-C07/L+NK-26-014-C07/L", "NK-26-014-C07/L+LBL-0001/5+LBL-0001/5",
    "NK-26-014-C07/L+", "+LBL-0001/5", "LBL-0001/5+LBL-0001/5"])
def test_two_scans_in_one_and_labels_of_nothing_are_refused(text: str) -> None:
    with pytest.raises(Refused):
        scan.read(text)


def test_only_a_label_number_stands_behind_the_plus() -> None:
    with pytest.raises(Refused, match="not the number of a label"):
        own.labelled("NK-26-014-C07", "NK-26-014-C08")
