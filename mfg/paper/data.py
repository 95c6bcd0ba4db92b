"""Where the label layouts and their example facts lie, in a checkout and in an installed wheel.

It only finds and reads files; what they mean is decided in `layout.py`.
"""

from __future__ import annotations

import importlib.resources
from importlib.resources.abc import Traversable
from pathlib import Path

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


def layout_names() -> list[str]:
    """The names of the layouts that come with the product, sorted."""
    files = (entry.name for entry in labels_home().iterdir())
    return sorted(name[:-5] for name in files if name.endswith(".yaml") and name != "statements.yaml")


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
