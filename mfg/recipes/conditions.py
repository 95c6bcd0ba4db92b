"""Can a condition ever hold? A branch nobody can reach, or a loop nobody can leave, is found before it is approved.

A condition is taken apart into ways it could hold; a way is a list of facts about single values, and is possible
unless two of its facts contradict. It errs on one side only: what it cannot take apart counts as possible.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from mfg.facts import Missing, Refused
from mfg.recipes.dimensions import Meaning, Word
from mfg.recipes.expressions import evaluate, literal, name_of, parsed

#: so many ways are followed; beyond it the condition counts as one that can hold
MOST = 256
_TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}
_MIRRORED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE, ast.Eq: ast.Eq, ast.NotEq: ast.NotEq}


@dataclass(frozen=True, slots=True)
class Claim:
    """One fact: a value compared with something written. With no `than` it is about no single value."""

    about: str
    op: type[ast.cmpop] = ast.Eq
    than: Decimal | str | None = None
    #: False for a comparison of written things that does not hold, such as 1 == 2
    possible: bool = True


Way = tuple[Claim, ...]


class TooMany(Exception):
    """The condition has more ways to hold than are followed."""


def can_hold(conditions: Sequence[str], names: Mapping[str, Meaning]) -> bool:
    """True unless these conditions can never all hold together, whatever is entered."""
    ways: list[Way] = [()]
    try:
        for one in conditions:
            ways = _both(ways, _ways(one.strip(), parsed(one).value, True))
    except TooMany:
        return True
    return any(_possible(way, names) for way in ways)


def _both(left: Iterable[Way], right: Iterable[Way]) -> list[Way]:
    found = [(*one, *other) for one, other in product(left, right)]
    if len(found) > MOST:
        raise TooMany
    return found


def _ways(text: str, node: ast.AST, wanted: bool) -> list[Way]:
    """Every way in which the part comes out as wanted."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _ways(text, node.operand, not wanted)
    if isinstance(node, ast.BoolOp):
        parts = [_ways(text, one, wanted) for one in node.values]
        return _all(parts) if isinstance(node.op, ast.And) == wanted else [way for part in parts for way in part]
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        parts = [[(_claim(text, sides[at], type(op), sides[at + 1], wanted),)] for at, op in enumerate(node.ops)]
        return _all(parts) if wanted else [way for part in parts for way in part]
    return [(Claim(ast.dump(node)),)]


def _all(parts: Iterable[list[Way]]) -> list[Way]:
    ways: list[Way] = [()]
    for part in parts:
        ways = _both(ways, part)
    return ways


def _claim(text: str, left: ast.expr, op: type[ast.cmpop], right: ast.expr, wanted: bool) -> Claim:
    op = op if wanted else _TURNED[op]
    if isinstance(left, ast.Name | ast.Attribute) and (than := _written(text, right)) is not None:
        return Claim(name_of(left), op, than)
    if isinstance(right, ast.Name | ast.Attribute) and (than := _written(text, left)) is not None:
        return Claim(name_of(right), _MIRRORED[op], than)
    whole = ast.unparse(ast.Compare(left, [op()], [right]))
    return Claim(whole, possible=_may_hold(whole))


def _written(text: str, node: ast.expr) -> Decimal | str | None:
    """What is written there: a word, or a number with its sign; None for anything else."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        value = literal(text, node.operand)
        return -value if isinstance(value, Decimal) else None
    return literal(text, node) if isinstance(node, ast.Constant) else None


def _may_hold(comparison: str) -> bool:
    """False for a comparison of written things that does not hold; one that needs a value may hold."""
    try:
        return evaluate(comparison, {}) is not False
    except (Missing, Refused):
        return True


def _possible(way: Way, names: Mapping[str, Meaning]) -> bool:
    about: dict[str, list[Claim]] = {}
    for claim in way:
        about.setdefault(claim.about, []).append(claim)
    return all(_agree(claims, names.get(name)) for name, claims in about.items())


def _agree(claims: list[Claim], meaning: Meaning | None) -> bool:
    """Do these facts about one value leave it anything to be?"""
    if any(one.than is None for one in claims):
        return all(one.possible for one in claims)
    if isinstance(meaning, Word):
        return any(all((word == one.than) == (one.op is ast.Eq) for one in claims) for word in meaning.answers)
    return _room([(one.op, one.than) for one in claims if isinstance(one.than, Decimal)])


def _room(bounds: list[tuple[type[ast.cmpop], Decimal]]) -> bool:
    """Is there a number that all of them allow?"""
    lows = [than for op, than in bounds if op in (ast.Gt, ast.GtE, ast.Eq)]
    highs = [than for op, than in bounds if op in (ast.Lt, ast.LtE, ast.Eq)]
    if not lows or not highs or max(lows) < min(highs):
        return True
    if max(lows) > min(highs):
        return False
    return not any(op in (ast.Gt, ast.Lt, ast.NotEq) and than == max(lows) for op, than in bounds)
