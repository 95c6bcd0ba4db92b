"""The identity algebra: everything that may happen to cells, and what it does to their identity and their quantity.

Data. What is not in the table cannot happen. The rules that judge a transformation are in `container_rules.py`, what
is in a container at a moment is worked out in `contents.py`, the acts are in `transforming.py` and `filling.py`.
Whose cells they are never changes: pooling cells of two donors is forbidden (21 CFR 1271.220(b)), and cells of one
donor meant for two recipients are never in one container.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mfg.recipes.master import BULK_KINDS, CONTAINER_KINDS

#: what happens to whose cells they are
BEGINS, KEEPS, PROVES, ENDS = "begins", "keeps", "is proved again", "ends"
#: what happens to their volume
MEASURED, KEPT, CHANGES, STAYS, NONE = "measured", "kept but for losses", "changes, liquid is added or taken off", \
    "stays", "nothing is left"
#: what happens to the number of viable cells
COUNTED, SHARED, FEWER, UNCOUNTED = "counted", "shared as the volume is", "never more", "to be counted again"
SAME = "the same kind"
BULK = frozenset(BULK_KINDS)


@dataclass(frozen=True, slots=True)
class Transformation:
    """One thing that may happen to cells. `makes`: the kind of the new container; empty when none comes to be.

    `parents`: how many containers it is made from, at least and at most; `parts`: of how many new ones it may make
    at a time. `verb`: what people do to record it.
    """

    name: str
    verb: str
    identity: str
    volume: str
    cells: str
    about: str
    origins: frozenset[str] = frozenset()
    makes: str = ""
    parents: tuple[int, int] = (1, 1)


_TABLE = (
    Transformation("collect", "record collection", BEGINS, MEASURED, COUNTED,
                   "The donor gives for one recipient; the donation number meets the chain of identity."),
    Transformation("receive", "open batch", PROVES, MEASURED, COUNTED,
                   "The accepted collection becomes the first container of one batch.", makes="collection bag",
                   parents=(0, 0)),
    Transformation("wash", "make container", KEEPS, CHANGES, FEWER, "Liquid is replaced; cells may be lost.",
                   BULK | {"collection bag"}, SAME),
    Transformation("deplete", "make container", KEEPS, CHANGES, FEWER, "Unwanted cells are taken off.",
                   frozenset({"collection bag", "vessel"}), "vessel"),
    Transformation("seed", "make container", KEEPS, CHANGES, FEWER, "Cells are put into culture in medium.",
                   frozenset({"collection bag", "vessel"}), "vessel"),
    Transformation("transfer", "make container", KEEPS, KEPT, SHARED, "Cells go into another container as they are.",
                   BULK, SAME),
    Transformation("split", "split container", KEEPS, KEPT, SHARED, "Cells are parted into several containers.",
                   BULK, SAME),
    Transformation("pool", "make container", KEEPS, KEPT, SHARED,
                   "Containers of one batch become one; of two donors or recipients this is forbidden.", BULK, SAME,
                   (2, 20)),
    Transformation("harvest", "make container", KEEPS, CHANGES, FEWER, "Cells are taken out of culture and washed.",
                   frozenset({"vessel"}), "harvest", (1, 20)),
    Transformation("load", "make container", KEEPS, CHANGES, FEWER, "The antibody is bound to the cells and washed "
                   "off.", frozenset({"harvest"}), "loaded cells", (1, 20)),
    Transformation("fill", "fill dose", KEEPS, KEPT, SHARED, "A dose is filled into bags.",
                   frozenset({"loaded cells", "harvest"}), "dose bag"),
    Transformation("sample", "make container", KEEPS, KEPT, SHARED, "A part is drawn to be tested.",
                   frozenset(CONTAINER_KINDS) - {"sample tube"}, "sample tube"),
    Transformation("measure", "measure content", KEEPS, MEASURED, COUNTED,
                   "What is in a container is weighed and counted.", frozenset(CONTAINER_KINDS) - {"dose bag"}),
    Transformation("freeze", "freeze container", KEEPS, STAYS, COUNTED, "Cells are put into the cold as they are.",
                   BULK),
    Transformation("thaw", "thaw container", KEEPS, STAYS, UNCOUNTED,
                   "Cells are brought back; what was counted before counts no more.", BULK),
    Transformation("discard", "discard container", ENDS, NONE, NONE,
                   "What is left is destroyed; the container is used for nothing from now on.",
                   frozenset(CONTAINER_KINDS)),
)

TRANSFORMATIONS: Mapping[str, Transformation] = {one.name: one for one in _TABLE}
#: those that make one new container out of scanned ones, by one verb
MADE = tuple(one.name for one in _TABLE if one.verb == "make container")
