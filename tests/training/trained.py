"""For tests above training: procedures in effect and people qualified for them. Made by acts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from mfg.documents import acts as documents
from mfg.training import acts, curriculum
from tests.documents.changed import change_for
from tests.office import Office

TEXT = "# Purpose\nTo keep cells clean.\n\n# Steps\n1. Wash your hands.\n2. Put on the hood.\n"


def approved_procedure(office: Office, key: str = "SOP-101", text: str = TEXT, title: str = "") -> str:
    """A version that is approved and not yet effective."""
    code = office.do(curriculum.draft_procedure, office.who("qc reviewer"), key=key, title=title or f"Title of {key}",
                     text=text)
    office.do(documents.submit, office.who("qc reviewer"), kind="procedure", document=code)
    return office.do(documents.approve, office.who("qa"), kind="procedure", document=code)


def put_into_effect(office: Office, code: str) -> str:
    """As its door does: with the tasks that follow from it."""
    return office.do(documents.make_effective, office.who("qa"), kind="procedure", document=code,
                     change=change_for(office, code), also=curriculum.tasks_for_version)


def procedure(office: Office, key: str = "SOP-101", text: str = TEXT, title: str = "") -> str:
    """The next version of a procedure, in effect."""
    return put_into_effect(office, approved_procedure(office, key, text, title))


def item(office: Office, code: str = "GOWNING", *, months: int | None = 12, assessed: bool = False,
         title: str = "") -> str:
    """A general item."""
    return office.do(curriculum.define_training_item, office.who("qa"), item=code, kind="other",
                     title=title or f"Title of {code}", valid_months=months, assessed=assessed)


def qualified(office: Office, role: str, number: int, items: Sequence[str], *, since: datetime | None = None,
              until: datetime | None = None) -> str:
    """Qualified on paper before the system: one act for a person and any number of items."""
    by = office.who("qa", 2 if (role, number) == ("qa", 1) else 1)
    return office.do(acts.record_earlier_training, by, person=person(office, role, number), items=list(items),
                     trained_at=since or office.now - timedelta(days=30), valid_until=until, evidence="training file 1")


def person(office: Office, role: str, number: int = 1) -> str:
    """The code of the n-th person of a role."""
    return office.people[f"{role.replace(' ', '.')}.{number}"]
