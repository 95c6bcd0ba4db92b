"""Master records and specifications from YAML: ours can be read, and every fault is named with its line."""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from mfg.facts import Refused
from mfg.recipes.reading import example, read_master_record, read_specification

SMALL: dict[str, Any] = {
    "key": "TINY", "title": "A process of one step", "shelf_life_hours": "24",
    "phases": [{"id": "one", "title": "One", "steps": [{
        "id": "weigh", "title": "Weigh", "instruction": "Weigh it.",
        "fields": [{"id": "mass", "label": "Mass", "kind": "number", "unit": "g", "low": "1.5", "high": "2"}]}]}]}


def small(**field: Any) -> dict[str, Any]:
    """The small record with its only field changed."""
    made: dict[str, Any] = yaml.safe_load(yaml.safe_dump(SMALL))
    made["phases"][0]["steps"][0]["fields"][0] |= field
    return made


def refusal(record: Any) -> str:
    """What is said about the record; it must be refused."""
    return " ".join(faults(record if isinstance(record, str) else yaml.safe_dump(record)))


def faults(text: str) -> list[str]:
    """Every sentence said about the text, each of which has its line."""
    with pytest.raises(Refused) as refused:
        read_master_record(text)
    assert refused.value.kind == "input"
    told = refused.value.fields["text"]
    assert all(re.match(r"Line \d+: \S", one) and one[-1] in ".?" for one in told), told
    assert all(one in refused.value.why for one in told)
    return told


def test_our_master_record_covers_the_process_in_order() -> None:
    record = read_master_record(example("master record"))
    assert [phase.id for phase in record.phases] == [
        "receipt", "wash", "depletion", "seed", "culture", "safety", "harvest", "loading", "wash_off",
        "fill", "sampling"]
    count = record.step("count")
    assert count is not None and count.repeat == 8
    assert [one.role for one in record.step("harvest").fields].count("count.viable_per_ml") == 3  # type: ignore[union-attr]


def test_limits_of_ours_are_marked_as_assumed() -> None:
    record = read_master_record(example("master record"))
    assert record.loading is not None
    assert record.shelf_life_hours.assumed and record.loading.retention_hours.assumed
    assert record.loading.contact_minutes_low.because == "60 min less 10 %, after the published 1 h"


def test_numbers_stay_as_they_were_written() -> None:
    field = read_master_record(yaml.safe_dump(small(low="0.1", high="0.30"))).step("weigh").fields[0]  # type: ignore[union-attr]
    assert (field.low, field.high) == (Decimal("0.1"), Decimal("0.30"))


def test_a_parameter_may_be_stated_assumed_or_unknown() -> None:
    loading = {"retention_hours": "12", "recovery_percent_min": {"value": "70", "because": "ours"},
               "loaded_percent_min": None}
    read = read_master_record(yaml.safe_dump(SMALL | {"loading": loading})).loading
    assert read is not None
    assert (read.retention_hours.value, read.retention_hours.assumed) == (Decimal(12), False)
    assert (read.recovery_percent_min.value, read.recovery_percent_min.assumed) == (Decimal(70), True)
    assert read.loaded_percent_min.value is None and read.mfi_ratio_min.value is None


@pytest.mark.parametrize(("field", "said"), [
    ({"low": 1.5}, "without quotes"),
    ({"low": 1}, "without quotes"),
    ({"low": "NaN"}, "plain number"),
    ({"low": "1e400"}, "plain number"),
    ({"low": "3"}, "low lies above high"),
    ({"unit": "grams"}, "“grams” is not a unit known here"),
    ({"unit": ""}, "“” is not a unit known here"),
    ({"kind": "colour"}, "not one of"),
    ({"color": "red"}, "color: This field is not known here"),
    ({"role": "count.viabel"}, "not a role known here"),
    ({"role": "count.viability"}, "the role count.viability is a number in %"),
    ({"id": "Mass!"}, "lower-case letters"),
    ({"severity": "grave"}, "minor, major, critical"),
    ({"kind": "choice", "unit": "", "low": None, "high": None}, "a choice needs them"),
    ({"lot_kind": "medium"}, "lot_kind belongs to a scanned lot"),
    ({"not_good": ["no"]}, "cannot be chosen"),
    ({"container_kind": "vessel"}, "container_kind belongs"),
])
def test_a_faulty_field_is_refused_by_name(field: dict[str, Any], said: str) -> None:
    assert said in refusal(small(**field))


def test_an_empty_phase_is_refused() -> None:
    record = small()
    record["phases"].append({"id": "two", "title": "Two", "steps": []})
    assert "phase “two” has no step" in refusal(record)


def test_duplicate_ids_are_refused() -> None:
    record = small()
    record["phases"].append(small()["phases"][0])
    why = refusal(record)
    assert "the phase id “one” is used a second time" in why and "the step id “weigh” is used a second time" in why


def test_all_faults_are_told_at_once() -> None:
    record = small(unit="grams", role="nothing", low=1.5, colour="red")
    assert refusal(record).count("step “weigh”, field “mass”: ") == 4


@pytest.mark.parametrize(("text", "said"), [
    ("key: A\nkey: B\ntitle: t\nphases: []\n", "Line 2: the key “key” stands there twice"),
    ("a: &x [1]\nb: *x\n", "Line 1: anchors and aliases"),
    pytest.param("[" * 3000, "nested deeper", id="deep"),
    ("just words", "An object with named fields"),
    ("", "is empty"),
    ("key: [unclosed", "not readable YAML"),
    ("!!python/object/apply:os.getcwd []", "the tag “tag:yaml.org,2002:python"),
    ("a: \x00", "not readable YAML"),
    ("key: A\ntitle: B\nphases: 3\n", "Line 3: phases: Not a valid list"),
    ("key: A\ntitle: B\nphases: [3]\n", "Line 3: phase 1: "),
    ("title: B\nphases: []\n", "Line 1: key: This is blank"),
    ("key: !x A\ntitle: B\nphases: []\n", "Line 1: key has the tag"),
    ("1: A\n", "“1” is not a name"),
])
def test_text_that_is_no_record_is_refused_with_a_sentence(text: str, said: str) -> None:
    assert said in refusal(text)


def test_staged_phases_stand_at_the_end() -> None:
    record = small()
    record["phases"][0]["staged"] = 3
    record["phases"].append({"id": "two", "title": "Two", "steps": [{"id": "x", "title": "X", "instruction": "X"}]})
    assert "staged phases have to stand together at the end" in refusal(record)


def test_our_specification_has_the_tests_before_release_and_one_that_may_come_after() -> None:
    tests = read_specification(example("specification")).tests
    after = [one.id for one in tests if one.timing == "conditional-after"]
    assert after == ["sterility"] and tests[-1].days == 14
    roles = {one.role for one in tests if one.timing == "before" and one.mandatory}
    assert roles >= {"appearance", "viability", "viable_per_ml", "nk_percent", "cd3_percent", "b_cells", "monocytes",
                     "residual_feeder", "cd16_percent", "loaded_percent", "endotoxin", "gram", "in_process_sterility",
                     "mycoplasma", "identity"}


@pytest.mark.parametrize(("change", "said"), [
    ({"unit": "percent"}, "not a unit known here"),
    ({"timing": "conditional-after"}, "only sterility can come after"),
    ({"kind": "sterility", "unit": "", "low": None, "high": None}, "days belong to kind sterility"),
    ({"role": "nk"}, "not a role known here"),
    ({"replicates": 3}, "replicates belong to kind replicates"),
    ({"timing": "later"}, "not one of"),
])
def test_a_faulty_test_is_refused_by_name(change: dict[str, Any], said: str) -> None:
    one = {"id": "t", "title": "T", "method": "m", "scope": "batch", "kind": "number", "unit": "%", "low": "1",
           "high": "2", "timing": "before"} | change
    with pytest.raises(Refused) as refused:
        read_specification(yaml.safe_dump({"key": "S", "title": "S", "tests": [one]}))
    assert said in refused.value.why


def test_published_release_limits_are_not_looser_in_our_specification(shared: Path) -> None:
    """Where our specification names the published comparator, it is at least as strict."""
    with (shared / "inputs/published/nk_release_criteria.csv").open(encoding="utf-8") as file:
        published = {row["test"]: row["criterion"] for row in csv.DictReader(file)
                     if row["source_key"] == "lapteva2012"}
    assert published["feeder cells left"] == "< 0.1 %" and published["endotoxin"] == "< 5.0 EU/mL"
    ours = read_specification(example("specification"))
    feeder, endotoxin, viability = (ours.of_role(one) for one in ("residual_feeder", "endotoxin", "viability"))
    assert feeder and feeder.high == Decimal("0.1")
    assert endotoxin and endotoxin.high == Decimal(5)
    assert published["viability"] == "> 70 %" and viability and viability.low and viability.low > 70
