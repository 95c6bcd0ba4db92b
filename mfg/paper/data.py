"""Where the label layouts and their example facts lie, in a checkout and in an installed wheel.

It finds files and puts what belongs together into one text; what it means is decided in `layout_text.py`.
"""

from __future__ import annotations

import importlib.resources
import json
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from mfg import strict_yaml
from mfg.facts import Refused


def labels_home() -> Traversable:
    """The folder of layouts: the package data `mfg._labels` of a wheel, else `labels/` of the checkout."""
    try:
        packaged = importlib.resources.files("mfg._labels")
    except ModuleNotFoundError:
        packaged = None
    if packaged is not None and (packaged / "statements.yaml").is_file():
        return packaged
    return Path(__file__).resolve().parents[2] / "labels"


@cache
def layout_names() -> tuple[str, ...]:
    """The names of the layouts that come with the product, sorted."""
    files = (entry.name for entry in labels_home().iterdir())
    return tuple(sorted(name[:-5] for name in files if name.endswith(".yaml") and name != "statements.yaml"))


def read_layout(name_or_path: str | Path) -> str:
    """The YAML text of a layout, by its name (`dose_bag`) or by a path to a file."""
    given = str(name_or_path)
    if given in layout_names():
        return (labels_home() / f"{given}.yaml").read_text(encoding="utf-8")
    try:
        return Path(given).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        known = ", ".join(layout_names())
        raise Refused(f"The label layout {given!r} cannot be read. Give one of {known}, "
                      "or the path of a layout file in UTF-8.", kind="not found") from error


def read_statements() -> str:
    """The YAML text of the label statements."""
    return (labels_home() / "statements.yaml").read_text(encoding="utf-8")


@cache
def shipped_layout(name: str) -> str:
    """A shipped layout as one self-contained text: the layout, the statements and words it uses, the languages by
    country, and an example of its facts."""
    if name not in layout_names():
        raise Refused(f"No layout {name!r} is shipped. There are {', '.join(layout_names())}.", kind="not found")
    example = (labels_home() / "examples" / f"{name}.json").read_text(encoding="utf-8")
    return whole(read_layout(name), example=json.loads(example))


def whole(text: str, *, example: dict[str, str] | None = None) -> str:
    """The text of a layout with the shipped statements, words and countries it leaves out; as it is where it cannot be
    read, because that is told by who reads it."""
    try:
        data = strict_yaml.read(text).data
    except strict_yaml.Unreadable:
        return text
    if not isinstance(data, dict):
        return text
    parts = {key: part for key, part in _shared(data, example or {}).items() if key not in data}
    written: str = yaml.safe_dump(parts, allow_unicode=True, sort_keys=False, width=110)
    return text.rstrip("\n") + "\n" + written if parts else text


def _shared(data: dict[str, Any], example: dict[str, str]) -> dict[str, Any]:
    """Of what all layouts share, what the elements of this one name."""
    shared = strict_yaml.read(read_statements()).data
    listed = data.get("elements")
    elements = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    named = [name for one in elements if isinstance(one.get("of"), list) for name in one["of"] if isinstance(name, str)]
    spoken = [one.get(key) for one in elements for key in ("caption", "text")]
    used = [text for text in spoken if isinstance(text, str) and text in shared["words"]]
    return {"statements": {name: shared["statements"][name] for name in named if name in shared["statements"]},
            "words": {text: shared["words"][text] for text in used},
            "countries": shared["countries"], "example": example}
