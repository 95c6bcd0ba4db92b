"""A new version of a master record replayed on past batches: every verdict that would flip, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import select

from mfg import identity
from mfg.batches.effect import (
    SHOWN,
    digest,
    impact_of,
    make_master_record_effective,
    read_impact,
    seen_with_impact,
    show_impact,
    shows_impact,
)
from mfg.batches.impact import Impact
from mfg.batches.records import StepEntry
from mfg.documents import acts as documents
from mfg.documents.records import Document
from mfg.facts import Refused
from mfg.files import KeptFile
from mfg.ledger import playing_at
from mfg.recipes.acts import draft_master_record
from tests.batches.plant import Plant
from tests.conftest import FreshDatabase
from tests.documents.changed import change_for
from tests.office import CHEAP, Office, prepare
from tests.statements import asked_of

RECIPE = """\
key: TINY
title: A process small enough to count on
phases:
- id: make
  title: Make
  steps:
  - id: take
    title: Take in
    instruction: Look and measure.
    fields:
    - {id: volume, label: Volume, kind: number, unit: mL, low: "30", high: "600"}
    - {id: viable, label: Viable cells, kind: number, unit: "10*6/mL", alert_low: "1"}
    - {id: cells, label: Cells, kind: calculated, unit: "{cells}", formula: viable * volume * 1e6, low: "1e7"}
    - {id: free, label: Free antibody, kind: reading, unit: ug/mL, high: "5"}
    - {id: look, label: Look, kind: choice, choices: [clear, hazy, turbid], not_good: [turbid]}
    - {id: note, label: Note, kind: text}
  - id: wash
    title: Wash again
    instruction: Wash.
    when: take.look == "hazy"
    fields:
    - {id: lost, label: Lost, kind: number, unit: mL}
  - id: count
    title: Count
    instruction: Count until there are enough.
    repeat: 3
    until: enough == "yes"
    fields:
    - {id: at, label: Counted at, kind: time}
    - {id: enough, label: Enough, kind: yesno}
  - id: rest
    title: Let it rest
    instruction: Wait.
    fields:
    - {id: began, label: Began, kind: time}
    - {id: ended, label: Ended, kind: time}
holds:
- {id: resting, title: Rest, segments: [[rest.began, rest.ended]], limit_minutes: "60"}
"""
GOOD = {"volume": "100", "viable": "0.5", "free": "<2", "look": "clear", "note": "as planned"}


def planted(url: str) -> None:
    prepare(url)
    with TemporaryDirectory() as folder:
        office = Office(url, Path(folder))
        with playing_at(lambda: office.now):
            Plant(office, recipe=RECIPE)
        office.close()


@pytest.fixture
def plant(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Plant]:
    identity.ARGON2.update(CHEAP)
    office = Office(fresh_database("sqlite", planted), tmp_path)
    with playing_at(lambda: office.now):
        yield Plant(office, recipe=RECIPE, lots={"standing": "yes"})
    office.close()


def made(plant: Plant, number: int = 0, *, rest: float = 45, **values: str) -> str:
    """A batch with every step done; `values` instead of the good ones."""
    batch = plant.batch(number)
    for field, value in (GOOD | values).items():
        breach = (field, value) in (("volume", "20"), ("look", "turbid"))
        plant.enter(f"{batch}/take", field, value, **(
            {"accept_breach": True, "breach_reason": "It is what was read."} if breach else {}))
    plant.perform(f"{batch}/take")
    plant.verify(f"{batch}/take")
    if values.get("look") == "hazy":
        plant.do(f"{batch}/wash", lost="3")
    plant.do(f"{batch}/count", enough="yes")
    plant.enter(f"{batch}/rest", "began", plant.office.now.isoformat())
    plant.office.later(minutes=rest)
    plant.enter(f"{batch}/rest", "ended", plant.office.now.isoformat())
    plant.perform(f"{batch}/rest")
    plant.verify(f"{batch}/rest")
    return batch


def drafted(plant: Plant, *changes: tuple[str, str]) -> str:
    """The next version, with these texts changed."""
    text = RECIPE
    for old, new in changes:
        assert text.count(old) == 1, f"{old} stands there {text.count(old)} times"
        text = text.replace(old, new)
    return plant.office.do(draft_master_record, plant.office.who("qa"), text=text + "# another version\n")


def impact(plant: Plant, *changes: tuple[str, str]) -> Impact:
    code = drafted(plant, *changes)
    with plant.office.look() as session:
        return impact_of(session, code)


def told(plant: Plant, *changes: tuple[str, str]) -> list[str]:
    return [str(one) for one in impact(plant, *changes).flips]


def test_the_same_limits_flip_nothing(plant: Plant) -> None:
    batch = made(plant)
    found = impact(plant)
    assert (found.batches, found.flips, found.gone) == ((batch,), (), ())
    assert found.values == 10
    assert found.sentence() == ("1 past batch with 10 values replayed: 0 verdicts would flip, 0 fields are no longer "
                                "asked for.")


def test_a_version_without_past_batches_says_so(plant: Plant) -> None:
    found = impact(plant, ('low: "30"', 'low: "300"'))
    assert (found.batches, found.flips) == ((), ())
    assert found.sentence() == "No batch was made by an earlier version; there is nothing to replay."


def test_a_narrower_limit_fails_what_passed_and_the_limits_stand_beside_it(plant: Plant) -> None:
    batch = made(plant)
    (flip,) = impact(plant, ('low: "30"', 'low: "101"')).flips
    assert (flip.batch, flip.step, flip.field, flip.value) == (batch, "take", "Volume", "100 mL")
    assert (flip.old, flip.new) == ("PASS", "FAIL")
    assert (flip.old_limit, flip.new_limit) == ("30 to 600 mL", "101 to 600 mL")
    assert str(flip) == f"{batch}/take, Volume: 100 mL: PASS → FAIL; limits: 30 to 600 mL → 101 to 600 mL"


@pytest.mark.parametrize(("low", "flips"), [("99", 0), ("100", 0), ("100.000001", 1)])
def test_a_value_at_the_new_limit_still_passes(plant: Plant, low: str, flips: int) -> None:
    made(plant)
    assert len(told(plant, ('low: "30"', f'low: "{low}"'))) == flips


def test_a_wider_limit_passes_what_failed(plant: Plant) -> None:
    batch = made(plant, volume="20")
    assert told(plant, ('low: "30"', 'low: "20"')) == [
        f"{batch}/take, Volume: 20 mL: FAIL → PASS; limits: 30 to 600 mL → 20 to 600 mL"]


def test_a_limit_that_is_taken_away_flips_what_failed_and_not_what_passed(plant: Plant) -> None:
    made(plant)
    bad = made(plant, 1, volume="20")
    assert told(plant, (', low: "30", high: "600"', "")) == [
        f"{bad}/take, Volume: 20 mL: FAIL → not judged; limits: 30 to 600 mL → none"]


def test_an_alert_limit_counts_on_both_sides(plant: Plant) -> None:
    batch = made(plant)
    assert told(plant, ('alert_low: "1"', 'alert_low: "0.5"')) == [
        f"{batch}/take, Viable cells: 0.5 × 10⁶ /mL: PASS, beyond the alert limits → PASS; limits: alert at least 1 "
        "× 10⁶ /mL → alert at least 0.5 × 10⁶ /mL"]
    assert "take, Volume: 100 mL: PASS → PASS, beyond the alert limits" in told(
        plant, ('low: "30", high: "600"', 'low: "30", high: "600", alert_high: "99"'))[0]


def test_a_censored_reading_is_judged_by_its_bound(plant: Plant) -> None:
    batch = made(plant)
    assert told(plant, ('high: "5"', 'high: "1"')) == [
        f"{batch}/take, Free antibody: <2 µg/mL: PASS → CANNOT DETERMINE; limits: at most 5 µg/mL → at most 1 µg/mL"]
    assert told(plant, ('high: "5"', 'high: "2"')) == []


def test_an_answer_that_is_not_good_any_more_fails(plant: Plant) -> None:
    batch = made(plant)
    assert told(plant, ("not_good: [turbid]", "not_good: [turbid, clear]")) == [
        f"{batch}/take, Look: clear: PASS → FAIL; limits: not acceptable: turbid → not acceptable: turbid, clear"]


def test_an_answer_that_cannot_be_given_any_more_cannot_be_judged(plant: Plant) -> None:
    made(plant)
    assert "Look: clear: PASS → CANNOT DETERMINE" in told(plant, ("[clear, hazy", "[limpid, hazy"))[0]


def test_a_value_in_another_unit_cannot_be_judged(plant: Plant) -> None:
    made(plant)
    found = told(plant, ('kind: reading, unit: ug/mL', 'kind: reading, unit: ng/mL'))
    assert len(found) == 1 and "Free antibody: <2 µg/mL: PASS → CANNOT DETERMINE" in found[0]


def test_a_calculated_value_is_worked_out_by_the_new_formula(plant: Plant) -> None:
    batch = made(plant)
    (flip,) = impact(plant, ("formula: viable * volume * 1e6", "formula: viable * (volume - 90) * 1e6")).flips
    assert (flip.batch, flip.value, flip.old, flip.new) == (batch, "5000000 cells", "PASS", "FAIL")
    assert "calculated as viable * volume * 1e6" in flip.old_limit
    assert "calculated as viable * (volume - 90) * 1e6" in flip.new_limit


def test_a_calculated_value_that_has_no_answer_any_more_cannot_be_judged(plant: Plant) -> None:
    made(plant)
    assert "PASS → CANNOT DETERMINE" in told(plant, ("formula: viable * volume * 1e6",
                                                     "formula: viable * volume * volume / (volume - volume) * 1e6"))[0]


def test_a_new_calculated_value_is_told_only_where_it_would_have_failed(plant: Plant) -> None:
    batch = made(plant)
    new = '    - {id: half, label: Half, kind: calculated, unit: mL, formula: volume * 0.5, low: "%s"}\n    - {id: free'
    assert told(plant, ("    - {id: free", new % "50")) == []
    assert told(plant, ("    - {id: free", new % "51")) == [
        f"{batch}/take, Half: 50 mL: not asked → FAIL; limits: none → at least 51 mL; calculated as volume * 0.5"]


def test_a_field_or_step_that_is_gone_is_named_with_the_batches_that_recorded_it(plant: Plant) -> None:
    batches = made(plant), made(plant, 1)
    found = impact(plant, ("    - {id: note, label: Note, kind: text}\n", ""))
    assert [(one.step, one.field, one.batches) for one in found.gone] == [("take", "note", batches)]
    assert str(found.gone[0]) == f"take.note (Note): no longer asked for; recorded in {batches[0]}, {batches[1]}"
    found = impact(plant, ("- id: rest", "- id: resting"), ("[[rest.began, rest.ended]]", "[[resting.began, "
                                                                                          "resting.ended]]"))
    assert [(one.step, one.field) for one in found.gone] == [("rest", "began"), ("rest", "ended")]


def test_a_branch_that_would_not_have_been_taken_is_told(plant: Plant) -> None:
    hazy, clear = made(plant, look="hazy"), made(plant, 1)
    assert told(plant, ('when: take.look == "hazy"', 'when: take.look == "clear"')) == [
        f'{hazy}/wash:: to be done → not needed; limits: only when take.look == "hazy" → only when take.look == '
        '"clear"',
        f'{clear}/wash:: not needed → to be done; limits: only when take.look == "hazy" → only when take.look == '
        '"clear"']


def test_a_loop_that_would_have_gone_on_is_told(plant: Plant) -> None:
    batch = made(plant)
    (flip,) = impact(plant, ('until: enough == "yes"', "until: days(at, at) > 3")).flips
    assert (flip.batch, flip.step, flip.old, flip.new) == (batch, "count", "left", "would go on")


@pytest.mark.parametrize(("limit", "flips"), [("45", 0), ("44", 1)])
def test_a_hold_time_is_measured_by_the_new_limit(plant: Plant, limit: str, flips: int) -> None:
    batch = made(plant, rest=45)
    found = told(plant, ('limit_minutes: "60"', f'limit_minutes: "{limit}"'))
    assert found == [
        f"{batch}/hold resting, Rest: 45 min: PASS → FAIL; limits: at most 60 min → at most 44 min"][:flips]


def test_a_new_hold_time_is_told_only_where_it_would_have_been_broken(plant: Plant) -> None:
    batch = made(plant, rest=45)
    new = '- {id: long, title: Long, segments: [[rest.began, rest.ended]], limit_minutes: "%s"}\n- {id: resting'
    assert told(plant, ("- {id: resting", new % "45")) == []
    assert told(plant, ("- {id: resting", new % "44")) == [
        f"{batch}/hold long, Long: 45 min: not asked → FAIL; limits: none → at most 44 min"]


def test_every_batch_of_the_key_is_replayed_and_no_other(plant: Plant) -> None:
    first, second = made(plant), made(plant, 1)
    other = RECIPE.replace("key: TINY", "key: OTHER").replace('low: "30"', 'low: "101"')
    code = plant.office.do(draft_master_record, plant.office.who("qa"), text=other)
    with plant.office.look() as session:
        assert impact_of(session, code).batches == ()
    assert impact(plant).batches == (first, second)


def test_only_the_value_that_counts_is_judged(plant: Plant) -> None:
    from mfg.batches import runner

    batch = made(plant, volume="110")
    with plant.office.look() as session:
        seen = None
        assert session.scalar(select(StepEntry.value).where(StepEntry.field == "volume")) == "110"
    plant.office.do(runner.correct_entry, plant.office.who("operator", reason="Read from the wrong bag."),
                    step=f"{batch}/take", field="volume", value="120", unit="mL", seen=seen)
    assert told(plant, ('low: "30"', 'low: "115"')) == []
    assert len(told(plant, ('low: "30"', 'low: "125"'))) == 1


def test_the_replay_takes_no_statement_more_with_every_batch_or_value(plant: Plant) -> None:
    counts = []
    for number in (0, 1):
        made(plant, number)
        code = drafted(plant)
        with plant.office.look() as session, asked_of(plant.office.engine) as asked:
            impact_of(session, code)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 7


# --- signing for it -----------------------------------------------------------------------------------------------


def approved(plant: Plant, *changes: tuple[str, str]) -> str:
    code = drafted(plant, *changes)
    plant.office.do(documents.submit, plant.office.who("qa"), kind="master record", document=code)
    plant.office.do(documents.approve, plant.office.who("qa", 2), kind="master record", document=code)
    return code


def seen(plant: Plant, code: str) -> str:
    with plant.office.look() as session:
        return seen_with_impact(session, document=code)


def test_what_would_flip_is_shown_before_and_is_part_of_what_is_signed(plant: Plant) -> None:
    batch = made(plant)
    code = approved(plant, ('low: "30"', 'low: "101"'))
    with plant.office.look() as session:
        pairs = shows_impact(session, document=code)
        plain = read_impact(session, document=code)
    line = f"{batch}/take, Volume: 100 mL: PASS → FAIL; limits: 30 to 600 mL → 101 to 600 mL"
    assert ("Would change", line) in pairs
    assert ("Past batches", "1 past batch with 10 values replayed: 1 verdict would flip, 0 fields are no longer asked "
                            "for.") in pairs
    assert plain["flips"][0]["new"] == "FAIL"
    plant.office.do(make_master_record_effective, plant.office.who("qa", 2), document=code,
                    change=change_for(plant.office, code), seen=seen(plant, code))
    with plant.office.look() as session:
        assert session.get_one(Document, code).state == "effective"
        kept = session.scalars(select(KeptFile)).all()
        text = next(one for one in kept if one.name == "impact-TINY-2.txt")
        assert line in text.content.decode()
        page = show_impact(session, document=code)
    assert page["pairs"][0][1]["url"] == f"/files/{text.code}"
    assert page["sections"][0]["rows"][0][0]["url"] == f"/steps/{batch}/take"


def test_the_signature_is_another_when_the_impact_is(plant: Plant) -> None:
    """The same version over the same batches signs the same; one value more in a past batch signs something else."""
    made(plant)
    code = approved(plant, ('low: "30"', 'low: "101"'))
    with plant.office.look() as session:
        before = digest(impact_of(session, code))
        assert before == digest(impact_of(session, code))
    made(plant, 1)
    with plant.office.look() as session:
        assert digest(impact_of(session, code)) != before


def test_an_impact_that_has_changed_since_it_was_shown_is_refused(plant: Plant) -> None:
    made(plant)
    code = approved(plant, ('low: "30"', 'low: "101"'))
    shown, change = seen(plant, code), change_for(plant.office, code)
    made(plant, 1)
    before = plant.office.counts()
    with pytest.raises(Refused) as refused:
        plant.office.do(make_master_record_effective, plant.office.who("qa", 2), document=code, change=change,
                        seen=shown)
    assert refused.value.kind == "stale" and "impact is another" in refused.value.why
    assert plant.office.counts() == before and plant.office.last_entry().outcome == "refused"


def test_a_version_that_has_changed_since_it_was_shown_is_refused(plant: Plant) -> None:
    code = approved(plant)
    with pytest.raises(Refused) as refused:
        plant.office.do(make_master_record_effective, plant.office.who("qa", 2), document=code,
                        change=change_for(plant.office, code), seen=f"9:{seen(plant, code).partition(':')[2]}")
    assert refused.value.kind == "stale"


@pytest.mark.parametrize(("role", "number"), [("operator", 1), ("production supervisor", 1), ("qa", 1)])
def test_only_quality_assurance_and_never_the_author_makes_it_effective(plant: Plant, role: str, number: int) -> None:
    code = approved(plant)
    with pytest.raises(Refused) as refused:
        plant.office.do(make_master_record_effective, plant.office.who(role, number), document=code)
    assert refused.value.kind == "not allowed"


def test_a_record_without_past_batches_keeps_no_file(plant: Plant) -> None:
    code = approved(plant)
    before = plant.office.counts().get("kept_file", 0)
    plant.office.do(make_master_record_effective, plant.office.who("qa", 2), document=code,
                    change=change_for(plant.office, code), seen=seen(plant, code))
    assert plant.office.counts().get("kept_file", 0) == before


def test_a_long_list_is_cut_on_the_form_and_whole_in_what_is_signed(plant: Plant) -> None:
    one = '    - {id: n%s, label: Number, kind: calculated, unit: mL, formula: volume * 1, low: "101"}\n'
    fields = "".join(one % number for number in range(SHOWN + 3))
    made(plant)
    code = drafted(plant, ("    - {id: free", fields + "    - {id: free"))
    with plant.office.look() as session:
        pairs = shows_impact(session, document=code)
        assert len(read_impact(session, document=code)["flips"]) == SHOWN + 3
    assert sum(label == "Would change" for label, _ in pairs) == SHOWN
    assert ("and more", "3 further lines on the page of the impact; all of them are signed") in pairs
