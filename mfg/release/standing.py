"""Which of several results of one test stands: one that something took the place of is set aside, and stays visible.

Pure. A result is set aside in two cases only, and never without the one in its place: it was invalidated and repeated,
or its replicates lay too far apart and the set was repeated. Retests are reported and never take a place.
"""

from __future__ import annotations

from collections.abc import Iterable

from mfg.qc.slot_rules import scattered
from mfg.recipes.specification import Test
from mfg.release.dossier import ResultFacts

#: kinds of slot whose result takes the place of an invalidated one
IN_PLACE = ("repeat", "resample")


def in_place_of(result: ResultFacts, test: Test, results: Iterable[ResultFacts]) -> ResultFacts | None:
    """The result that took the place of this one; None where it stands."""
    kinds = IN_PLACE if result.invalidated_by else ("repeat set",) if only_scattered(result, test) else ()
    if not kinds:  # of nearly every result: nothing can take its place, and none of the others is asked
        return None
    return next((one for one in results if one.repeats == result.code and one.slot in kinds), None)


def only_scattered(result: ResultFacts, test: Test) -> bool:
    """Outside any slot, and failing for the spread of its replicates alone."""
    return not result.slot and scattered(test, result.value)


def no_value_yet(result: ResultFacts, test: Test, results: Iterable[ResultFacts]) -> str:
    """Why a result gives no value although it is there; empty where it gives one, or another is in its place."""
    if in_place_of(result, test, results) is not None:
        return ""
    if result.invalidated_by:
        return f"{result.code} was invalidated by {result.invalidated_by}; its repeat is not recorded yet."
    return f"The replicates of {result.code} lie too far apart; their repeat set is not recorded yet." \
        if only_scattered(result, test) else ""


def standing(test: Test, results: Iterable[ResultFacts]) -> tuple[ResultFacts, ...]:
    """The results that count for a value: none that was set aside, no retest, no resample before its conclusion."""
    found = tuple(results)
    invalidated = {one.code for one in found if one.invalidated_by}
    return tuple(one for one in found if in_place_of(one, test, found) is None and one.slot != "retest"
                 and (one.slot != "resample" or one.repeats in invalidated))
