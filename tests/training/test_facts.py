"""What the gate is told: names read as items, versions as of the day, all in two statements."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mfg.facts import judge
from mfg.training import acts
from mfg.training.matrix import matrix_of
from mfg.training.records import Ask, qualification_facts, qualifications
from mfg.training.rules import QUALIFIED
from tests.office import Office
from tests.statements import asked_of
from tests.training.trained import item, person, procedure, qualified


def verdicts(office: Office, items: tuple[str, ...], **ago: float) -> tuple[str, ...]:
    with office.look() as session:
        facts = qualification_facts(session, person(office, "operator"), items, office.now - timedelta(**ago))
    return tuple(one.verdict.value for one in judge(QUALIFIED, facts))


def test_valid_on_the_day_though_expired_now(office: Office) -> None:
    item(office)
    qualified(office, "operator", 1, ["GOWNING"], until=office.now + timedelta(days=5))
    office.later(days=30)
    assert verdicts(office, ("GOWNING",), days=26) == ("PASS", "PASS", "PASS")
    assert verdicts(office, ("GOWNING",)) == ("FAIL", "PASS", "PASS")


def test_expired_on_the_day_though_renewed_since(office: Office) -> None:
    item(office)
    qualified(office, "operator", 1, ["GOWNING"], until=office.now - timedelta(days=10))
    code = office.do(acts.assign_training, office.who("qa"), person=person(office, "operator"), item="GOWNING")
    office.do(acts.complete_training, office.who("operator"), training=code, trained_at=office.now)
    office.do(acts.confirm_training, office.who("qa"), training=code)
    office.later(hours=1)
    assert verdicts(office, ("GOWNING",)) == ("PASS", "PASS", "PASS")
    assert verdicts(office, ("GOWNING",), days=5) == ("FAIL", "PASS", "PASS")


def test_names_are_read_as_master_records_write_them(sqlite_office: Office) -> None:
    procedure(sqlite_office)
    item(sqlite_office, title="Gowning grade B")
    with sqlite_office.look() as session:
        names = ("SOP-101", "sop-101/1", "Gowning", "gowning grade b", "SOP-101/9", "GOWNING/1", "Title of SOP-101",
                 "SOP-9")
        facts = qualification_facts(session, "P-0003", names, sqlite_office.now)
    assert [(one.asked, one.item, one.version) for one in facts.items] == [
        ("SOP-101", "SOP-101", "SOP-101/1"), ("sop-101/1", "SOP-101", "SOP-101/1"), ("Gowning", "GOWNING", None),
        ("gowning grade b", "GOWNING", None), ("SOP-101/9", "SOP-101", None), ("GOWNING/1", None, None),
        ("Title of SOP-101", None, None), ("SOP-9", None, None)]


def test_before_its_first_version_was_effective_nobody_can_say_who_was_qualified(sqlite_office: Office) -> None:
    procedure(sqlite_office)
    qualified(sqlite_office, "operator", 1, ["SOP-101"])
    assert verdicts(sqlite_office, ("SOP-101",), days=1) == ("PASS", "CANNOT DETERMINE", "PASS")


@pytest.mark.parametrize("asked", [1, 40])
def test_any_number_of_items_and_steps_takes_two_statements(sqlite_office: Office, asked: int) -> None:
    names = [f"SOP-{number}" for number in range(3)]
    for name in names:
        procedure(sqlite_office, name)
    qualified(sqlite_office, "operator", 1, names)
    asks = [Ask(person(sqlite_office, "operator"), tuple(names), sqlite_office.now, f"NK-26-001/s{number}")
            for number in range(asked)]
    with sqlite_office.look() as session, asked_of(sqlite_office.engine) as said:
        found = qualifications(session, asks)
    assert len(found) == asked and len(said) == 2
    assert all(one.verdict == "PASS" for facts in found for one in judge(QUALIFIED, facts))


def test_asking_for_nothing_asks_the_database_nothing(sqlite_office: Office) -> None:
    with sqlite_office.look() as session:
        assert qualification_facts(session, "P-0003", (), sqlite_office.now).items == ()


def words(office: Office, who: str, **ago: float) -> dict[str, tuple[str | None, str]]:
    with office.look() as session:
        found = matrix_of(session, office.now - timedelta(**ago))
    (line,) = [line for line in found.lines if line.person == who]
    return {cell.item: (cell.verdict, cell.word) for cell in line.cells}


def test_the_matrix_tells_a_day_as_it_stood(sqlite_office: Office) -> None:
    office, operator = sqlite_office, person(sqlite_office, "operator")
    procedure(office)
    item(office)
    item(office, "MEDIA")
    qualified(office, "operator", 1, ["SOP-101", "GOWNING"], until=office.now + timedelta(days=5))
    office.later(days=1)
    assert words(office, operator) == {"SOP-101": ("PASS", "until 2026-11-25"), "GOWNING": ("PASS", "until 2026-11-25"),
                                       "MEDIA": (None, "")}
    office.later(days=9)
    procedure(office, text="# New\nOtherwise.\n")
    office.do(acts.assign_training, office.who("qa"), person=operator, item="MEDIA")
    office.later(minutes=1)
    assert words(office, operator) == {"SOP-101": ("FAIL", "expired 2026-11-25"),
                                       "GOWNING": ("FAIL", "expired 2026-11-25"), "MEDIA": ("TODO", "in training")}
    assert words(office, operator, days=8)["SOP-101"] == ("PASS", "until 2026-11-25")
