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
from mfg.documents import acts as documents
from mfg.documents.records import Document
from mfg.facts import Refused, Verdict
from mfg.files import KeptFile
from mfg.qc.again import flips, flips_of, judged_again, sentence, show_flips, under_every_version
from mfg.qc.effect import digest, make_specification_effective, plain_flips, seen_with_flips, shows_flips
from mfg.qc.pages import show_result
from mfg.qc.records import Result
from mfg.recipes.acts import draft_specification
from mfg.recipes.reading import example
from mfg.recipes.specification import Test
from tests.conftest import FreshDatabase
from tests.documents.changed import change_for
from tests.office import CHEAP, Office, user_id
from tests.release.story import READY, a_story

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
    from tests.office import prepare

    identity.ARGON2.update(CHEAP)
    office = Office(fresh_database("sqlite", prepare), tmp_path)
    crew = Crew(*(office.people[user_id(role)] for role in ("production supervisor", "operator", "verifier")))
    big_dose(office.engine, crew, steps=3, fields=2, results=12)
    with signed_unasked(), desk(office.engine) as session, act(session, "open batch", on="x", within="x",
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
        versions = next(one for one in page["sections"] if one["title"].startswith("Under every later version"))
        assert (page["verdict"], versions["rows"][1][3]["verdict"]) == ("PASS", "FAIL")
        many, found = flips_of(session, "NK-RELEASE/3")
        assert many == 12 and all(one.test != "nk_percent" or one.by_this != "FAIL" for one in found)
        assert "No verdict on record changes" in show_flips(session, document="NK-RELEASE/3")["about"]
    engine.dispose()


# --- signing for it -----------------------------------------------------------------------------------------------


@pytest.fixture
def office(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Office]:
    """A tested dose, and the next version of its specification, which asks for more NK cells, approved."""
    with a_story(READY, fresh_database("sqlite", READY.prepare), tmp_path) as story:
        yield story.office


def approved(office: Office, low: str) -> str:
    text = example("specification")
    old = next(line for line in text.splitlines() if "low:" in line and "role: nk_percent" in line)
    text = text.replace(old, old.replace('low: "80"', f'low: "{low}"')) + f"# at least {low} %\n"
    code = office.do(draft_specification, office.who("qc reviewer"), text=text)
    office.do(documents.submit, office.who("qc reviewer"), kind="specification", document=code)
    return office.do(documents.approve, office.who("qa", 2), kind="specification", document=code)


def test_what_would_be_judged_otherwise_is_shown_before_and_is_part_of_what_is_signed(office: Office) -> None:
    code = approved(office, "93")
    with office.look() as session:
        pairs, seen = shows_flips(session, document=code), seen_with_flips(session, document=code)
        (flip,) = plain_flips(session, code)["flips"]
    assert (flip["test"], flip["on_record"], flip["by_this"]) == ("nk_percent", "PASS", "FAIL")
    line = f"{flip['result']} of NK-26-001, nk_percent: 92.0 %: PASS → FAIL; 93 to 100 %"
    assert ("Would change", line) in pairs
    change = change_for(office, code)
    office.do(make_specification_effective, office.who("qa", 2), document=code, change=change, seen=seen)
    with office.look() as session:
        assert session.get_one(Document, code).state == "effective"
        kept = next(one for one in session.scalars(select(KeptFile)) if one.name == "past-results-NK-RELEASE-2.txt")
        row = session.get_one(Result, flip["result"])
        assert line in kept.content.decode() and (row.verdict, row.specification) == ("PASS", "NK-RELEASE/1")


def test_other_flips_than_those_that_were_shown_are_refused(office: Office) -> None:
    code = approved(office, "93")
    change = change_for(office, code)
    with office.look() as session:
        seen, flips = seen_with_flips(session, document=code), plain_flips(session, code)
    assert digest(flips) != digest(flips | {"results": flips["results"] + 1})
    before = office.counts()
    with pytest.raises(Refused, match="past results are others") as refused:
        office.do(make_specification_effective, office.who("qa", 2), document=code, change=change,
                  seen=f"{seen.partition(':')[0]}:0123456789abcdef")
    assert refused.value.kind == "stale" and office.counts() == before and office.last_entry().outcome == "refused"


def test_only_quality_assurance_and_never_its_author_makes_a_specification_effective(office: Office) -> None:
    code = approved(office, "93")
    for role in ("qc reviewer", "operator"):
        with pytest.raises(Refused) as refused:
            office.do(make_specification_effective, office.who(role), document=code)
        assert refused.value.kind == "not allowed"
