"""The demonstration: one donor, one recipient of cohort 1, two doses, on published figures.

It does what people do, through the same acts, with a clock that plays a month in seconds. It opens no door of
its own: everything it is refused, a person would be refused too.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mfg.demo.figures import told
from mfg.demo.plant import Plant, found
from mfg.ledger import playing_at


def play(folder: Path, say: Callable[[str], None] = print) -> int:
    """Play the whole chain into `folder`. 0 when every expected decision came and the ledger verifies."""
    from mfg.demo import deciding, making, papers, printing

    plant = found(folder, say)
    with playing_at(lambda: plant.now), printing.printer(plant):
        told(say)
        batch = making.until_first_harvest(plant)
        first = deciding.first_dose(plant, batch)
        second = deciding.second_dose(plant, batch)
        papers.write(plant, batch, (first, second))
        good = papers.verified(plant)
    _close(plant, say)
    return 0 if good else 1


def _close(plant: Plant, say: Callable[[str], None]) -> None:
    plant.engine.dispose()
    say("")
    say(f"Left in {plant.folder}: mfg.db, labels/, records/, checkpoints/ and checkpoint.pub.")
    say(f"Look at it: mfg serve --at {plant.folder}, and sign in as qa.1 or qualified.person.1,")
    say(f"password “{plant.password}” (of this demonstration only).")
