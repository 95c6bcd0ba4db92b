"""A code in a cell leads to its record; what is none stays text. Every place of the menu and of a code is a page."""

from __future__ import annotations

from typing import Any

import pytest

from mfg.app import rooms
from mfg.doors import LEADS, leads
from mfg.web.pages import NAV

#: pages that a screen module or the web itself draws
DRAWN = {"/", "/printers"}


@pytest.mark.parametrize(("code", "url"), [
    ("S-0003", "/samples/S-0003"), ("R-000008", "/results/R-000008"), ("OOS-0001", "/oos/OOS-0001"),
    ("DEV-0002", "/deviations/DEV-0002"), ("NK-26-001", "/batches/NK-26-001"), ("NK-26-001-D1", "/doses/NK-26-001-D1"),
    ("NK-26-001-C06", "/containers/NK-26-001-C06"), ("RCL-0001", "/recalls/RCL-0001"),
])
def test_a_code_leads_to_its_record(code: str, url: str) -> None:
    assert leads(code) == {"text": code, "url": url, "code": True}


@pytest.mark.parametrize("text", ["", "not known", "S-", "S-x", "XX-0001", "NK-26-001-X1", "NK-26-001/count",
                                  "S-0003, fill 1"])
def test_what_is_no_code_stays_text(text: str) -> None:
    assert leads(text) == text


def test_every_place_of_the_menu_and_of_a_code_is_there() -> None:
    paths = {page.path for module in rooms("pages") for page in getattr(module, "PAGES", ())}
    assert {one["url"] for one in NAV} - DRAWN <= paths
    assert len({one["url"] for one in NAV}) == len(NAV) and all(one["group"] for one in NAV)
    lists: Any = {path.split("/")[1] for path in paths if path.count("/") == 2 and "<" in path}
    assert set(LEADS.values()) <= lists
