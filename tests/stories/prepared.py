"""A dose just before its release, made once by acts and then copied: stories begin where the work is done."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from mfg import identity
from mfg.ledger import playing_at
from tests.databases import Databases
from tests.office import CHEAP, Office, prepare
from tests.release.story import CarefulPlant, Story, ready

_made: dict[str, Any] = {}


def prepare_ready(url: str) -> None:
    """People, documents, lots, a batch with every step done, and a dose tested and labelled: see `ready`."""
    prepare(url)
    folder = Path(f"{make_url(url).database}.home")
    folder.mkdir()
    office = Office(url, folder)
    with playing_at(lambda: office.now):
        _made["story"], _made["folder"] = ready(office), folder
    _made["now"] = office.now
    office.close()


@contextmanager
def released_soon(databases: Databases, folder: Path) -> Iterator[Story]:
    """A story of one's own: everything well, only the final read of sterility is open, nobody has decided."""
    identity.ARGON2.update(CHEAP)
    url = databases.fresh("sqlite", prepare_ready)
    shutil.copytree(_made["folder"], folder, dirs_exist_ok=True)
    office = Office(url, folder)
    office.now = _made["now"]
    with playing_at(lambda: office.now):
        yield replace(_made["story"], office=office, plant=_at_work(office, _made["story"].plant))
    office.close()
    databases.discard(url)


def _at_work(office: Office, template: CarefulPlant) -> CarefulPlant:
    """The same plant in another office; its documents and lots are there already."""
    plant = object.__new__(CarefulPlant)
    plant.__dict__ = template.__dict__ | {"office": office, "lots": dict(template.lots), "held": dict(template.held)}
    return plant
