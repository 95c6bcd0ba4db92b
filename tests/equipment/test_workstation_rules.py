"""The scanner of a workstation, tried with a symbol of every sign: what its keyboard changed is told sign by sign."""

from __future__ import annotations

import string

import pytest

from mfg.codes.isbt128_structures import STRUCTURES
from mfg.equipment.workstation_rules import BARS, SQUARE, WORKSTATION, arrived
from mfg.facts import Refused, Verdict, judge

GS = "\x1d"
PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.CANNOT_DETERMINE


def verdicts(got: str, suffix: str = "Enter") -> dict[str, Verdict]:
    return {one.rule: one.verdict for one in judge(WORKSTATION, arrived(got, suffix))}


def why(got: str, rule: str, suffix: str = "Enter") -> str:
    return next(one.why for one in judge(WORKSTATION, arrived(got, suffix)) if one.rule == rule)


def on(table: dict[str, str], text: str) -> str:
    """What a computer types whose keys are changed like that: restated here, a few keys at a time."""
    return "".join(table.get(one, one) for one in text)


def test_the_symbols_hold_every_sign_of_the_codes() -> None:
    signs = set("".join(one.di for one in STRUCTURES)) | set("/+-]" + GS)
    assert signs <= set(SQUARE) and signs <= set(BARS)
    assert set(string.ascii_letters + string.digits + string.punctuation) <= set(SQUARE)
    assert set("yzqawmYZQAWM" + string.digits) <= set(BARS)


@pytest.mark.parametrize(("identifier", "text"), [("]d1", SQUARE), ("]C0", BARS)], ids=["square", "bars"])
@pytest.mark.parametrize("suffix", ["Enter", "Tab"])
def test_what_arrives_as_it_is_printed_passes(identifier: str, text: str, suffix: str) -> None:
    assert set(verdicts(identifier + text, suffix).values()) == {PASS}


def test_wks_02_a_separator_that_got_lost_fails_and_says_how_to_send_it() -> None:
    assert verdicts("]d1" + SQUARE.replace(GS, "")) == {"WKS-01": PASS, "WKS-02": FAIL, "WKS-03": PASS, "WKS-04": PASS}
    assert "Ctrl+]" in why("]d1" + SQUARE.replace(GS, ""), "WKS-02")


def test_wks_03_without_its_identifier_the_scan_fails() -> None:
    assert verdicts(SQUARE) == {"WKS-01": PASS, "WKS-02": PASS, "WKS-03": FAIL, "WKS-04": PASS}
    assert "AIM identifier" in why(SQUARE, "WKS-03")


@pytest.mark.parametrize(("suffix", "verdict"), [("none", FAIL), ("", UNKNOWN)])
def test_wks_04_a_scan_that_nothing_ended_fails_and_one_not_told_is_not_known(suffix: str, verdict: Verdict) -> None:
    assert verdicts("]d1" + SQUARE, suffix)["WKS-04"] is verdict


def test_wks_01_a_german_keyboard_is_named_with_what_it_changes() -> None:
    table = dict(zip("yzYZ-=[];'/\\!@#$%^&*()_+{}:\"<>?|`~", "zyZYß´ü+öä-#!\"§$%&/()=?`Ü*ÖÄ;:_'^°", strict=True))
    got = on(table, "]d1" + SQUARE)
    assert verdicts(got) == {"WKS-01": FAIL, "WKS-02": PASS, "WKS-03": FAIL, "WKS-04": PASS}
    said = why(got, "WKS-01")
    assert "]d1 arrived as +d1" in why(got, "WKS-03")
    assert "y as z" in said and "Z as Y" in said and "Set the scanner to a German keyboard" in said


def test_wks_01_a_german_keyboard_is_known_although_its_dead_keys_gave_nothing() -> None:
    table = dict(zip("yzYZ-=[];'/\\!@#$%^&*()_+{}:\"<>?|`~", "zyZYß◌ü+öä-#!\"§$%&/()=?◌Ü*ÖÄ;:_'◌°", strict=True))
    assert "German" in why(on(table, "]d1" + SQUARE), "WKS-01")
    assert "German" in why(on(table, "]d1" + SQUARE).replace("◌", "").replace(GS, ""), "WKS-01")


def test_wks_01_a_french_keyboard_is_named_with_what_it_changes() -> None:
    table = dict(zip("1234567890-!@#$%^&*()_+qwazm;[]'\\,./QWAZM:{}\"|<>?`~",
                     "&é\"'(-è_çà)1234567890°+azqw,m^$ù*;:!AZQW?M¨£%µ./§²◌", strict=True))
    said = why(on(table, "]d1" + SQUARE), "WKS-01")
    assert "French" in said and "Q and A are swapped" in said


def test_wks_01_caps_lock_is_named() -> None:
    assert "Caps Lock is on" in why(("]d1" + SQUARE).swapcase(), "WKS-01")


def test_wks_01_a_layout_nobody_knows_here_is_told_sign_by_sign() -> None:
    got = "]d1" + on({"y": "ý", "=": "ˇ"}, SQUARE)
    assert verdicts(got)["WKS-01"] is FAIL
    assert why(got, "WKS-01").startswith("y as ý, = as ˇ.") or why(got, "WKS-01").startswith("= as ˇ, y as ý.")


def test_every_single_sign_that_changes_fails() -> None:
    for sign in SQUARE.replace(GS, ""):
        assert verdicts("]d1" + SQUARE.replace(sign, "ø"))["WKS-01"] is FAIL, sign
        assert verdicts("]d1" + SQUARE.replace(sign, ""))["WKS-01"] is FAIL, sign


@pytest.mark.parametrize("got", ["", "]d1", "]C0=A99992600012300", "NK-26-014-C07/L", "x" * 300, "]d1" + SQUARE[:20]])
def test_anything_else_than_the_test_symbol_is_refused(got: str) -> None:
    with pytest.raises(Refused, match="not the test symbol"):
        arrived(got, "Enter")
