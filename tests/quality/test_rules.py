"""The rules of deviations, as tables under their requirement sentences."""

from __future__ import annotations

import pytest

from mfg.facts import Refused, Verdict, judge
from mfg.quality.rules import (
    CLOSE,
    DEVIATION,
    Closing,
    Opening,
    closed_by_another,
    concluded,
    touches_a_record,
)

GOOD = {"code": "DEV-0001", "severity": "major", "opened_by": "P-0002", "closed_by": "P-0003",
        "conclusion": "The value was read twice; the product is not touched."}


@pytest.mark.parametrize(("change", "verdict"), [
    ({}, "PASS"),
    ({"closed_by": "P-0002"}, "FAIL"),
    ({"closed_by": ""}, "CANNOT DETERMINE"),
])
def test_whoever_opened_a_deviation_does_not_close_it(change: dict[str, str], verdict: str) -> None:
    assert closed_by_another(Closing(**(GOOD | change))).verdict == verdict


@pytest.mark.parametrize(("conclusion", "verdict"), [
    ("The value was read twice; the product is not touched.", "PASS"),
    ("ok", "FAIL"),
    ("", "CANNOT DETERMINE"),
    ("    ", "CANNOT DETERMINE"),
    (None, "CANNOT DETERMINE"),
])
def test_a_deviation_is_closed_with_a_conclusion(conclusion: str | None, verdict: str) -> None:
    assert concluded(Closing(**(GOOD | {"conclusion": conclusion}))).verdict == verdict


def test_a_deviation_touches_something_that_is_on_record() -> None:
    assert touches_a_record(Opening("NK-26-001", known=True)).verdict is Verdict.PASS
    refused = touches_a_record(Opening("NK-99-999", known=False))
    assert refused.verdict is Verdict.FAIL and "NK-99-999" in refused.why


def test_all_findings_are_told_at_once() -> None:
    findings = judge(CLOSE, Closing(**(GOOD | {"closed_by": "P-0002", "conclusion": "ok"})))
    assert [finding.rule for finding in findings if finding.verdict is Verdict.FAIL] == ["QLT-01", "QLT-02"]


def test_a_closed_deviation_stays_closed() -> None:
    assert DEVIATION.after("close deviation", "open") == "closed"
    with pytest.raises(Refused, match="final"):
        DEVIATION.after("close deviation", "closed")
