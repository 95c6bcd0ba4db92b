"""A document moves on only with the text its author signed, and only forwards."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mfg.documents.rules import EFFECT, MOVES, SUBMISSION, DocumentFacts
from mfg.facts import Refused, Verdict, judge
from mfg.quality.change_rules import ChangeFacts

CHANGE = ChangeFacts("CHG-0001", "T-1/2", "approved", ("T-1/2",))
GOOD = DocumentFacts("T-1/2", 2, "aa", "aa", 1, "P-0001", "P-0001", CHANGE)


@pytest.mark.parametrize(("change", "expected"), [
    ({}, {"DOC-01": "PASS", "DOC-02": "PASS"}),
    ({"text_hash": "ab"}, {"DOC-01": "FAIL", "DOC-02": "PASS"}),
    ({"effective_number": None}, {"DOC-01": "PASS", "DOC-02": "PASS"}),
    ({"effective_number": 2}, {"DOC-01": "PASS", "DOC-02": "FAIL"}),
    ({"effective_number": 3}, {"DOC-01": "PASS", "DOC-02": "FAIL"}),
])
def test_a_version_becomes_effective_only_unchanged_and_newer(change: dict, expected: dict) -> None:
    findings = judge(EFFECT, replace(GOOD, **change))
    assert {finding.rule: finding.verdict.value for finding in findings} == expected | {"DOC-03": "PASS"}


@pytest.mark.parametrize(("change", "expected"), [
    (None, "CANNOT DETERMINE"),
    (CHANGE, "PASS"),
    (replace(CHANGE, state="implemented"), "PASS"),
    (replace(CHANGE, state="verified"), "PASS"),
    (replace(CHANGE, state="requested"), "FAIL"),
    (replace(CHANGE, state="impact assessed"), "FAIL"),
    (replace(CHANGE, state="rejected"), "FAIL"),
    (replace(CHANGE, state="closed"), "FAIL"),
    (replace(CHANGE, state=None), "FAIL"),
    (replace(CHANGE, documents=()), "FAIL"),
    (replace(CHANGE, documents=("T-1/1", "T-1/3")), "FAIL"),
])
def test_only_an_approved_change_that_covers_it_lets_a_version_replace_another(
        change: ChangeFacts | None, expected: str) -> None:
    found = {one.rule: one.verdict.value for one in judge(EFFECT, replace(GOOD, change=change))}
    assert found == {"DOC-01": "PASS", "DOC-02": "PASS", "DOC-03": expected}
    first = judge(EFFECT, replace(GOOD, change=change, effective_number=None))
    assert {one.verdict.value for one in first} == {"PASS"}


def test_every_state_is_reached_and_only_returned_and_superseded_are_final() -> None:
    reached = {MOVES.start, *(move.after for move in MOVES.moves)}
    assert reached == {"draft", "in review", "returned", "approved", "effective", "superseded"}
    left = set().union(*(move.before for move in MOVES.moves))
    assert left == {"draft", "in review", "approved", "effective"}


def test_a_draft_cannot_become_effective_without_approval() -> None:
    with pytest.raises(Refused, match="Possible now: submit, supersede"):
        MOVES.after("make effective", "draft")


def test_a_missing_hash_never_passes_for_a_right_one() -> None:
    assert judge(EFFECT, replace(GOOD, text_hash=""))[0].verdict is Verdict.FAIL


@pytest.mark.parametrize(("change", "expected"), [
    ({}, "PASS"),
    ({"by": "P-0002"}, "FAIL"),
    ({"by": ""}, "CANNOT DETERMINE"),
    ({"author": ""}, "CANNOT DETERMINE"),
])
def test_only_its_author_hands_a_draft_in(change: dict, expected: str) -> None:
    found = {one.rule: one.verdict.value for one in judge(SUBMISSION, replace(GOOD, **change))}
    assert found == {"DOC-01": "PASS", "DOC-04": expected}
