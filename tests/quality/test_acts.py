"""Deviations opened and closed by people, on both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mfg.facts import Refused
from mfg.ledger import Signature
from mfg.quality import acts, pages
from mfg.quality.records import Deviation

CONCLUSION = "The clock of the incubator was wrong; the logger shows the right time."


def opened(office: Any, role: str = "operator", **change: str) -> str:
    """A deviation opened on an account, which is something history knows."""
    told = {"within": "P-0003", "on_code": "P-0003", "severity": "major", "what": "Entered a day late."} | change
    return office.do(acts.open_deviation, office.who(role), **told)


def test_a_person_opens_a_deviation_and_history_says_so(office: Any) -> None:
    code = opened(office)
    entry = office.last_entry()
    assert (code, entry.verb, entry.on_code, entry.within) == ("DEV-0001", "open deviation", "DEV-0001", "P-0003")
    with office.look() as session:
        row = session.get_one(Deviation, code)
        assert (row.state, row.by_system, row.severity, row.opened_at) == ("open", False, "major", office.now)


def test_quality_assurance_closes_it_with_a_signed_conclusion(office: Any) -> None:
    code = opened(office)
    office.later(hours=2)
    office.do(acts.close_deviation, office.who("qa"), deviation=code, conclusion=CONCLUSION)
    with office.look() as session:
        row = session.get_one(Deviation, code)
        assert (row.state, row.conclusion, row.closed_at) == ("closed", CONCLUSION, office.now)
        signature = session.get_one(Signature, office.last_entry().seq)
        assert signature.meaning == "Closed, no open question"
    assert office.last_entry().within == "P-0003"


def test_the_one_who_opened_it_cannot_close_it(office: Any) -> None:
    code = opened(office, "qa")
    before = office.counts()
    with pytest.raises(Refused, match="Another person"):
        office.do(acts.close_deviation, office.who("qa"), deviation=code, conclusion=CONCLUSION)
    assert office.counts() == before
    assert office.last_entry().outcome == "refused"
    office.do(acts.close_deviation, office.who("qa", 2), deviation=code, conclusion=CONCLUSION)


def test_an_operator_cannot_close_one(office: Any) -> None:
    code = opened(office)
    with pytest.raises(Refused) as refused:
        office.do(acts.close_deviation, office.who("operator", 2), deviation=code, conclusion=CONCLUSION)
    assert refused.value.kind == "not allowed"


def test_an_unsigned_close_is_refused(office: Any) -> None:
    code = opened(office)
    with pytest.raises(Refused) as refused:
        office.do(acts.close_deviation, replace(office.who("qa"), signing=None), deviation=code, conclusion=CONCLUSION)
    assert refused.value.kind == "not signed"


def test_a_deviation_on_nothing_is_refused_and_leaves_no_row(office: Any) -> None:
    before = office.counts()
    with pytest.raises(Refused, match="NK-99-999"):
        opened(office, within="NK-99-999")
    assert office.counts() == before
    assert office.last_entry().outcome == "refused"


def test_closing_what_somebody_changed_meanwhile_is_refused(office: Any) -> None:
    code = opened(office)
    with pytest.raises(Refused) as refused:
        office.do(acts.close_deviation, office.who("qa"), deviation=code, conclusion=CONCLUSION, seen="7")
    assert refused.value.kind == "stale"


def test_a_deviation_is_not_closed_twice(office: Any) -> None:
    code = opened(office)
    office.do(acts.close_deviation, office.who("qa"), deviation=code, conclusion=CONCLUSION)
    with pytest.raises(Refused, match="final"):
        office.do(acts.close_deviation, office.who("qa", 2), deviation=code, conclusion=CONCLUSION)


def test_the_list_shows_open_ones_first(sqlite_office: Any) -> None:
    first = opened(sqlite_office)
    second = opened(sqlite_office)
    sqlite_office.do(acts.close_deviation, sqlite_office.who("qa"), deviation=second, conclusion=CONCLUSION)
    with sqlite_office.look() as session:
        shown = pages.list_deviations(session)
        assert [row[0]["text"] for row in shown["rows"]] == [first, second]
        assert pages.show_deviation(session, deviation=first)["actions"][0]["label"] == "Close the deviation"
        assert pages.show_deviation(session, deviation=second)["actions"] == []
