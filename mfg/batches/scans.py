"""What was scanned at a step, as the code of a container or a lot. A scan begins with its symbol identifier."""

from __future__ import annotations

from mfg.codes.own import with_check
from mfg.codes.scan import on_the_bag, wanted

#: ISBT 128 structure 001, the donation identification number
DONATION = "001"
#: what a container is known by: our code, and the square symbol of a dose bag; a collection bag also by its donation
CONTAINER = ("container", "023")
COLLECTION_BAG = (*CONTAINER, DONATION)
#: what is given from hand to hand: a container, or a collection that is in no batch yet
THING = (*CONTAINER, "collection", DONATION)
#: what a lot is known by: our code, or the manufacturer's GS1 code
LOT = ("lot", "01", "10")


def identified(text: str, *kinds: str) -> tuple[str, str]:
    """(content, "scanned" or "typed") of the one code that is wanted: "container", "lot" or DONATION.

    Typed text has to carry its check character. A wrong code is refused by naming what it is.
    """
    part, how = wanted(text, *kinds)
    return on_the_bag(part) if part.number == DONATION else part.content, how


def as_scanned(code: str) -> str:
    """What a scanner sends for one of our own codes: for the demonstration, simulators and tests."""
    return f"]C0{with_check(code)}"
