"""What changed between two versions, in words with units: added, removed, moved, changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.recipes.differences import differences
from mfg.recipes.reading import example, read_master_record
from tests.recipes.good import GOOD


def told(old: str, new: str, text: str = GOOD) -> list[str]:
    assert text.count(old) == 1
    return [str(one) for one in differences(read_master_record(text), read_master_record(text.replace(old, new)))]


def test_the_same_version_has_none() -> None:
    record = read_master_record(example("master record"))
    assert differences(record, read_master_record(example("master record") + "\n# a comment\n")) == ()


@pytest.mark.parametrize(("old", "new", "said"), [
    ('low: "30"', 'low: "25"', "step “receive”, field “volume”: lower limit: 30 mL → 25 mL"),
    (', alert_low: "40"', "", "step “receive”, field “volume”: lower alert limit: 40 mL → none"),
    ('kind: number, unit: mL, of: lot', 'kind: number, unit: uL, of: lot',
     "step “receive”, field “used”: unit: mL → uL"),
    ("    - {id: free, label: Free, kind: reading, unit: ug/mL}\n", "", "step “receive”, field “free”: removed"),
    ("{id: free, ", "{id: bound, ", "step “receive”, field “bound”: added"),
    ("not_good: [turbid]", "not_good: []", "step “receive”, field “look”: not acceptable: turbid → none"),
    ("when: wash.volume > 5", "when: wash.volume > 6",
     "step “recheck”: done only when: wash.volume > 5 → wash.volume > 6"),
    ("repeat: 8", "repeat: 9", "step “count”: repeats, at most: 8 → 9"),
    ("    optional: true\n", "", "step “recheck”: optional: yes → no"),
    ("sop: SOP-101/2", "sop: SOP-101/3", "step “receive”: SOP: SOP-101/2 → SOP-101/3"),
    ("staged: 3", "staged: 2", "phase “last”: done once per harvest, at most: 3 → 2"),
    ("- id: last\n  title: Fill", "- id: last\n  title: Fill bags", "phase “last”: title: Fill → Fill bags"),
    ("[wash, count]", "[wash, recheck]",
     "hold “open”: runs: from receive.at to receive, from wash to count → from receive.at to receive, from wash to "
     "recheck"),
    ('limit_minutes: "60"', 'limit_minutes: "50"', "hold “filling”: limit, min: 60 → 50"),
    ("key: TWO-STEPS", "key: TWO", "master record: key: TWO-STEPS → TWO"),
    ("phases:\n- id: first", "shelf_life_hours: {value: '24', because: ours}\nphases:\n- id: first",
     "master record: shelf life hours: unknown → 24 (assumed: ours)"),
    ("phases:\n- id: first", "loading: {}\nphases:\n- id: first", "limits of loading: added"),
    ("{kind: vessel, keep: incubator}", "{kind: vessel, keep: room}", "label of a “vessel”: kept at: incubator → room"),
    ("{kind: vessel, keep: incubator}", "{kind: vessel}", "label of a “vessel”: kept at: incubator → none"),
    ("- {kind: harvest}", "- {kind: sample tube}", "label of a “sample tube”: added"),
    ("- {kind: harvest}\n", "", "label of a “harvest”: removed"),
    ('receipt_minutes: "60"', 'receipt_minutes: "90"', "sample “reserve”: received within, min: 60 → 90"),
    ("tests: [gram]", "tests: [gram, pyro]", "sample “safety”: tests: gram → gram, pyro"),
    ("{id: reserve", "{id: kept", "sample “kept”: added"),
])
def test_a_change_is_told_in_words_with_its_unit(old: str, new: str, said: str) -> None:
    assert said in told(old, new)


def test_a_parameter_of_loading_is_told_by_its_name() -> None:
    assert told('retention_hours: {value: "24", because: "dissociation from CD16 is slow in published work; no data of '
                'our own"}', 'retention_hours: "12"', example("master record")) == [
        "loading: retention hours: 24 (assumed: dissociation from CD16 is slow in published work; no data of our own) "
        "→ 12"]


def test_a_step_in_another_phase_and_a_field_in_another_place_have_moved() -> None:
    record = read_master_record(GOOD)
    text = GOOD.replace("- id: second\n  title: Culture\n  steps:\n", "").replace(
        "- id: last", "- id: second\n  title: Culture\n  steps:\n  - {id: extra, title: E, instruction: E}\n- id: last")
    said = [str(one) for one in differences(record, read_master_record(text))]
    assert said == ["step “extra”: added", "step “count”: phase: “second” → “first”"]
    lines = GOOD.splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if "{id: note" in line)
    moved = "".join([*lines[:at - 8], lines[at], *lines[at - 8:at], *lines[at + 1:]])
    assert [str(one) for one in differences(record, read_master_record(moved))] == [
        "step “receive”, field “note”: place: after “at” → first"]


@given(st.permutations(["a", "b", "c", "d", "e"]))
def test_only_what_moved_is_told(order: list[str]) -> None:
    def record(ids: list[str]) -> str:
        return "key: K\ntitle: T\nphases:\n- id: p\n  title: P\n  steps:\n" + "".join(
            f"  - {{id: {id}, title: T, instruction: I}}\n" for id in ids)

    start = ["a", "b", "c", "d", "e"]
    moved = differences(read_master_record(record(start)), read_master_record(record(order)))
    assert bool(moved) == (order != start)
    stayed = [id for id in order if f"step “{id}”" not in {one.where for one in moved}]
    assert stayed == sorted(stayed), "what is not told stands in its old order"
