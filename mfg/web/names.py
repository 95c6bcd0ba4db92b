"""Person codes on a page, shown with the printed name beside them. It changes what is shown, never what is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.identity import Person

CODE = re.compile(r"\bP-\d{4,}\b")
LEFT_ALONE = frozenset({"url", "code", "svg_url", "hash", "action"})


def printed_names(session: Session) -> dict[str, str]:
    """Printed name by person code."""
    return {code: name for code, name in session.execute(select(Person.code, Person.printed_name))}


def with_names(found: Any, names: Mapping[str, str]) -> Any:
    """The same plain data with “P-0002” read as “Operator 1 (P-0002)” wherever a person reads it."""
    if isinstance(found, str):
        return CODE.sub(lambda code: f"{names[code[0]]} ({code[0]})" if code[0] in names else code[0], found)
    if isinstance(found, Mapping):
        return {key: value if key in LEFT_ALONE else with_names(value, names) for key, value in found.items()}
    if isinstance(found, (list, tuple)):
        return type(found)(with_names(one, names) for one in found)
    return found
