"""What the program does by itself: recorded like any act, and nobody else can do it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mfg.facts import Refused
from mfg.ledger import SYSTEM, Who, act
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
