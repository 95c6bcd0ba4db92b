"""A record that is written is read again as the same one, and the published schema takes what the program takes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mfg.recipes.master import (
    FieldSpec,
    Hold,
    Labelled,
    LoadingLimits,
    MasterRecord,
    Phase,
    Sampled,
    Setting,
    Step,
)
from mfg.recipes.published import master_record_schema
from mfg.recipes.reading import example, read_master_record, read_specification
from mfg.recipes.writing import written
from tests.recipes.good import GOOD

SCHEMA = master_record_schema()


@pytest.mark.parametrize("text", [example("master record"), GOOD], ids=["shipped", "small"])
def test_a_master_record_that_is_written_is_read_as_the_same_one(text: str) -> None:
    record = read_master_record(text)
    assert read_master_record(written(record)) == record
    assert written(read_master_record(written(record))) == written(record)


def test_a_specification_that_is_written_is_read_as_the_same_one() -> None:
    read = read_specification(example("specification"))
    assert read_specification(written(read)) == read


words = st.text(st.characters(exclude_categories=["C", "Zl", "Zp", "Zs"], include_characters=" "), min_size=1,
                max_size=30).filter(lambda one: one == one.strip() and one)
hostile = words | st.sampled_from(["no", "yes", "1.5", "null", "~", "&a", "*a", "!x", "- a", "a: b", "{x}", "# c",
                                   "'", '"', "2026-11-20", "0x10", "1e7", "=", "<<", "%", "@", "`", "a\nb", "true"])
numbers = st.decimals("0", "1e9", places=3).map(lambda one: one + 0)
settings_ = st.builds(Setting, numbers | st.none(), hostile) | st.builds(Setting, numbers)


@given(hostile, hostile, hostile, numbers, settings_, settings_)
def test_whatever_people_write_in_words_comes_back(title: str, label: str, because: str, amount: Decimal,
                                                   hours: Setting, limit: Setting) -> None:
    one = FieldSpec("a", label, "number", "mL", low=amount, alert_low=amount + 1, because=because)
    other = FieldSpec("b", label, "choice", choices=(label, label + "."), not_good=(label,))
    at = FieldSpec("at", label, "time")
    step = Step("s", title, because, "SOP-1/2", (one, other, at), critical=True, qualifications=(label,))
    hold = Hold("h", title, (("s.at", "s"),), amount + 1, amount + 1, because, "minor", because)
    record = MasterRecord("K", title, (Phase("p", title, (step,)),), hours, LoadingLimits(retention_hours=limit),
                          (hold,))
    assert read_master_record(written(record)) == record


# --- the published schema -----------------------------------------------------------------------------------------


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"] == "/api/v1/schemas/master-record.json"
    assert set(SCHEMA["$defs"]) == {"phase", "step", "field", "loading", "hold", "loss", "labelled", "sampled"}


@pytest.mark.parametrize("text", [example("master record"), GOOD], ids=["shipped", "small"])
def test_the_schema_takes_what_the_program_takes(text: str) -> None:
    jsonschema.validate(yaml.safe_load(text), SCHEMA)
    jsonschema.validate(yaml.safe_load(written(read_master_record(text))), SCHEMA)


@pytest.mark.parametrize(("old", "new"), [
    ('low: "30"', "low: 30"), ("repeat: 8", "repeat: 0"), ("open: true", "open: 1"),
    ("staged: 3", "staged: 3\n  colour: red"),
    ("kind: harvest", "kind: dose bag"), ("keep: incubator", "keep: cellar"),
    ("kind: scan room", "kind: scan door"), ("severity: critical", "severity: grave"),
    ("unit: mL, of", "unit: ml, of"),
    ("[[fill.began, fill.ended]]", "[[fill.began]]"), ("title: Fill\n  staged", "staged"),
    ('limit_minutes: "60", ', ""),
])
def test_the_schema_refuses_what_the_program_refuses_for_its_shape(old: str, new: str) -> None:
    assert GOOD.count(old) == 1
    data: Any = yaml.safe_load(GOOD.replace(old, new))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, SCHEMA)


def test_every_key_the_program_knows_is_in_the_schema() -> None:
    keys = {name for part in (SCHEMA, *SCHEMA["$defs"].values()) for name in part["properties"]}
    for one in (FieldSpec, Step, Phase, Hold, MasterRecord, LoadingLimits, Labelled, Sampled):
        assert set(one.__slots__) <= keys, one.__name__
