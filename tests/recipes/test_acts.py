"""Drafting master records and specifications: checked before anything is kept, approved by another person."""

from __future__ import annotations

import pytest

from mfg.documents.acts import approve, make_effective, submit
from mfg.facts import Refused
from mfg.recipes.acts import draft_master_record, draft_specification
from mfg.recipes.reading import example
from mfg.recipes.records import master_record_in, specification_in
from tests.office import Office


def test_a_master_record_is_drafted_approved_and_made_effective(office: Office) -> None:
    code = office.do(draft_master_record, office.who("production supervisor"), text=example("master record"))
    assert code == "NK-CD123-CD16/1"
    office.do(submit, office.who("production supervisor"), kind="master record", document=code)
    office.do(approve, office.who("qa"), kind="master record", document=code)
    office.do(make_effective, office.who("qa"), kind="master record", document=code)
    with office.look() as session:
        assert master_record_in(session, code).step("load_add") is not None


def test_a_specification_is_drafted(office: Office) -> None:
    code = office.do(draft_specification, office.who("qa"), text=example("specification"))
    with office.look() as session:
        assert specification_in(session, code).of_role("endotoxin") is not None


def test_a_faulty_text_leaves_nothing(sqlite_office: Office) -> None:
    before = sqlite_office.counts()
    with pytest.raises(Refused, match="cannot be used"):
        sqlite_office.do(draft_master_record, sqlite_office.who("qa"), text="key: A\ntitle: B\nphases: []\n")
    assert sqlite_office.counts() == before


def test_a_wrong_role_may_not_draft(sqlite_office: Office) -> None:
    with pytest.raises(Refused) as refused:
        sqlite_office.do(draft_master_record, sqlite_office.who("operator"), text=example("master record"))
    assert refused.value.kind == "not allowed"


def test_the_author_cannot_approve(sqlite_office: Office) -> None:
    code = sqlite_office.do(draft_specification, sqlite_office.who("qa"), text=example("specification"))
    with pytest.raises(Refused) as refused:
        sqlite_office.do(approve, sqlite_office.who("qa"), kind="specification", document=code)
    assert refused.value.kind == "not allowed"
