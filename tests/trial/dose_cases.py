"""Cases of `mfg dose check` for the tests: one good dose, and ways to change it."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

from mfg.trial.dose_check import Protocols, check_line

PROTOCOLS = Protocols()
LEAVE_OUT = object()
GOOD: dict[str, Any] = {
    "protocol": "NCT06835140", "cohort": "1", "infusion": 1, "decided_at": "2026-11-20T09:00:00Z",
    "weight": {"kg": "70.0", "measured_at": "2026-11-20T07:30:00Z"},
    "bags": [{"volume_ml": "120", "residual_ml": "0", "viable_cells_per_ml": ["6.1e6", "5.9e6", "6.0e6"],
              "nk_percent": "92.0", "cd3_percent": "0.3", "endotoxin_eu_per_ml": "<0.5"}],
}


def changed(changes: Mapping[str, Any], base: Mapping[str, Any] = GOOD) -> dict[str, Any]:
    """The good case with values put at dotted paths; bag.x is bags[0].x."""
    case: dict[str, Any] = copy.deepcopy(dict(base))
    for path, value in changes.items():
        part: Any = case
        *steps, last = path.split(".")
        for step in steps:
            part = part["bags"][0] if step == "bag" else part[step]
        if value is LEAVE_OUT:
            del part[last]
        else:
            part[last] = value
    return case


def answer(changes: Mapping[str, Any] | None = None, base: Mapping[str, Any] = GOOD) -> dict[str, Any]:
    """The answer to the changed case, through JSON text as a user would send it."""
    return check_line(json.dumps(changed(changes or {}, base)), PROTOCOLS)


def finding(given: Mapping[str, Any], rule: str) -> dict[str, Any]:
    """The one finding of a rule."""
    one: dict[str, Any]
    (one,) = [found for found in given["findings"] if found["rule"] == rule]
    return one


def verdicts(given: Mapping[str, Any]) -> dict[str, str]:
    """Rule -> verdict."""
    return {one["rule"]: one["verdict"] for one in given["findings"]}
