"""The rules of printing, each by its clauses, and the ways a print job can go."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.facts import Refused, Rule, Verdict
from mfg.printing import rules
from mfg.printing.rules import JOB, Address, Sending, Waiting, late, moved, outcome
from mfg.verbs import VERBS
from tests.office import NOON

HERE = Address("raw", "10.20.0.15", 9100, "", 300, Decimal(100), Decimal(100), None)
THERE = replace(HERE, kind="ipp", port=631, path="/printers/labels", wide_mm=None, tall_mm=None)
JOB_ = Sending("LBL-0001", "zpl", 300, (Decimal(100), Decimal(100)), "PRN-01", "in use", "raw", 300,
               (Decimal(100), Decimal("100.0")))


@pytest.mark.parametrize("good", [
    HERE, THERE, replace(HERE, host="labels.example"), replace(HERE, host="fd00::15"), replace(HERE, port=65535),
    replace(THERE, path="/"), replace(HERE, wide_mm=None, tall_mm=None)])
def test_an_address_can_be_one(good: Address) -> None:
    assert [rule(good).verdict for rule in rules.ADDRESS] == [Verdict.PASS] * 3


@pytest.mark.parametrize(("rule", "wrong", "sentence"), [
    (rules.addressed, replace(HERE, host="http://labels"), "is not a host name"),
    (rules.addressed, replace(HERE, host="labels:9100"), "is not a host name"),
    (rules.addressed, replace(HERE, host="la bels"), "is not a host name"),
    (rules.addressed, replace(HERE, host="labels\r\nX: y"), "is not a host name"),
    (rules.addressed, replace(HERE, host=""), "is not a host name"),
    (rules.addressed, replace(HERE, host="-labels"), "is not a host name"),
    (rules.addressed, replace(HERE, port=0), "0 is not a port"),
    (rules.addressed, replace(HERE, port=65536), "65536 is not a port"),
    (rules.addressed, replace(HERE, path="/x"), "A raw port has no path"),
    (rules.addressed, replace(THERE, path=""), "needs a path such as /printers/labels"),
    (rules.addressed, replace(THERE, path="printers"), "needs a path"),
    (rules.addressed, replace(THERE, path="/a b HTTP/1.1\r\n"), "needs a path"),
    (rules.one_device, replace(HERE, taken="PRN-02"), "PRN-02 is at that address already"),
    (rules.resolved, replace(HERE, dpi=301), "301 dpi is none of 203, 300 and 600"),
    (rules.resolved, replace(HERE, tall_mm=None), "width and the height"),
    (rules.resolved, replace(HERE, tall_mm=Decimal("4.9")), "5 to 500 mm"),
    (rules.resolved, replace(HERE, wide_mm=Decimal("500.1")), "5 to 500 mm"),
])
def test_an_address_cannot_be_one(rule: Rule[Any], wrong: Address, sentence: str) -> None:
    found = rule(wrong)
    assert found.verdict is Verdict.FAIL and sentence in found.why


def test_a_job_that_fits_its_printer_is_sent() -> None:
    for fits in (JOB_, replace(JOB_, dpi=None, size_mm=None), replace(JOB_, label_mm=None),
                 replace(JOB_, form="pdf", kind="ipp")):
        assert [rule(fits).verdict for rule in rules.SEND] == [Verdict.PASS] * 6


@pytest.mark.parametrize(("rule", "wrong", "sentence"), [
    (rules.in_use, replace(JOB_, printer_state="out of use"), "PRN-01 is out of use. Choose another."),
    (rules.understood, replace(JOB_, form="pdf"), "PRN-01 takes ZPL, and this is PDF."),
    (rules.understood, replace(JOB_, kind="ipp"), "PRN-01 takes PDF, and this is ZPL."),
    (rules.same_dots, replace(JOB_, dpi=203), "LBL-0001 was proved at 203 dpi, and PRN-01 prints 300 dpi."),
    (rules.same_size, replace(JOB_, size_mm=(Decimal(51), Decimal(25))),
     "LBL-0001 is 51 x 25 mm, and PRN-01 holds labels of 100 x 100 mm."),
    (rules.sent_once, replace(JOB_, before=("JOB-000001", "sent")),
     "LBL-0001 was sent already, as JOB-000001. Ask for a reprint and say why."),
    (rules.sent_once, replace(JOB_, before=("JOB-000001", "came out")), "Ask for a reprint and say why."),
    (rules.sent_once, replace(JOB_, before=("JOB-000001", "unknown")), "Tell first what came out of it."),
    (rules.sent_once, replace(JOB_, before=("JOB-000001", "queued")), "Wait for it, or cancel it."),
    (rules.second_look, replace(JOB_, gone="JOB-000001"),
     "You told yourself that JOB-000001 did not come out. Another person looks at the printer and sends LBL-0001"),
])
def test_a_job_that_does_not_fit_is_not_sent(rule: Rule[Any], wrong: Sending,
                                             sentence: str) -> None:
    found = rule(wrong)
    assert found.verdict is Verdict.FAIL and sentence in found.why


def test_a_printer_something_waits_for_is_not_changed() -> None:
    assert rules.nothing_waits(Waiting("PRN-01", ())).verdict is Verdict.PASS
    assert rules.nothing_waits(Waiting("PRN-01", ("JOB-000001",))).why == \
        "JOB-000001 waits for PRN-01. Let it print, or cancel it first."


#: every way there is, restated: (verb, from, to)
WAYS = {
    ("begin print job", "queued", "sending"), ("begin print job", "queued", "failed"),
    ("record print outcome", "sending", "sent"), ("record print outcome", "sending", "failed"),
    ("record print outcome", "sending", "unknown"), ("settle print job", "unknown", "came out"),
    ("settle print job", "unknown", "did not come out"),
    ("cancel print job", "queued", "cancelled"),
}


def test_a_print_job_goes_these_ways_and_no_other() -> None:
    states = JOB.states
    assert states == {"queued", "sending", "sent", "failed", "unknown", "came out", "did not come out", "cancelled"}
    found = set()
    for verb in {verb for verb, _, _ in WAYS}:
        assert verb in VERBS
        for before in states:
            for after in states:
                try:
                    found.add((verb, before, moved(verb, before, after)))
                except Refused:
                    continue
    assert found == WAYS


def test_no_way_leads_back_to_the_printer_once_a_byte_was_sent() -> None:
    reach, new = {"sent", "unknown", "came out", "did not come out"}, {"unknown"}
    while new:
        new = {after for _, before, after in WAYS if before in new} - reach
        reach |= new
    assert not reach & {"queued", "sending", "failed"}


@given(st.integers(0, 5000), st.integers(1, 5000), st.sampled_from(["", "The printer broke the connection."]))
def test_failed_is_only_what_no_byte_of_has_left_and_sent_only_what_is_whole(sent: int, whole: int, why: str) -> None:
    made = outcome(min(sent, whole), whole, why)
    assert (made.state == "failed") == (made.bytes_sent == 0)
    assert (made.state == "sent") == (not why and sent >= whole)
    assert made.state in ("failed", "sent", "unknown") and made.told.endswith(".")


def test_what_waited_a_quarter_of_an_hour_waited_too_long() -> None:
    assert not late(NOON, NOON + timedelta(minutes=15))
    assert late(NOON, NOON + timedelta(minutes=15, microseconds=1))
