"""A trial protocol's YAML: read strictly, refused in the words of a protocol. How it is read is `strict_yaml.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mfg import strict_yaml
from mfg.facts import Refused
from mfg.strict_yaml import Bare as Bare
from mfg.strict_yaml import Path as Path
from mfg.strict_yaml import path_text as path_text

LONGEST = 200_000


def read(text: str) -> tuple[Any, Mapping[Path, int]]:
    """The data and the line of every key and item; Refused with sentences when it cannot be read safely."""
    try:
        tree = strict_yaml.read(text, what="trial protocol", longest=LONGEST)
    except strict_yaml.Unreadable as broken:
        raise refused(broken.why) from broken
    if tree.problems:
        raise refused(*tree.sentences())
    return tree.data, tree.lines


def refused(*problems: str) -> Refused:
    """One refusal that carries every problem, a sentence a line, and as a list in `fields`."""
    return Refused("\n".join(problems), kind="input", fields={"protocol": list(problems)})
