"""Which of the deviations that were read together touch a batch, asked by who knows different things of it."""

from __future__ import annotations

import pytest

from mfg.quality.records import Deviation
from mfg.quality.touching import Found, Touching


def found(within: str, on: str, *affects: str) -> Found:
    return Found(Deviation(code="DEV-0001", within=within, on_code=on), set(affects))


@pytest.mark.parametrize(("one", "touches"), [
    (found("NK-26-001", "NK-26-001"), True),
    (found("NK-26-001", "NK-26-001/seed"), True),
    (found("", "NK-26-001-C04"), True),
    (found("", "NK-26-001/seed/cells.1"), True),
    (found("", "LOT-0001"), True),
    (found("LOT-0001", "LOT-0001"), True),
    (found("NK-26-002", "NK-26-002/seed", "NK-26-001"), True),
    (found("NK-26-002", "NK-26-002/seed", "NK-26-001-D1"), True),
    (found("NK-26-002", "NK-26-002/seed", "LOT-0001"), True),
    (found("NK-26-002", "NK-26-002/seed"), False),
    (found("NK-26-0010", "NK-26-0010/seed"), False),
    (found("", "LOT-0002", "LOT-0003"), False),
], ids=lambda value: value if isinstance(value, bool) else "-".join(sorted(value.named)))
def test_a_deviation_touches_by_batch_by_records_under_it_and_by_what_was_made_and_used(one: Found, touches: bool
                                                                                       ) -> None:
    assert bool(Touching("NK-26-001", [one]).on({"LOT-0001", "DON-0001"})) is touches


def test_who_names_less_is_told_less() -> None:
    both = Touching("NK-26-001", [found("", "LOT-0001"), found("", "LOT-0002")])
    assert [one.row.on_code for one in both.on({"LOT-0001"})] == ["LOT-0001"]
    assert len(both.on({"LOT-0001", "LOT-0002"})) == 2
