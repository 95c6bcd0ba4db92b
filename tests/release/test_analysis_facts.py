"""The certificate of analysis as text: every result, its rounding, open tests, what has happened since."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mfg.batches.scans import as_scanned
from mfg.facts import Limits
from mfg.qc import acts as qc
from mfg.qc.evidence_rules import rounded_to
from mfg.release.acts import reject_dose
from mfg.release.analysis_facts import TESTS
from mfg.release.paper_facts import certificate_facts
from tests.conftest import FreshDatabase
from tests.release.story import READY, SPECIFICATION, Story, a_story


@pytest.mark.parametrize(("low", "high", "value", "told"), [
    ("80", "100", "95.4", "95"), ("80", "100", "95", None), ("80", "100", "79.5", "80"), ("80", "100", "95.0", None),
    ("80.0", None, "79.96", "80.0"),
    (None, "0.1", "0.05", "0.1"), (None, "5", "<0.5", None), (None, None, "0.5", None), ("7.0", "7.6", "7.25", "7.3"),
    ("1", None, "6.4e6; 6.5e6", None), (None, "1", "6e6", None),
])
def test_rounding_is_shown_at_the_decimals_of_the_limit_and_never_of_a_bound(
        low: str | None, high: str | None, value: str, told: str | None) -> None:
    limits = Limits(Decimal(low) if low else None, Decimal(high) if high else None) if low or high else None
    assert rounded_to(limits, value) == told


@pytest.fixture
def story(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Story]:
    with a_story(READY, fresh_database("sqlite", READY.prepare), tmp_path) as told_so_far:
        yield told_so_far


def told(story: Story, decision: str = "") -> dict[str, Any]:
    with story.office.look() as session:
        return certificate_facts(session, story.dose, at=story.office.now, decision=decision)


def line(facts: dict[str, Any], title: str) -> dict[str, str]:
    rows = [row for row in facts["tests"]["rows"] if row[0].startswith(title)]
    assert len(rows) == 1, title
    return dict(zip(TESTS, rows[0], strict=True))


def test_every_test_of_the_specification_stands_on_the_certificate_with_both_people(story: Story) -> None:
    story.dispose()
    story.release_on_condition()
    facts = told(story)
    assert len(facts["tests"]["rows"]) == len(SPECIFICATION.tests)
    one = line(facts, "Endotoxin")
    assert one["Verdict"] == "PASS" and one["Result as stored"] == "<0.5 EU/mL"
    assert "and the limit of this dose" in one["Limit"] and "ASSUMED" in one["Limit"]
    assert one["Tested by"].startswith("Qc analyst 1\n") and one["Reviewed by"].startswith("Qc reviewer 1\n")
    assert "LAL cartridge, version not stated; before release" in one["Test and method"]
    assert line(facts, "pH")["Verdict"] == "not tested"
    sterility = line(facts, "Sterility, final")
    assert sterility["Verdict"] == "CANNOT DETERMINE" and "ends 2026-" in sterility["Result as stored"]
    assert [row[0] for row in facts["condition"]["open_tests"]["rows"]] == ["Sterility, final"]
    assert "ends 2026-" in facts["condition"]["open_tests"]["rows"][0][3]
    assert [row[0] for row in facts["bags"]["rows"]] == [story.bag()] and "applied" in facts["bags"]["rows"][0][5]
    assert {row[3] for row in facts["worksheet"]["rows"]} == {"PASS"}
    assert any("EU/kg x 70 kg / 120 mL = 2.92 EU/mL" in row[1] for row in facts["limits"]["rows"])
    assert {"label": "Issue", "value": "2 for this dose; before it DEC-0001"} in facts["cover"]


def test_a_later_decision_issues_it_again_and_the_old_one_says_so(story: Story) -> None:
    story.dispose()
    story.release_on_condition()
    assert told(story)["standing"] == ""
    story.office.do(reject_dose, story.office.who("qualified person", reason="The bag leaked."), dose=story.dose)
    old = told(story, "DEC-0002")
    assert "Issued again since: DEC-0003, rejected" in old["standing"]
    assert "The dose is rejected now. Do not give it." in old["standing"]
    assert (old["decision"]["verdict"], old["decision"]["word"]) == ("FAIL", "DO NOT GIVE: REJECTED")
    assert "Decided then: released on condition." in old["decision"]["sentence"]


def test_a_result_out_of_specification_stays_on_the_certificate(story: Story) -> None:
    """A rejected dose: the failing result, its deviation and the better result beside it are all there."""
    sample = story.office.do(qc.take_sample, story.office.who("qc analyst"), container=as_scanned(story.bag()),
                             purpose="once more")
    story.record(sample, "nk_percent", "61.4")
    story.office.do(reject_dose, story.office.who("qualified person", reason="Out of specification."), dose=story.dose)
    rows = [row for row in told(story)["tests"]["rows"] if row[0].startswith("NK cells CD45")]
    assert [(row[2], row[3]) for row in rows] == [("92.0 %", "PASS"), ("61.4 %\nrounds to 61", "FAIL")]
    assert "DEV-" in rows[1][4]
