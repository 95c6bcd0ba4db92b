"""The picture of a family of containers: everybody in it, nobody on top of another, no circle."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfg.facts import Refused
from mfg.paper.lineage import Kin, lineage
from mfg.paper.shapes import Drawing, Path, Rect, Text, to_svg

BAG, VESSEL, CELLS, DOSE = (f"NK-26-001-C0{number}" for number in range(1, 5))
KIN = [Kin(BAG, "collection bag", "198 mL"), Kin(VESSEL, "vessel"), Kin(CELLS, "loaded cells"),
       Kin(DOSE, "dose bag", "120 mL"), Kin("NK-26-001-C05", "sample tube"), Kin("NK-26-001-C06", "sample tube")]
PARENTS = {VESSEL: [BAG], CELLS: [VESSEL], DOSE: [CELLS], "NK-26-001-C05": [CELLS], "NK-26-001-C06": [CELLS]}


def words(drawing: Drawing) -> list[str]:
    return [shape.text for shape in drawing.shapes if isinstance(shape, Text)]


def boxes(drawing: Drawing) -> list[Rect]:
    return [shape for shape in drawing.shapes if isinstance(shape, Rect)]


def test_everybody_is_in_it_and_tubes_of_one_container_share_a_box() -> None:
    drawn = lineage(KIN, PARENTS, here=DOSE)
    assert {BAG, VESSEL, CELLS, DOSE, "2 sample tubes", "198 mL", "this one; 120 mL"} <= set(words(drawn))
    assert len(boxes(drawn)) == 5 and sum(isinstance(shape, Path) for shape in drawn.shapes) == 4
    assert f"Descent of {DOSE}: 6 containers from {BAG}." == drawn.says
    assert to_svg(drawn).startswith("<svg")


def test_what_descends_stands_below_what_it_comes_from() -> None:
    top = {text.text: text.y for text in lineage(KIN, PARENTS).shapes if isinstance(text, Text)}
    assert top[BAG] < top[VESSEL] < top[CELLS] < top[DOSE]


def test_no_container_says_so() -> None:
    assert words(lineage([], {})) == ["No container is recorded yet."]


def test_a_circle_is_refused() -> None:
    with pytest.raises(Refused, match="leads round in a circle"):
        lineage(KIN[:2], {BAG: [VESSEL], VESSEL: [BAG]})


def test_a_parent_that_is_not_in_the_family_is_left_out() -> None:
    assert len(boxes(lineage(KIN[1:2], PARENTS))) == 1


@settings(max_examples=40)
@given(st.lists(st.integers(0, 60), min_size=1, max_size=60), st.sampled_from(["vessel", "sample tube"]))
def test_boxes_never_lie_on_each_other_nor_outside(origins: list[int], kind: str) -> None:
    """Any tree: each container comes from one made before it."""
    codes = [f"NK-26-001-C{number:03d}" for number in range(len(origins))]
    parents = {codes[place]: [codes[origin % place]] for place, origin in enumerate(origins) if place}
    drawn = lineage([Kin(code, kind) for code in codes], parents)
    found = boxes(drawn)
    for place, one in enumerate(found):
        assert 0 <= one.x and one.x + one.w <= drawn.w and 0 <= one.y and one.y + one.h <= drawn.h
        for other in found[place + 1:]:
            assert one.x + one.w <= other.x or other.x + other.w <= one.x or one.y + one.h <= other.y \
                or other.y + other.h <= one.y
