"""Strict YAML: plain data with the line of everything, and none of what YAML does behind one's back."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mfg.strict_yaml import DEEPEST, Bare, Unreadable, path_text, read

TEXT = """\
key: A
list:
- first
- id: x
  deep: {inner: [1, "2"]}

words: |
  two
  lines
"""


def test_plain_data_comes_out_as_it_stands() -> None:
    assert read(TEXT).data == {"key": "A", "list": ["first", {"id": "x", "deep": {"inner": [1, "2"]}}],
                               "words": "two\nlines\n"}


@pytest.mark.parametrize(("path", "line"), [
    ((), 1), (("key",), 1), (("list",), 2), (("list", 0), 3), (("list", 1), 4), (("list", 1, "id"), 4),
    (("list", 1, "deep"), 5), (("list", 1, "deep", "inner", 1), 5), (("words",), 7)])
def test_the_line_of_every_key_and_item_is_known(path: tuple[str | int, ...], line: int) -> None:
    assert read(TEXT).lines[path] == line


def test_what_is_not_there_is_on_the_line_of_what_holds_it() -> None:
    assert read(TEXT).line(("list", 1, "deep", "missing", 3)) == 5


@pytest.mark.parametrize("written", ["1.5", "1.0e+7", ".5", "0x10", "010", "10:15", "yes", "No", "on", "2026-11-20",
                                     "1_000", ".inf", ".nan", "TRUE"])
def test_a_scalar_that_yaml_would_interpret_stays_as_it_was_written(written: str) -> None:
    assert read(f"a: {written}").data == {"a": Bare(written)}


@pytest.mark.parametrize(("written", "value"), [("true", True), ("false", False), ("12", 12), ("-3", -3), ("0", 0),
                                                ("null", None), ("", None), ("'yes'", "yes"), ('"1.5"', "1.5"),
                                                ("1e7", "1e7")])
def test_what_cannot_be_misread_is_read(written: str, value: object) -> None:
    assert read(f"a: {written}").data == {"a": value}


@pytest.mark.parametrize(("text", "line", "said"), [
    ("a: 1\nb: 2\na: 3\n", 3, "“a” stands there twice"),
    ("x:\n- {id: a, id: b}\n", 2, "“x[0].id” stands there twice"),
    ("a: 1\n1: b\n", 2, "“1” is not a name"),
    ("a: 1\n? [x]\n: b\n", 2, "is not a name"),
    ("a: 1\n? {x: y}\n: b\n", 2, "is not a name"),
    ("yes: b\n", 1, "“yes” is not a name"),
    ("a:\n  <<: {b: 1}\n", 2, "“<<” is not a name"),
    ("a: 1\nb: !mine {c: 1}\n", 2, "tag “!mine”"),
    ("a: !mine b\n", 1, "tag “!mine”"),
    ("- !!set {a, b}\n", 1, "tag “tag:yaml.org,2002:set”"),
    ("a: !!binary aGk=\n", 1, "tag “tag:yaml.org,2002:binary”"),
    ("!!python/object/apply:os.getcwd []", 1, "is not read"),
])
def test_a_trap_is_named_with_its_line_and_the_rest_is_read_on(text: str, line: int, said: str) -> None:
    (problem,) = read(text).sentences()
    assert problem.startswith(f"Line {line}: ") and said in problem


@pytest.mark.parametrize(("text", "line", "said"), [
    ("a: 1\nb: &x [1]\n", 2, "anchors and aliases"),
    ("a: &x 1\nb: *x\n", 1, "anchors and aliases"),
    ("a: 1\nb: [unclosed\n", 3, "not readable YAML"),
    ("a: 1\n\tb: 2\n", 2, "not readable YAML"),
    ("a: \x00", 1, "not readable YAML"),
    ("\n" * 4 + "a: " + "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), 5, "nested deeper"),
    ("[" * 3000, 1, "nested deeper"),
    ("", 1, "is empty"), ("# only a comment\n", 1, "is empty"),
    ("a: 1\n---\nb: 2\n", 2, "another document"),
])
def test_what_cannot_be_read_safely_is_refused_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(text)
    assert refused.value.why.startswith(f"Line {line}: ") and said in refused.value.why
    assert refused.value.kind == "input"


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    pairs = zip("abcdefgh", "bcdefghi", strict=True)
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in pairs)
    with pytest.raises(Unreadable, match="anchors and aliases"):
        read(bomb)


def test_a_text_that_is_too_long_is_not_looked_at() -> None:
    with pytest.raises(Unreadable, match="11 characters; at most 10"):
        read("a: 12345678", what="recipe", longest=10)
    assert read("a: 1234567", longest=10).data == {"a": 1234567}


def test_a_place_is_written_as_people_read_it() -> None:
    assert path_text(("dose", "cohorts", 0, "cells")) == "dose.cohorts[0].cells"


words = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=12)
plain = st.recursive(st.none() | st.booleans() | st.integers(-10**11, 10**11) | words,
                     lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                         st.from_regex(r"[a-z]{3,6}", fullmatch=True), inner, max_size=3), max_leaves=12)


@given(st.dictionaries(st.from_regex(r"k[a-z]{2,5}", fullmatch=True), plain, min_size=1, max_size=3))
def test_whatever_is_written_plainly_is_read_back(data: dict[str, object]) -> None:
    tree = read(yaml.safe_dump(data, allow_unicode=True))
    assert tree.problems == () and tree.data == data


@given(st.text(alphabet="ab:-[]{}&*!|>'\"#%@,? \n0.1", max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    """It is read, with a line for every part, or refused with a sentence; nothing else."""
    try:
        tree = read(text)
    except Unreadable as refused:
        assert refused.why.startswith("Line ")
    else:
        assert () in tree.lines and all(line > 0 for line, _ in tree.problems)
