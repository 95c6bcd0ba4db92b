"""What the dose arithmetic needs, found among the records of one dose: weight, bags, counts, purities, endotoxin.

It looks for values by the roles the specification gives its tests, and takes them only where they are certain: one
reviewed result for each bag. Two results, or one that nobody reviewed, is no known value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from mfg.batches.records import Batch, Dose, DoseBag
from mfg.facts import Reading
from mfg.qc.rules import replicates
from mfg.recipes.specification import Test
from mfg.release.dossier import ResultFacts
from mfg.release.standing import no_value_yet, standing
from mfg.trial.acts import protocol_of
from mfg.trial.dose import Bag, DoseFacts, Unread, Weight
from mfg.trial.protocol import Protocol
from mfg.trial.records import Recipient
from mfg.trial.records import Weight as WeightRow

Found = ResultFacts | Unread | None


@dataclass(frozen=True)
class Filled:
    """The bags of the present fill; of each all that its cells come from, itself first, and how much was drawn from it
    since, mL (None: not known)."""

    bags: Sequence[DoseBag]
    lines: Mapping[str, list[str]]
    drawn: Mapping[str, Decimal | None]


def dose_facts(of: Dose, who: Recipient, filled: Filled, tests: tuple[Test, ...],
               results: tuple[ResultFacts, ...], weight: Weight | Unread | None,
               cd3_before: Decimal | Unread | None) -> DoseFacts:
    """Weight and bags as recorded. The protocol and the moment are put in when it is judged."""
    return DoseFacts(
        cohort=who.cohort, infusion=of.infusion, weight=weight,
        bags=tuple(_bag(bag, filled.lines[bag.container], tests, results, filled.drawn[bag.container])
                   for bag in filled.bags), cd3_before=cd3_before)


def chosen(every: Sequence[WeightRow], left_at: datetime | None) -> Weight | Unread | None:
    """The weight that counts, of all, the newest first: the newest confirmed one; for a dose that has left, the newest
    when it left. Not known while a newer one waits for its second person, or two of one moment contradict."""
    found = next((one for one in every if one.confirmed_at and (left_at is None or one.confirmed_at <= left_at)), None)
    if found is None:
        return None
    if left_at is None and every[0].confirmed_at is None:
        return Unread(f"Weight {every[0].code}, measured {every[0].measured_at:%Y-%m-%d %H:%M} UTC, is newer than "
                      f"{found.code} and waits for its second person. Have it confirmed, or weigh again.")
    other = [one for one in every if one.measured_at == found.measured_at and one.kg != found.kg and one.confirmed_at
             and (left_at is None or one.confirmed_at <= left_at)]
    if other:
        return Unread(f"Weights {found.code} and {other[0].code} differ and were both confirmed for "
                      f"{found.measured_at:%Y-%m-%d %H:%M} UTC; which of them holds is not known. Weigh again.")
    return Weight(found.kg, found.measured_at, found.confirmed_at is not None, found.code)


def protocol_for(session: Session, row: Batch) -> Protocol:
    """The protocol version the batch pins."""
    return protocol_of(session, row.protocol)


def _bag(bag: DoseBag, line: list[str], tests: tuple[Test, ...], results: tuple[ResultFacts, ...],
         gone_ml: Decimal | None) -> Bag:
    """One bag with what was found in it, or in the pool it was filled from. `gone_ml` was drawn from it since."""
    def found(role: str) -> Found:
        return _certain(role, line, tests, results)

    volume = Unread(f"How much was drawn from {bag.container} after it was filled is not known.") \
        if gone_ml is None else bag.volume_ml - gone_ml
    return Bag(bag.container, volume, bag.residual_ml, _counts(found("viable_per_ml")),
               _number(found("nk_percent")), _number(found("cd3_percent"), at_most=True),
               _reading(found("endotoxin")))


def _certain(role: str, line: list[str], tests: tuple[Test, ...], results: tuple[ResultFacts, ...]) -> Found:
    """The one reviewed result of that role that stands for the bag; failing that, for what it was filled from."""
    test = next((one for one in tests if one.role == role), None)
    if test is None:
        return None
    every = [one for one in results if one.test == test.id and one.of_dose == (test.scope == "dose")]
    fitting = standing(test, every)
    mine = [one for one in fitting if one.container == line[0]] or [one for one in fitting if one.container in line]
    if len(mine) > 1:
        return Unread(f"{test.title} of {line[0]} has {len(mine)} results ({', '.join(one.code for one in mine)}); "
                      "which of them counts is not known.")
    if mine and (mine[0].state != "reviewed" or not mine[0].reviewed_by):
        return Unread(f"{test.title} of {line[0]} ({mine[0].code}) waits for its review.")
    if mine and (why := no_value_yet(mine[0], test, every)):
        return Unread(why)
    return mine[0] if mine else None


def _counts(found: Found) -> tuple[Decimal, ...] | Unread:
    return found if isinstance(found, Unread) else replicates(found.value) if found else ()


def _number(found: Found, *, at_most: bool = False) -> Decimal | Unread | None:
    """A plain number. Where only a maximum is asked of it, `<0.1` counts as 0.1: the true value is lower."""
    if found is None or isinstance(found, Unread):
        return found
    read = Reading.parse(found.value)
    known = not read.op or (at_most and read.op.startswith("<"))
    return read.value if known else Unread(f"{found.code} says only {read}.")


def _reading(found: Found) -> Reading | Unread | None:
    return found if found is None or isinstance(found, Unread) else Reading.parse(found.value)


def kept_facts(data: dict[str, Any] | None) -> DoseFacts:
    """The facts of a dose as a decision has kept them, for showing what was decided then."""
    if data is None:
        return DoseFacts()
    weight, bags = data["weight"], data["bags"]
    return DoseFacts(
        cohort=data["cohort"], infusion=data["infusion"],
        weight=Unread(weight["why"]) if weight and "why" in weight else
        weight and Weight(_kept(weight["kg"]), datetime.fromisoformat(weight["measured_at"]),
                          weight["confirmed"], weight["code"]),
        bags=tuple(_kept_bag(bag) for bag in bags), cd3_before=_kept(data.get("cd3_before")))


def kept_test(data: Mapping[str, Any]) -> Test:
    """A test of the specification as a decision has kept it."""
    known = {name: data[name] for name in Test.__dataclass_fields__ if name in data}
    exact = {name: Decimal(known[name]) for name in ("low", "high", "max_cv_percent") if known.get(name) is not None}
    return Test(**{**known, **exact, "choices": tuple(known["choices"])})


def _kept(value: Any) -> Any:
    """A decimal, a text that says why it was not known, or None."""
    if isinstance(value, dict):
        return Unread(value["why"])
    return None if value is None else Decimal(value)


def _kept_bag(bag: dict[str, Any]) -> Bag:
    counts, found = bag["viable_cells_per_ml"], bag["endotoxin"]
    is_reading = isinstance(found, dict) and "op" in found
    reading = Reading(Decimal(found["value"]), found["op"]) if is_reading else _kept(found)
    return Bag(bag["code"], _kept(bag["volume_ml"]), _kept(bag["residual_ml"]),
               tuple(Decimal(one) for one in counts) if isinstance(counts, list) else _kept(counts),
               _kept(bag["nk_percent"]), _kept(bag["cd3_percent"]), reading)
