"""A door: one verb, its body, its act. Pages and JSON are both made from it, so they cannot differ.

Rooms list their doors in `api.py`; `web.py` opens each one twice (an HTML form and a JSON endpoint).
Nothing here knows Flask.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from mfg.fields import Body
from mfg.verbs import VERBS, Verb

Pairs = list[tuple[str, str]]


def _nothing(_session: Session, **_codes: str) -> Any:
    return {}


def _no_pairs(_session: Session, **_codes: str) -> Pairs:
    return []


@dataclass(frozen=True)
class Door:
    """`path` has the codes of the records in <angle brackets>; they and the body become arguments of `call`.

    `where` maps the resulting code to the page to show next. `shows` says what the person is about to
    sign; `prepares` gives per-field overrides for the form (choices, hints, values, unit). `seen` names the
    argument of `call` that takes the version or dossier hash the person saw.
    """

    verb: str
    path: str
    call: Callable[..., str]
    title: str
    main: str
    where: Callable[[str], str]
    body: type[Body] = Body
    intro: str = ""
    danger: bool = False
    shows: Callable[..., Pairs] = _no_pairs
    prepares: Callable[..., Mapping[str, Mapping[str, Any]]] = _nothing
    seen: Callable[..., str] | None = None

    @property
    def row(self) -> Verb:
        """The verb's row: who may, whether it is signed."""
        return VERBS[self.verb]

    @property
    def slug(self) -> str:
        """The verb as it stands in a URL."""
        return self.verb.replace(" ", "-")


@dataclass(frozen=True)
class View:
    """One thing to read as JSON: GET /api/v1{path}. `read` takes the session and the codes of the path."""

    path: str
    read: Callable[..., Any]
    title: str


@dataclass(frozen=True)
class Page:
    """One page to look at: GET {path}. `show` gives what the template needs; it never writes.

    `asks` names what may stand in the address after the question mark; `show` takes each as text, blank when missing.
    """

    path: str
    show: Callable[..., dict[str, Any]]
    template: str = "record.html"
    asks: tuple[str, ...] = ()


#: how a code of ours begins -> where it is shown. Pages of rooms above are known here by their addresses only.
LEADS = {"S": "samples", "R": "results", "OOS": "oos", "SLOT": "slots", "IF": "instrument-files", "DEV": "deviations",
         "CAPA": "capa", "CHG": "changes", "RCL": "recalls", "EXR": "exceptional", "STP": "stops", "NTC": "notices",
         "DEC": "decisions", "EQ": "equipment", "LOT": "lots", "SUB": "recipients", "DON": "donors",
         "COL": "collections", "CC": "controls", "CR": "control-runs", "HO": "handovers"}
#: a batch, and what is written behind its code: a dose, a container
BATCH = re.compile(r"[A-Z]{2}-\d{2}-\d{3,}(-D\d+|-C\d+)?")


def leads(code: str) -> Any:
    """A code as a cell that leads to its record; any other text as it is."""
    begun, _, rest = code.partition("-")
    if begun in LEADS and rest.isdigit():
        return {"text": code, "url": f"/{LEADS[begun]}/{code}", "code": True}
    if found := BATCH.fullmatch(code):
        room = {"": "batches", "D": "doses", "C": "containers"}[(found[1] or "")[1:2]]
        return {"text": code, "url": f"/{room}/{code}", "code": True}
    return code
