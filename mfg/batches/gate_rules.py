"""What a step needs around it that only the step itself can say: where open work was done. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mfg.facts import Verdict, need, passed, rule


@dataclass(frozen=True)
class Surroundings:
    """A step about to be signed as performed, and the areas that were scanned in it."""

    step: str
    #: product is open in it, by the master record
    open: bool
    #: it asks for line clearance, by the master record
    clearance: bool
    areas: tuple[str, ...]


@rule("GATE-01", "It is known where the work was done")
def place_known(f: Surroundings) -> Any:
    """Where product is open, or a line has to be clear, the area is scanned; of an unknown one nothing can be said
    (EU GMP Annex 1, 4.4; 21 CFR 211.130)."""
    if not (f.open or f.clearance):
        return Verdict.PASS, "This step asks for no area."
    areas = need(f.areas, f"No area is scanned in {f.step}, and product is open there or its line has to be clear. "
                          "Scan the cabinet or room.")
    return passed(True), f"The work was done in {', '.join(areas)}.", ", ".join(areas)


PLACE = (place_known,)
