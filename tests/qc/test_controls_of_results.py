"""Occupancy and potency from raw lines to a verdict and a picture, end to end; the numbers are worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mfg.facts import Refused
from mfg.qc import acts, pages, result_page
from mfg.qc.controls import value_from_controls
from mfg.qc.records import Result, specification_of
from mfg.recipes.acts import draft_specification
from mfg.recipes.reading import example
from tests.office import Office
from tests.qc.investigated import sampled
from tests.release.story import CarefulPlant, Story, Told, a_story

MORE = """
- {id: occupancy, title: "Cells that carry the antibody", method: flow, scope: dose, kind: number, unit: "%",
   low: "80", timing: characterisation, mandatory: false, controls: occupancy, saturation: "0.8", fold: "10"}
- {id: killing, title: "Killing of targets", method: release assay, scope: dose, kind: number, unit: "%",
   low: "50", timing: characterisation, mandatory: false, controls: potency, ratio: "10", added: "30",
   spontaneous: "20", unspecific: "10", wells: 2}
"""
GATES = "ab" * 32
STAINED = {"loaded percent": "92", "loaded mfi": "9000", "loaded gates": GATES, "unloaded sample": "before loading",
           "unloaded percent": "1.0", "unloaded mfi": "300", "unloaded gates": GATES,
           "saturated sample": "cells with an excess", "saturated percent": "95", "saturated mfi": "10000",
           "saturated gates": GATES}
#: spontaneous 100, maximum 1100: every 10 above 100 are one percent; 55 % loaded, 21 % unloaded at the claim
WELLS = {"spontaneous": "90; 110", "maximum": "1050; 1150", "loaded 10:1": "640; 660", "unloaded 10:1": "300; 320",
         "loaded 5:1": "500; 500", "unloaded 5:1": "250; 250", "other spontaneous": "100; 100",
         "other maximum": "1100; 1100", "other loaded 10:1": "150; 150", "other unloaded 10:1": "140; 140"}


def controlled(office: Office) -> Story:
    plant = CarefulPlant(office)
    plant.document(draft_specification, "specification", example("specification").rstrip() + MORE)
    recipient = plant.recipient()
    story = Story(office, plant, recipient, plant.open(recipient, plant.collection(recipient)))
    story.dose = plant.plan(story.batch)
    plant.run(story.batch)
    story.weigh()
    story.fill()
    return story


CONTROLLED = Told(controlled)


@pytest.fixture
def story(fresh_database: Any, tmp_path: Path) -> Iterator[Story]:
    with a_story(CONTROLLED, fresh_database("sqlite", CONTROLLED.prepare), tmp_path) as told:
        yield told


def result(story: Story, test: str, lines: dict[str, str]) -> Result:
    sample = sampled(story)
    own = {"loaded sample": sample} | lines if test == "occupancy" else lines
    code = story.office.do(acts.record_result, story.office.who("qc analyst"), sample=sample, test=test, controls=own)
    with story.office.look() as session:
        return session.get_one(Result, code)


def test_occupancy_is_judged_with_its_controls(story: Story) -> None:
    good = result(story, "occupancy", STAINED)
    assert (good.value, good.verdict) == ("92", "PASS")
    # 7999 of 10000 lies below 0.8 although 92 % lies above 80 %
    unknown = {name: text for name, text in STAINED.items() if not name.startswith("saturated")}
    assert result(story, "occupancy", unknown).verdict == "CANNOT DETERMINE"
    with story.office.look() as session:
        page = pages.show_result(session, result=good.code)
    told = next(one for one in page["sections"] if one["title"] == "Controls")
    assert {row[1] for row in told["rows"]} == {f"OCC-0{n}" for n in range(1, 8)}
    assert result(story, "occupancy", STAINED | {"loaded mfi": "7999"}).verdict == "FAIL"


def test_a_loaded_tube_of_another_sample_makes_no_result(story: Story) -> None:
    before = story.office.counts()
    with pytest.raises(Refused, match="The loaded tube is of “S-9999”"):
        result(story, "occupancy", STAINED | {"loaded sample": "S-9999"})
    assert story.office.counts()["result"] == before["result"]


def test_potency_is_judged_with_its_controls_and_drawn(story: Story) -> None:
    good = result(story, "killing", WELLS)
    assert (good.value, good.verdict) == ("55.00", "PASS")
    with story.office.look() as session:
        page = pages.show_result(session, result=good.code)
        test = specification_of(session, good.batch).test("killing")
        assert "55" in (result_page.curve_drawing(session, good, test) or pytest.fail("no curve")).says
    (curve,) = page["drawings"]
    assert curve["svg_url"] == f"/results/{good.code}/potency.svg"
    assert curve["rows"] == [["5:1", "40", "15"], ["10:1", "55", "21"]]
    told = next(one for one in page["sections"] if one["title"] == "Controls")
    assert {row[1] for row in told["rows"]} == {f"POT-0{n}" for n in range(1, 7)}
    fewer = {name: text for name, text in WELLS.items() if not name.startswith("other")}
    assert result(story, "killing", fewer).verdict == "CANNOT DETERMINE"
    assert result(story, "killing", WELLS | {"unloaded 10:1": "351; 351"}).verdict == "FAIL"  # 29.9 points


def test_the_same_wells_are_not_entered_under_two_spellings(story: Story) -> None:
    with pytest.raises(Refused, match="are the same wells"):
        result(story, "killing", WELLS | {"loaded 10.0:1": "900; 900"})
    with story.office.look() as session:
        test = specification_of(session, story.batch).test("killing")
        assert test is not None and value_from_controls(test, WELLS) == "55.00"
