"""What the system found to be critical does not become harmless by one person's word."""

from __future__ import annotations

from typing import Any

import pytest

from mfg.facts import Refused
from mfg.quality import acts, investigation_acts
from tests.quality import walked


def refused(office: Any, verb: Any, who: Any, **arguments: Any) -> set[str]:
    before = office.counts()
    with pytest.raises(Refused) as caught:
        office.do(verb, who, **arguments)
    assert office.counts() == before
    return {one.rule for one in caught.value.findings}


def lowered(office: Any) -> str:
    """Critical as the system drafted it, judged to be minor of another class by the first of quality assurance."""
    code = walked.drafted(office, severity="critical", kind="identity mismatch")
    return walked.classified(office, code, "minor", kind="documentation")


@pytest.mark.parametrize("number", [1, 2])
def test_what_was_critical_at_the_breach_is_not_voided_after_it_was_judged_less(sqlite_office: Any,
                                                                                number: int) -> None:
    code = lowered(sqlite_office)
    assert refused(sqlite_office, acts.void_deviation, sqlite_office.who("qa", number, reason="Nothing happened."),
                   deviation=code, ground="recorded in error") == {"QLT-12"}


def test_whoever_judged_it_less_than_critical_does_not_close_it(sqlite_office: Any) -> None:
    code = lowered(sqlite_office)
    walked.investigated(sqlite_office, code)
    sqlite_office.do(acts.submit_deviation, sqlite_office.who("production supervisor", 2), deviation=code)
    assert refused(sqlite_office, acts.close_deviation, sqlite_office.who("qa"), deviation=code,
                   conclusion=walked.CONCLUSION) == {"QLT-01"}
    sqlite_office.do(acts.close_deviation, sqlite_office.who("qa", 2), deviation=code, conclusion=walked.CONCLUSION)


def test_whoever_opened_or_investigated_does_not_take_off_what_it_affects(sqlite_office: Any) -> None:
    code = sqlite_office.do(acts.open_deviation, sqlite_office.who("qa"), within="P-0003", on_code="P-0003",
                            severity="major", what="The tray was scratched.", affected="P-0004")
    with pytest.raises(Refused, match="open deviation"):
        sqlite_office.do(investigation_acts.lift_affected, sqlite_office.who("qa", reason="Not so."), deviation=code,
                         affected=f"{code}-A1")
    sqlite_office.do(investigation_acts.lift_affected, sqlite_office.who("qa", 2, reason="Not so."), deviation=code,
                     affected=f"{code}-A1")
