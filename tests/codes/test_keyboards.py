"""Scans that a keyboard layout changed: refused, never corrected, and the sentence says which layout it was."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.codes import keyboards, scan
from mfg.codes.keyboards import LAYOUTS, US, Layout
from mfg.facts import Refused

DIN, BAG = "]C0=A99992600012300", "]d1NK-26-014-C07/L+LBL-0001/5"
COMPOUND = "]d1=+04000=A99992600012300=<S1234VA0&>0270732359&/CHA99992600AB12"
#: what a computer of that layout types when a US scanner sends the text; written down from the keys, not computed
ARRIVES = {
    "German": {DIN: ("+C0´A99992600012300", "+C0Á99992600012300", "+C0A99992600012300", "+C0◌A99992600012300"),
               BAG: ("+d1NKß26ß014ßC07-L`LBLß0001-5", "+d1NKß26ß014ßC07-L◌LBLß0001-5"),
               COMPOUND: ("+d1´`04000´A99992600012300´;S1234VA0/:0270732359/-CHA99992600AB12",
                          "+d1◌04000◌A99992600012300;S1234VA0/:0270732359/-CHA99992600AB12")},
    "Swiss": {DIN: ("¨C0^A99992600012300", "C0Â99992600012300"),
              BAG: ("¨d1NK'26'014'C07-L`LBL'0001-5",)},
    "French": {DIN: ("$Cà=Qççççé-ààà&é\"àà",), BAG: ("$d&NK)é-)à&')Càè!L+LBL)ààà&!(",)},
    "Belgian": {DIN: ("$Cà-Qççççé§ààà&é\"àà",), BAG: ("$d&NK)é§)à&')Càè=L_LBL)ààà&=(",)},
    "Caps Lock": {DIN: ("]c0=a99992600012300",), BAG: ("]D1nk-26-014-c07/l+lbl-0001/5",)},
}
CASES = [pytest.param(layout, text, id=f"{layout}-{text[:12]}") for layout, sent in ARRIVES.items()
         for arrived in sent.values() for text in arrived]


@pytest.mark.parametrize("typed", [False, True])
@pytest.mark.parametrize(("layout", "text"), CASES)
def test_a_scan_changed_by_a_layout_is_refused_by_the_name_of_the_layout(layout: str, text: str, typed: bool) -> None:
    with pytest.raises(Refused) as refused:
        scan.read(text, typed=typed)
    assert layout in refused.value.why and "Nothing was accepted" in refused.value.why
    assert "/workstations/calibrate" in refused.value.why and refused.value.kind == "input"


def test_the_german_layout_says_that_y_and_z_are_swapped() -> None:
    with pytest.raises(Refused, match="German: Y and Z are swapped, = arrives as ´"):
        scan.read("+C0´A99992600012300", typed=True)


def test_the_french_layout_says_that_q_and_a_are_swapped() -> None:
    with pytest.raises(Refused, match="Q and A are swapped, W and Z are swapped"):
        scan.read("$Cà=Qççççé-ààà&é\"àà")


@pytest.mark.parametrize("text", [DIN, BAG, COMPOUND])
def test_a_scan_that_arrives_as_it_was_sent_is_read(text: str) -> None:
    assert scan.read(text).parts


@pytest.mark.parametrize("text", ["hello", "nk-26-014-c07/x", "NK-26-014-C07", "A9999 26 000123 Q", "+", "]C0", "ß",
                                  "ßßßß", "$C", "=A9999", "(10)AB", "´´´´´´", "Zürich-West 7"])
def test_other_wrong_text_is_not_blamed_on_the_keyboard(text: str) -> None:
    with pytest.raises(Refused) as refused:
        scan.read(text, typed=True)
    assert "keyboard" not in refused.value.why and "Caps Lock" not in refused.value.why


def test_small_letters_typed_by_hand_with_their_check_are_still_read() -> None:
    assert scan.read("nk-26-014-c07/l", typed=True).parts[0].content == "NK-26-014-C07"


@given(st.sampled_from(LAYOUTS), st.text(US, max_size=60))
def test_what_a_layout_makes_of_a_text_leads_back_to_the_text(layout: Layout, text: str) -> None:
    assert layout.meant(layout.types(text)) == text


@given(st.sampled_from(LAYOUTS), st.text(st.characters()))
def test_no_text_breaks_the_guess_of_a_layout(layout: Layout, text: str) -> None:
    assert isinstance(layout.meant(text), str)
    assert keyboards.changed_by(text, lambda _text: False) is None


def test_every_layout_types_one_sign_for_each_key_and_none_twice() -> None:
    for layout in LAYOUTS:
        assert len(layout.keys) == len(US) == 94 and len(set(layout.keys)) == 94, layout.name
        assert set(layout.dead) <= set(layout.keys), layout.name


def test_an_accent_over_a_letter_is_the_dead_key_before_it() -> None:
    german = next(one for one in LAYOUTS if one.name == "German")
    assert german.meant(unicodedata.normalize("NFC", "A\u0301")) == "=A"
    assert german.meant("ä") == "'"
