"""A past result under later versions of its specification: beside the first verdict, never over it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from mfg import identity
from mfg.db import look, open_engine
from mfg.documents.records import Document
from mfg.facts import Verdict
from mfg.qc.again import flips, flips_of, judged_again, sentence, show_flips, under_every_version
from mfg.qc.pages import show_result
from mfg.qc.records import Result
from mfg.recipes.specification import Test
from tests.conftest import FreshDatabase
from tests.office import CHEAP, user_id

PASS, FAIL, CANNOT = Verdict.PASS, Verdict.FAIL, Verdict.CANNOT_DETERMINE
NUMBER = Test("viability", "Viability", "dye", "dose", "number", "before", "%", Decimal(80), Decimal(100))
READING = Test("endotoxin", "Endotoxin", "LAL", "dose", "reading", "before", "{EU}/mL", high=Decimal("0.25"))
COUNT = Test("count", "Count", "counter", "dose", "replicates", "before", "{cells}/mL", Decimal(1), replicates=3,
             max_cv_percent=Decimal(15))
CHOICE = Test("gram", "Gram", "stain", "dose", "choice", "before", equals="none seen", choices=("none seen", "seen"))
STERILE = Test("sterility", "Sterility", "culture", "dose", "sterility", "conditional-after", days=14)


@pytest.mark.parametrize(("value", "unit", "asked", "verdict"), [
    ("85", "%", NUMBER, PASS), ("80", "%", NUMBER, PASS), ("79.9", "%", NUMBER, FAIL),
    ("<0.5", "{EU}/mL", READING, CANNOT), ("<0.25", "{EU}/mL", READING, PASS), ("0.3", "{EU}/mL", READING, FAIL),
    ("85", "{EU}/mL", NUMBER, CANNOT),               # another unit is never converted
    ("85", "%", None, CANNOT),                       # not asked any more
    ("not seen", "1", CHOICE, CANNOT), ("seen", "1", CHOICE, FAIL), ("none seen", "1", CHOICE, PASS),
    ("none seen", "%", NUMBER, CANNOT),              # a word where a number is asked
    ("6e6; 6.1e6", "{cells}/mL", COUNT, CANNOT), ("6e6; 6.1e6; 6.2e6", "{cells}/mL", COUNT, PASS),
    ("1e6; 6e6; 9e6", "{cells}/mL", COUNT, FAIL), ("no growth", "1", STERILE, CANNOT),
])
def test_a_value_is_judged_by_the_limits_of_that_version_or_not_at_all(value: str, unit: str, asked: Test | None,
                                                                        verdict: Verdict) -> None:
    assert judged_again(value, unit, asked)[0] is verdict


def result(code: str, value: str, verdict: str) -> Result:
    return Result(code=code, sample="S-1", batch="NK-26-001", test="viability", specification="REL/1", value=value,
                  unit="%", verdict=verdict)


def test_only_what_would_be_judged_otherwise_is_named() -> None:
    told = flips([result("R-1", "85", "PASS"), result("R-2", "75", "PASS"), result("R-3", "75", "FAIL")], [NUMBER])
    assert [(one.result, one.on_record, one.by_this) for one in told] == [("R-2", "PASS", "FAIL")]
    assert sentence(3, told).startswith("Of 3 results on record, this version would have judged 1 otherwise.")
    assert "no result" in sentence(0, [])


@pytest.fixture
def url(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[str]:
    """A large dose, and a second and third version of its specification that ask for more."""
    from bench.big_batch import Crew, signed_unasked, who
    from bench.big_dose import big_dose
    from mfg.db import desk
    from mfg.ledger import act
    from tests.office import Office, prepare

    identity.ARGON2.update(CHEAP)
    office = Office(fresh_database("sqlite", prepare), tmp_path)
    crew = Crew(*(office.people[user_id(role)] for role in ("production supervisor", "operator", "verifier")))
    big_dose(office.engine, crew, steps=3, fields=2, results=12)
    with signed_unasked(crew), desk(office.engine) as session, act(session, "open batch", on="x", within="x",
                                                                   **who(crew.supervisor).how):
        first = session.get_one(Document, "NK-RELEASE/1")
        for number, low, state in ((2, "93", "superseded"), (3, "90", "approved")):
            session.add(Document(
                code=f"NK-RELEASE/{number}", kind="specification", key="NK-RELEASE", number=number, title="t",
                state=state, text=re.sub(r'unit: "%",(\s+)low: "80"', rf'unit: "%",\1low: "{low}"', first.text),
                text_hash=str(number), author="P-0001", written_at=datetime(2026, 11, 2, tzinfo=UTC)))
    yield office.url
    office.close()


def test_a_later_version_stands_beside_the_first_verdict_and_changes_nothing(url: str) -> None:
    engine = open_engine(url)
    with look(engine) as session:
        row = session.scalars(select(Result).where(Result.test == "nk_percent").order_by(Result.code)).first()
        assert row is not None and (row.value, row.verdict) == ("92.0", "PASS")
        told = under_every_version(session, row)
        assert [(one.version, one.verdict, one.first) for one in told] == [
            ("NK-RELEASE/1", PASS, True), ("NK-RELEASE/2", FAIL, False)], "an approved version is not in force yet"
        page = show_result(session, result=row.code)
        later = next(one for one in page["sections"] if one["title"].startswith("Under every later version"))
        assert (page["verdict"], later["rows"][1][3]["verdict"]) == ("PASS", "FAIL")
        many, found = flips_of(session, "NK-RELEASE/3")
        assert many == 12 and all(one.test != "nk_percent" or one.by_this != "FAIL" for one in found)
        assert "No verdict on record changes" in show_flips(session, document="NK-RELEASE/3")["about"]
    engine.dispose()
