"""What the dossier of a dose asks the database: the same for ten values and for six hundred, and not much."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bench.big_batch import Crew
from bench.big_dose import DOSE, FILLED, big_dose
from mfg import identity
from mfg.release.decide import Judged
from mfg.release.gather import decide
from tests.conftest import FreshDatabase
from tests.office import CHEAP, Office, prepare, user_id
from tests.statements import asked_of

#: what is promised; today it is one less
MOST = 25
Ask = Callable[..., tuple[list[str], Judged]]


@pytest.fixture
def ask(fresh_database: FreshDatabase, tmp_path: Path) -> Ask:
    """Statements and answer of a decision over a dose of that size."""
    identity.ARGON2.update(CHEAP)

    def asked(**size: int) -> tuple[list[str], Judged]:
        office = Office(fresh_database("sqlite", prepare), tmp_path)
        crew = Crew(*(office.people[user_id(role)] for role in ("production supervisor", "operator", "verifier")))
        big_dose(office.engine, crew, **size)
        with asked_of(office.engine) as told, office.look() as session:
            judged = decide(session, DOSE, FILLED + timedelta(hours=1))
        office.close()
        return told, judged

    return asked


def test_a_dossier_of_600_values_and_120_results_takes_no_statement_more_than_a_small_one(ask: Ask) -> None:
    few, small = ask(steps=3, fields=2, results=12)
    many, large = ask(steps=60, fields=10, results=120)
    assert (len(small.dossier.results), len(large.dossier.results), len(large.dossier.steps)) == (12, 120, 60)
    assert large.dossier.review is not None and large.dossier.review.hash_now == large.dossier.review.reviewed_hash
    assert len(few) == len(many) <= MOST, "\n".join(many)
