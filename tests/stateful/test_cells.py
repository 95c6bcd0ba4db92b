"""Random work on cells: no container ever has two recipients, a donor nobody listed, or cells that came of nowhere.

Two batches for two recipients, two hundred things done or tried in each run. What is refused is refused; what was done
is walked by hand afterwards, without the code under test.
"""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack, suppress
from decimal import Decimal
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import select

from mfg import identity
from mfg.batches import transforming
from mfg.batches.records import Container, Descent, Transformed
from mfg.batches.scans import as_scanned
from mfg.donors.records import Pairing
from mfg.facts import Refused
from mfg.ledger import playing_at
from mfg.recipes.acts import draft_master_record
from tests.batches.plant import RECIPE, Plant, planted
from tests.databases import Databases
from tests.office import CHEAP, Office

pytestmark = pytest.mark.slow
STEPS = 200
MADE = ("wash", "deplete", "seed", "transfer", "pool", "harvest", "load", "sample", "split", "melt")
VOLUME = st.decimals("0.1", 60, places=1)
CELLS = st.one_of(st.none(), st.integers(0, 10**9).map(Decimal))
PLACE = st.integers(0, 40)


def two_batches(url: str) -> None:
    """An open batch for each of two recipients, of a process that freezes; a counted vessel in each."""
    planted(url)
    with TemporaryDirectory() as folder:
        office = Office(url, Path(folder))
        with playing_at(lambda: office.now):
            plant = Plant.standing(office)
            plant.document(draft_master_record, "master record", RECIPE + "frozen: [vessel, harvest]\n")
            for number in (0, 1):
                batch = plant.batch(number)
                code = plant.transform(batch, "seed", f"{batch}-C01", volume="180", taken="150")
                office.do(transforming.measure_content, office.who("operator"), container=code, scan=as_scanned(code),
                          volume_ml=Decimal(180), cells=Decimal(10**9))
        office.close()


class RandomWork(RuleBasedStateMachine):
    """Operators try two hundred things with the containers of two batches."""

    databases: ClassVar[Databases]
    numbers: ClassVar[count[int]] = count()
    done: ClassVar[Counter[str]] = Counter()

    @initialize()
    def given_two_batches(self) -> None:
        self.stack = ExitStack()
        url = self.databases.fresh("sqlite", two_batches)
        self.stack.callback(self.databases.discard, url)
        self.office = Office(url, Path(self.stack.enter_context(TemporaryDirectory())))
        self.stack.callback(self.office.close)
        self.stack.enter_context(playing_at(lambda: self.office.now))

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            _pure(self.office)
            _conserved(self.office)
            self.stack.close()

    def there(self, place: int) -> str:
        with self.office.look() as session:
            codes = list(session.scalars(select(Container.code).order_by(Container.made_at, Container.code)))
        return codes[place % len(codes)]

    def attempt(self, verb: Any, **arguments: Any) -> None:
        self.office.later(minutes=1)
        with suppress(Refused):
            self.office.do(verb, self.office.who("operator", reason="as it came"), **arguments)
            self.done[str(arguments.get("transformation", verb.__name__))] += 1

    @rule(what=st.sampled_from((*MADE, *MADE, "split container", "split container", "measure", "measure", "freeze",
                                "thaw", "discard")),
          places=st.lists(PLACE, min_size=1, max_size=2), volumes=st.lists(VOLUME, min_size=1, max_size=3),
          all_of_it=st.booleans(), cells=CELLS, slip=st.integers(0, 9))
    def somebody_works(self, what: str, places: list[int], volumes: list[Decimal], all_of_it: bool,
                       cells: Decimal | None, slip: int) -> None:
        """One of everything; now and then the wrong label is scanned."""
        codes = [self.there(one) for one in places]
        on = {"container": codes[0], "scan": as_scanned(codes[-1] if slip == 0 else codes[0])}
        if what == "split container":
            self.attempt(transforming.split_container, **on, volumes_ml=volumes)
        elif what == "measure":
            self.attempt(transforming.measure_content, **on, volume_ml=volumes[0], cells=cells)
        elif what in ("freeze", "thaw", "discard"):
            self.attempt(getattr(transforming, f"{what}_container"), **on)
        else:
            self.attempt(transforming.make_container, batch=codes[0].rpartition("-")[0], transformation=what,
                         parents=[as_scanned(one) for one in codes], volume_ml=volumes[0], cells=cells,
                         taken_ml=[] if all_of_it else [volumes[-1]] * len(codes))


def test_after_two_hundred_operations_every_cell_is_whose_it_was_and_came_from_somewhere(
        databases: Databases) -> None:
    identity.ARGON2.update(CHEAP)
    RandomWork.databases = databases
    run_state_machine_as_test(RandomWork, settings=settings(
        max_examples=4, stateful_step_count=STEPS, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck), phases=(Phase.generate,)))
    done = RandomWork.done
    assert {"split_container", "measure_content", "freeze_container", "sample", "seed"} <= set(done), done
    assert sum(done.values()) > STEPS // 4, done


def _pure(office: Office) -> None:
    """Every line leads to one recipient and a donor listed for that recipient, and begins with a collection."""
    with office.look() as session:
        rows = {row.code: row for row in session.scalars(select(Container))}
        lines = [(one.child, one.parent) for one in session.scalars(select(Descent))]
        listed = {(one.donor, one.recipient) for one in session.scalars(select(Pairing))}
    for code, row in rows.items():
        family, before = {code}, set[str]()
        while family != before:
            before = set(family)
            family |= {parent for child, parent in lines if child in family}
        assert {(rows[one].donor, rows[one].recipient) for one in family} == {(row.donor, row.recipient)}
        assert (row.donor, row.recipient) in listed
        assert any(rows[one].kind == "collection bag" for one in family)


def _conserved(office: Office) -> None:
    """Played again by hand: nothing was taken that was not there, and no child has more than its parents gave."""
    with office.look() as session:
        rows = {row.code: row for row in session.scalars(select(Container))}
        events: list[tuple[Any, int, Any]] = [(one.at, 0, one) for one in session.scalars(select(Transformed))
                                              if one.container]
        descents = list(session.scalars(select(Descent)))
    events += [(rows[one.child].made_at, 1, one) for one in descents]
    volume = {code: row.volume_ml for code, row in rows.items()}
    cells = {code: row.cells for code, row in rows.items()}
    for _at, _order, event in sorted(events, key=lambda one: one[:2]):
        if isinstance(event, Transformed):
            volume[str(event.container)], cells[str(event.container)] = event.volume_ml, event.cells
            continue
        left = volume[event.parent]
        assert left is not None and event.taken_ml is not None and 0 < event.taken_ml <= left
        volume[event.parent] = left - event.taken_ml
        held = cells[event.parent]
        if held is not None and event.taken_cells is not None:
            assert 0 <= event.taken_cells <= held
            cells[event.parent] = held - event.taken_cells
    for code, row in rows.items():
        given = [one.taken_cells for one in descents if one.child == code]
        if given and None not in given and row.cells is not None:
            assert row.cells <= sum(one for one in given if one is not None)
