"""Whatever people try in whatever order: nothing closes without its conclusion, its answer and two people.

Random verbs by random people on one deviation and one CAPA; what counts is what the rows and the ledger say after.
"""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mfg import identity
from mfg.facts import Refused
from mfg.ledger import Entry, playing_at
from mfg.quality import acts, capa_acts, investigation_acts
from mfg.quality.capa_records import Capa
from mfg.quality.records import Deviation, NoImpact, standing_investigation
from tests.databases import Databases
from tests.office import CHEAP, Office, prepare
from tests.quality.walked import FOUND, drafted, known_to_history

pytestmark = pytest.mark.slow
DOSE = "NK-26-001-D1"
PEOPLE = st.sampled_from([("qa", 1), ("qa", 2), ("production supervisor", 1), ("operator", 1)])
TEXT = st.sampled_from(["", "ok", "The product is not touched by it."])
SEVERITY = st.sampled_from(["minor", "major", "critical"])
ON_DEVIATION: list[tuple[Any, dict[str, Any]]] = [
    (acts.confirm_deviation, {"requirement": TEXT, "immediate": TEXT}),
    (acts.classify_deviation, {"kind": st.sampled_from(["other", "label mismatch"]), "severity": SEVERITY,
                               "why": TEXT}),
    (investigation_acts.investigate_deviation, {name: st.sampled_from(["", told, told]) for name, told in FOUND.items()
                                                if name != "others_affected"}
     | {"others_affected": st.sampled_from(["no", "no", "yes", "not known"]),
        "others": st.sampled_from(["", "", "P-0005", "NK-99-999"])}),
    (acts.submit_deviation, {}), (acts.return_deviation, {}),
    (acts.close_deviation, {"conclusion": TEXT, "no_capa_why": TEXT}),
    (acts.reopen_deviation, {}), (acts.void_deviation, {"ground": st.sampled_from(["recorded in error", "duplicate"])}),
    (investigation_acts.find_no_impact, {"dose": st.just(DOSE), "why": TEXT}),
    (investigation_acts.name_affected, {"record": st.just("P-0006"), "why": TEXT}),
]
ON_CAPA: list[tuple[Any, dict[str, Any]]] = [
    (capa_acts.set_criterion, {"criterion": TEXT}), (capa_acts.approve_capa, {}), (capa_acts.start_capa, {}),
    (capa_acts.implement_capa, {"done": TEXT}), (capa_acts.begin_check, {}),
    (capa_acts.find_effective, {"evidence": TEXT}),
]
STEP = st.one_of([st.tuples(st.just(verb), PEOPLE, st.fixed_dictionaries(told)) for verb, told in (
    *ON_DEVIATION, *ON_CAPA)])
#: the right verbs in the right order, so that a run gets far; what is drawn comes in between
WELL: list[tuple[Any, tuple[str, int], dict[str, Any]]] = [
    (acts.confirm_deviation, ("operator", 1), {"requirement": "As written.", "immediate": "Set apart."}),
    (acts.classify_deviation, ("qa", 1), {"kind": "other", "severity": "major", "why": "By the table."}),
    (investigation_acts.investigate_deviation, ("production supervisor", 1), FOUND),
    (acts.submit_deviation, ("production supervisor", 1), {}),
    (acts.close_deviation, ("qa", 1), {"conclusion": "The product is not touched by it.",
                                       "no_capa_why": "It cannot happen again."}),
]
WELL.append((acts.close_deviation, ("qa", 2), WELL[-1][2]))
TOLD = dict(ON_DEVIATION)
#: each of them as it should be, or with something else told, by whoever
NEARLY = st.tuples(*(st.one_of(st.just(right), st.just(right), st.tuples(
    st.just(right[0]), PEOPLE, st.fixed_dictionaries(TOLD[right[0]]))) for right in WELL))


def attempt(office: Office, verb: Any, who: tuple[str, int], told: dict[str, Any]) -> bool:
    office.later(minutes=1)
    codes = {"capa": "CAPA-0001"} if verb in [one for one, _ in ON_CAPA] else {"deviation": "DEV-0001"}
    more = {"check_at": office.now + timedelta(days=1)} if verb is capa_acts.set_criterion else {}
    try:
        office.do(verb, office.who(*who, reason="Because."), **codes, **told, **more)
    except Refused:
        return False
    return True


def nothing_ended_wrongly(office: Office) -> None:
    with office.look() as session:
        row, action = session.get_one(Deviation, "DEV-0001"), session.get_one(Capa, "CAPA-0001")
        told = session.query(Entry.verb, Entry.person).filter(
            Entry.on_code == "DEV-0001", Entry.outcome == "done").order_by(Entry.seq).all()
        if row.state == "closed":
            found = standing_investigation(session, row)
            assert found is not None and found.others_affected in ("yes", "no") and found.others_why
            assert found.root_cause and found.method and found.product_impact and found.patient_impact
            assert row.conclusion and row.classified_by and row.closed_by
            hands = {person for verb, person in told if verb.split(" ")[0] in ("confirm", "investigate", "submit")}
            assert row.closed_by not in hands | {row.opened_by}
        else:
            assert row.closed_by is None and row.conclusion == ""
        for word in session.query(NoImpact).filter(NoImpact.withdrawn_at.is_(None)):
            assert word.severity == row.severity != "critical" and row.state not in ("draft", "open")
            later = session.query(Entry.verb).filter(Entry.on_code == "DEV-0001", Entry.outcome == "done",
                                                     Entry.at > word.found_at).all()
            assert not {verb for (verb,) in later} & {"investigate deviation", "classify deviation",
                                                      "reopen deviation"}
        if action.started_at:
            assert action.criterion and action.check_at and action.check_at > action.due_at
        if action.state == "closed effective":
            assert action.judged_at and action.check_at and action.judged_at >= action.check_at
            assert action.judged_by not in (action.owner, action.implemented_by) and action.evidence


def play(office: Office, steps: list[Any], nearly: tuple[Any, ...], gaps: list[int]) -> set[str]:
    """Play the steps, with those that nearly lead to the end in between. What was done at all."""
    drafted(office)
    known_to_history(office, DOSE)
    office.do(capa_acts.propose_capa, office.who("production supervisor", 2), kind="corrective",
              source_kind="deviation", source="DEV-0001", problem="A battery.", action="Change it.",
              owner=office.people["operator.1"], due_at=office.now + timedelta(minutes=5))
    todo, done = list(steps), set()
    for right, gap in reversed(list(zip(nearly, gaps, strict=True))):
        todo.insert(min(gap, len(todo)), right)
    for verb, who, told in todo:
        if attempt(office, verb, who, told):
            done.add(verb.__name__)
        nothing_ended_wrongly(office)
    return done


def test_no_order_of_verbs_ends_anything_without_what_it_needs(databases: Databases, tmp_path: Path) -> None:
    reached: Counter[str] = Counter()

    @settings(max_examples=50, derandomize=True, deadline=None, database=None,
              phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck))
    @given(st.lists(STEP, max_size=7), NEARLY, st.lists(st.integers(0, 7), min_size=6, max_size=6).map(sorted))
    def run(steps: list[Any], nearly: tuple[Any, ...], gaps: list[int]) -> None:
        identity.ARGON2.update(CHEAP)
        url = databases.fresh("sqlite", prepare)
        office = Office(url, tmp_path)
        with ExitStack() as stack:
            stack.callback(databases.discard, url)
            stack.callback(office.close)
            stack.enter_context(playing_at(lambda: office.now))
            reached.update(play(office, steps, nearly, gaps))

    run()
    # runs that never close prove nothing
    assert reached["close_deviation"] >= 5, reached
