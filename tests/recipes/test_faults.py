"""What makes a master record unusable: every fault the language can have, each named on its own line."""

from __future__ import annotations

import re
from os.path import commonprefix

import pytest

from mfg.facts import Refused
from mfg.recipes.reading import read_master_record
from tests.recipes.good import GOOD


def test_the_record_all_faults_start_from_has_none() -> None:
    record = read_master_record(GOOD)
    wash, count = record.step("wash"), record.step("count")
    assert wash and wash.when == 'receive.look == "turbid" or receive.viable < 1' and wash.open and wash.clearance
    assert count and (count.until, count.repeat) == ("cells > 1e9", 8)
    receive = record.step("receive")
    assert receive and receive.sop == "SOP-101/2" and receive.qualifications == ("gowning",)
    assert str(receive.field("volume").alerts) == "at least 40 mL"  # type: ignore[union-attr]
    assert receive.field("used").of == "lot"  # type: ignore[union-attr]


def test_a_hold_warns_at_80_percent_of_its_limit_unless_it_says_otherwise() -> None:
    first, second = read_master_record(GOOD).holds
    assert (first.limit_minutes, first.warn_minutes, first.severity) == (240, 192, "critical")
    assert first.segments == (("receive.at", "receive"), ("wash", "count")) and first.because == "ours"
    assert second.warn_minutes == 45


def changed(old: str, new: str) -> tuple[str, int]:
    """The good record with one text changed, and the line of the change."""
    assert GOOD.count(old) == 1, f"{old} stands there {GOOD.count(old)} times"
    before = GOOD[:GOOD.index(old)] + commonprefix([old, new])
    return GOOD.replace(old, new), before.count("\n") + 1


def refused(text: str) -> list[str]:
    with pytest.raises(Refused) as refusal:
        read_master_record(text)
    return refusal.value.fields["text"]


@pytest.mark.parametrize(("old", "new", "said"), [
    # ids
    ("- id: second", "- id: first", "the phase id “first” is used a second time"),
    ("- id: recheck", "- id: wash", "the step id “wash” is used a second time"),
    ("{id: used", "{id: lot", "step “receive”: the field id “lot” is used a second time"),
    ("- {id: filling", "- {id: open", "the hold id “open” is used a second time"),
    ("- {id: filling", "- {id: Filling", "hold “Filling”: the id has to be"),
    ("- id: recheck", "- id: re-check", "step “re-check”: the id has to be"),
    # labels
    ("- {kind: harvest}", "- {kind: vessel}", "the label of a vessel is listed twice"),
    ("- {kind: harvest}", "- {kind: dose bag}", "“dose bag” is not one of: collection bag, vessel, harvest"),
    ("- {kind: harvest}", "- {kind: harvest, keep: cellar}", "“cellar” is not one of: room, refrigerated"),
    ("- {kind: harvest}", "- {keep: room}", "labels 2 kind"),
    # the plan of samples
    ("- {id: reserve", "- {id: safety", "the sample id “safety” is used a second time"),
    ("- {id: reserve", "- {id: Reserve", "sample “Reserve”: the id has to be"),
    ("title: Reserve, step: fill", "title: Reserve, step: pour", "sample “reserve”: there is no step “pour”"),
    ('receipt_minutes: "60",\n   retain_days: 365}', 'receipt_minutes: "60"}',
     "sample “reserve”: it has no test and is not kept"),
    ("tests: [gram]", "tests: [gram, gram]", "sample “safety”: a test is listed twice"),
    ('volume_ml: "10"', 'volume_ml: "0"', "sample “safety”: the volume of a tube is more than 0 mL"),
    ('receipt_minutes: "60"', 'receipt_minutes: "0"', "sample “reserve”: the time until receipt is more than 0"),
    ('low_c: "2"', 'low_c: "9"', "sample “safety”: low_c lies above high_c"),
    ("retain_days: 365", "retain_days: 0", "“0” is not a whole number from 1 to 20000"),
    ('step: fill, container_kind: dose bag', 'step: fill, container_kind: bucket', "“bucket” is not one of"),
    ('receipt_minutes: "60",', "", "receipt_minutes"),
    # units and limits
    ('label: Volume, kind: number, unit: mL, low: "30"', 'label: Volume, kind: number, unit: ml, low: "30"',
     "“ml” is not a unit known here"),
    ('alert_low: "40"', 'alert_low: "29"', "alert_low 29 lies outside the limits (30 to 600 mL)"),
    ('alert_low: "40"', 'alert_high: "601"', "alert_high 601 lies outside the limits"),
    ('alert_low: "40"', 'alert_low: "50", alert_high: "40"', "alert_low lies above alert_high"),
    ("kind: time}\n    - {id: note", 'kind: time, alert_low: "1"}\n    - {id: note', "a time has no alert limits"),
    ('kind: calculated, unit: min', 'kind: calculated, unit: minutes', "“minutes” is not a unit known here"),
    # fields
    ("of: lot}", "of: look}", "“look” is no scanned lot of this step; there are: lot"),
    ("kind: reading, unit: ug/mL", "kind: reading, unit: ug/mL, of: lot", "only a number can be an amount of a lot"),
    ("kind: reading, unit: ug/mL", "kind: reading, unit: ug/mL, blind: true", "a reading cannot be read again blind"),
    ("kind: text, optional: true", "kind: text, blind: true", "a text cannot be read again blind"),
    ("kind: scan room", "kind: scan room, equipment_kind: hood", "equipment_kind belongs to scanned equipment"),
    ("kind: reading, unit: ug/mL", "kind: reading, unit: ug/mL, formula: volume", "a formula belongs to a calculated"),
    ("    - {id: cells, label: Viable cells, kind: calculated, unit: \"{cells}\", formula: viable * volume * 1e6}",
     "    - {id: cells, label: Viable cells, kind: calculated, unit: \"{cells}\"}", "which needs it"),
    # steps
    ("sop: SOP-101/2", "sop: SOP 101", "“SOP 101” is no SOP"),
    ("sop: SOP-101/2", "sop: SOP-101/0", "is no SOP"),
    ("qualifications: [gowning]", "qualifications: [gowning, gowning]", "a qualification is listed twice"),
    # formulas
    ("formula: viable * volume * 1e6}\n    - {id: free", "formula: viable * volume}\n    - {id: free",
     "off by a factor of 1000000 from cells"),
    ("formula: viable * volume * 1e6}\n    - {id: free", "formula: viable * weight * 1e6}\n    - {id: free",
     "it names “weight”, which is no field of this step"),
    ("formula: viable * volume * 1e6}\n    - {id: free", "formula: viable * note}\n    - {id: free",
     "it names “note”, a text, which nothing can be calculated with"),
    ("formula: viable * volume * 1e6}\n    - {id: free", "formula: viable * lot}\n    - {id: free",
     "it names “lot”, a scan lot, which"),
    ("formula: viable * volume * 1e6}\n    - {id: free", "formula: count.viable * volume * 1e6}\n    - {id: free",
     "it names “count.viable”, which comes later"),
    ("formula: viable * volume * 1e6}\n    - {id: free", "formula: receive.viable * volume * 1e6}\n    - {id: free",
     "it names “receive.viable” of this step. Write “viable” alone"),
    ("formula: viable * volume * 1e6}\n    - {id: free", "formula: viable + volume}\n    - {id: free",
     "adds or subtracts cells/mL and mL"),
    ("formula: viable * volume * 1e6}\n    - {id: free", "formula: viable > volume}\n    - {id: free", "compares"),
    ("formula: viable * volume * 1e6}\n    - {id: free", "formula: viable *}\n    - {id: free", "cannot be read"),
    ("formula: viable * volume * 1e6}\n    - {id: free", "formula: cells * 2}\n    - {id: free",
     "it goes round in a circle: cells → cells"),
    ("formula: cells / receive.cells", "formula: cells / receive.nothing", "“receive.nothing”, which there is not"),
    ("formula: cells / receive.cells", "formula: cells / recieve.cells", "“recieve.cells”, which there is not"),
    ("formula: cells / receive.cells", "formula: cells", "comes out in cells; the unit is 1"),
    # conditions
    ("when: wash.volume > 5", "when: wash.volume > 5 and wash.volume < 4", "can never hold, whatever is entered"),
    ("when: wash.volume > 5", "when: 1 == 2", "names no value"),
    ("when: wash.volume > 5", "when: wash.volume", "neither true nor false"),
    ("when: wash.volume > 5", "when: count.volume > 5", "which comes later"),
    ("when: wash.volume > 5", "when: viable > 5", "is entered in the step itself"),
    ("when: wash.volume > 5", "when: volume > 5", "is no field of this step"),
    ("when: wash.volume > 5", "when: wash.gone > 5", "which there is not"),
    ("when: wash.volume > 5", "when: wash.volume > ", "cannot be read as a formula"),
    ("when: wash.volume > 5", "when: wash.volume = 5", "Write == to compare"),
    ("when: wash.volume > 5", 'when: receive.look == "cloudy"', "“cloudy”, which can never be the answer"),
    ("when: wash.volume > 5", "when: receive.note == 'x'", "a text, which nothing can be calculated with"),
    ("when: wash.volume > 5", 'when: wash.volume > 5 and receive.look == "clear" and receive.viable > 2',
     "it can never be reached: "),
    ("until: cells > 1e9", "until: cells > 1e9 and cells < 1e8", "can never hold, whatever is entered"),
    ("until: cells > 1e9", "until: fill.took > 3", "which comes later"),
    ("until: cells > 1e9", "until: cells", "neither true nor false"),
    # holds
    ("[[fill.began, fill.ended]]", "[[fill.began, fill.stopped]]",
     "the field “stopped”, which step “fill” does not have"),
    ("[[fill.began, fill.ended]]", "[[filling, fill.ended]]", "names the step “filling”, which there is not"),
    ("[[fill.began, fill.ended]]", "[[fill.took, fill.ended]]", "fill.took is a calculated, not a time"),
    ("[[fill.began, fill.ended]]", "[[fill.ended, fill.began]]", "fill.began does not come after fill.ended"),
    ("[[fill.began, fill.ended]]", "[[fill, fill.ended]]", "fill.ended does not come after fill"),
    ("[[fill.began, fill.ended]]", "[[fill.began, fill.began]]", "does not come after"),
    ("[[fill.began, fill.ended]]", "[[count, fill.ended]]",
     "lie on two sides of the part that is done once per harvest"),
    ("[[fill.began, fill.ended]]", "[[fill.began]]", "written [start, stop]"),
    ("[[fill.began, fill.ended]]", "[]", "it has no segment"),
    ('warn_minutes: "45"', 'warn_minutes: "61"', "the warning at 61 min comes after the limit at 60 min"),
    ('warn_minutes: "45"', 'warn_minutes: "0"', "after more than 0 minutes"),
    ('limit_minutes: "60"', 'limit_minutes: "0"', "has to be more than 0 minutes"),
    ('limit_minutes: "60"', "limit_minutes: 60", "60 is written without quotes"),
    ('limit_minutes: "60", ', "", "limit_minutes: This is blank"),
    # shapes
    ("repeat: 8", "repeat: 0", "step “count”: repeat: “0” is not a whole number from 1 to 99"),
    ("open: true", "open: yes", "step “wash”: open: “yes” is neither true nor false"),
    ("title: Wash once more", "title: 7", "7 without quotes is not read as text"),
    ("[clear, turbid]", "[clear, no]", "choices 2: no without quotes is not read as text"),
    ("severity: critical", "severity: ''", "is not one of: minor, major, critical"),
    ("optional: true\n", "optional: true\n    colour: red\n", "step “recheck”: colour: This field is not known here"),
])
def test_a_fault_is_told_with_its_line(old: str, new: str, said: str) -> None:
    text, line = changed(old, new)
    told = [one for one in refused(text) if said in one]
    assert told, refused(text)
    assert told[0].startswith(f"Line {line}: ")


def test_what_is_open_needs_a_scanned_room() -> None:
    text, _ = changed("    - {id: room, label: Room, kind: scan room}\n", "")
    line = GOOD[:GOOD.index("    open: true")].count("\n") + 1
    assert refused(text) == [
        f"Line {line}: step “wash”: product is open in it, so it needs a field of kind scan room.",
        f"Line {line + 1}: step “wash”: line clearance is of a room, so it needs a field of kind scan room."]


def test_a_time_that_holds_a_clock_is_always_entered() -> None:
    text, _ = changed("label: Ended, kind: time}", "label: Ended, kind: time, optional: true}")
    line = GOOD[:GOOD.index("- {id: filling")].count("\n") + 1
    assert refused(text) == [f"Line {line}: hold “filling”: fill.ended is optional; a time that starts or stops a "
                             "clock is always entered."]


def test_until_belongs_to_a_step_that_repeats() -> None:
    text, line = changed("    repeat: 8\n", "")
    assert f"Line {line}: step “count”: “until” belongs to a step with “repeat”." in refused(text)


def test_a_circle_of_calculated_values_is_told_once_with_the_way_round() -> None:
    text, line = changed("formula: viable * volume * 1e6}\n    - {id: fold",
                         "formula: fold * receive.cells}\n    - {id: fold")
    assert refused(text) == [
        f"Line {line}: step “count”, field “cells”: it goes round in a circle: cells → fold → cells."]


def test_a_step_that_depends_on_a_step_nobody_can_reach_is_told_as_well() -> None:
    text, line = changed('when: receive.look == "turbid" or receive.viable < 1',
                         "when: receive.viable < 1 and receive.viable > 2")
    told = refused(text)
    assert told[0].startswith(f"Line {line}: step “wash”: ") and "can never hold" in told[0]
    assert "step “recheck”: it can never be reached: it needs a value of step “wash”, which is never done." in told[1]


def test_a_unit_that_is_unknown_is_told_once_and_not_again_by_every_formula() -> None:
    text, _ = changed('label: Volume, kind: number, unit: mL, low: "30"',
                      'label: Volume, kind: number, unit: ml, low: "30"')
    assert len(refused(text)) == 1


def test_faults_of_writing_shape_and_content_are_told_together_in_order() -> None:
    text = GOOD.replace("sop: SOP-101/2", "sop: SOP-101/2\n    sop: SOP 1").replace("repeat: 8", "repeat: many")
    text = text.replace('high: "600"', 'high: "20"')
    told = refused(text)
    lines = [int(re.match(r"Line (\d+)", one)[1]) for one in told]  # type: ignore[index]
    assert lines == sorted(lines)
    for said in ("stands there twice", "low lies above high", "is not a whole number", "“SOP 1” is no SOP"):
        assert any(said in one for one in told), said


def test_what_is_judged_by_a_faulty_key_beside_it_is_not_told_as_well() -> None:
    text, line = changed("repeat: 8", "repeat: 0")
    assert refused(text) == [f"Line {line}: step “count”: repeat: “0” is not a whole number from 1 to 99."]
    text, line = changed('limit_minutes: "60"', "limit_minutes: 60")
    assert len(refused(text)) == 1
