"""Who holds which bag of a batch, as paper: to telephone by, and to tick off. It prints what it is given."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from mfg.canonical import canonical
from mfg.paper.parts import draw_table
from mfg.paper.sheet import Sheet

BAGS = ("Bag", "Dose", "Dose is", "Where it is", "Held by", "Since", "Told (when, by role)", "Answer")
#: blank, and as wide as a hand writes: a column asks for the room of its texts
PEN = "\N{NO-BREAK SPACE}" * 40
STOPS = ("Stop", "On", "State", "Because of")


def recall_list(*, batch: str, recipient: str, coi: str, at: str, bags: Sequence[tuple[str, ...]],
                stops: Sequence[tuple[str, ...]]) -> bytes:
    """One list, every value text. The two last columns are left blank for the pen."""
    content = sha256(canonical({"batch": batch, "at": at, "bags": bags, "stops": stops})).hexdigest()
    sheet = Sheet("Recall list", batch, (f"Batch {batch} \u00b7 printed {at}", f"Content hash {content}"))
    sheet.heading(f"Who holds the bags of {batch}", keep=120)
    sheet.pairs([("Recipient", recipient), ("Chain of identity", coi), ("As of", at), ("Bags", str(len(bags)))])
    draw_table(sheet, BAGS, [(*row, PEN, PEN) for row in bags], "No bag was filled.")
    sheet.heading("Stops", keep=60)
    draw_table(sheet, STOPS, list(stops), "Nothing is stopped.")
    return sheet.finish()
