"""Where the folders beside `mfg/` lie: in a checkout next to it, in an installed wheel inside it.

Only for what is shipped (templates, labels, migrations). Where an installation keeps its own data is a setting.
"""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
SHIPPED = ("templates", "labels", "migrations")


def shipped(name: str) -> Path:
    """The folder of that name, one of SHIPPED. A broken installation is said plainly.

    >>> shipped("templates").name.lstrip("_")
    'templates'
    """
    if name not in SHIPPED:
        raise ValueError(f"{name!r} is not shipped; one of {SHIPPED} was expected")
    for place in (PACKAGE / f"_{name}", PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"The folder {name} of this program is missing; install it again.")
