"""What the program does by itself: recorded like any act, and nobody else can do it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from mfg.facts import Refused
from mfg.ledger import SYSTEM, Doing, Who, act
from mfg.quality.records import deviations_of, draft
from mfg.verbs import VERBS, Verb
from tests.office import Office


@pytest.fixture(autouse=True)
def a_verb_of_the_system(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(VERBS, "note the hour", Verb("note the hour", (), system=True))
    yield


def test_the_system_acts_under_its_own_name(office: Office) -> None:
    with office.desk() as session, act(session, "note the hour", by=SYSTEM, on="CLOCK"):
        pass
    entry = office.last_entry()
    assert (entry.person, entry.verb, entry.outcome) == ("SYSTEM", "note the hour", "done")


@pytest.mark.parametrize("role", ["operator", "qa", "administrator"])
def test_no_person_does_what_the_system_does(office: Office, role: str) -> None:
    with pytest.raises(Refused, match="never by a person"), office.desk() as session, \
            act(session, "note the hour", on="CLOCK", **office.who(role).how):
        pass
    assert office.last_entry().outcome == "refused"


def test_who_signs_is_not_the_system(office: Office) -> None:
    signing = office.who("operator").signing
    with pytest.raises(Refused, match="never by a person"), office.desk() as session, \
            act(session, "note the hour", on="CLOCK", **Who(SYSTEM, signing=signing).how):
        pass


def test_the_system_does_nothing_that_people_do(office: Office) -> None:
    with pytest.raises(Refused, match="no active account"), office.desk() as session, \
            act(session, "sign out", by=SYSTEM, on="X"):
        pass


def test_what_a_refusal_leaves_is_kept_with_the_attempt_and_nothing_else(office: Office) -> None:
    """A wrong bag: the act is undone whole, and what it leaves, such as a deviation, stands in the refused entry."""
    def leaves(session: Session, doing: Doing) -> None:
        draft(session, within="NK-26-001", on="NK-26-001-C01", kind="identity mismatch", what="A wrong bag.",
              by=doing.by.code, at=doing.at)

    before = office.counts()
    with pytest.raises(Refused, match="wrong bag"), office.desk() as session, \
            act(session, "sign out", on="X", **office.who("operator").how):
        draft(session, within="X", on="X", kind="other", what="never kept", by="P-0001", at=office.now)
        raise Refused("A wrong bag.", kind="stop", leaves=leaves)
    entry = office.last_entry()
    assert entry.outcome == "refused" and b"identity mismatch" in entry.leaf
    assert {name: count - before[name] for name, count in office.counts().items() if count != before[name]} == {
        "deviation": 1}
    with office.look() as session:
        told = [(row.what, row.severity) for row in deviations_of(session, "NK-26-001")]
    assert told == [("A wrong bag.", "critical")]
