"""What a formula comes out in: its unit, or a word, a time, yes or no. Asked once, when a master record is read.

An own small algebra over the two dozen UCUM units a master record may carry, in exact fractions. A units library was
weighed and left: it would bring four packages and a tenth of a second of import for what is one table here, and the
mistake that matters is not one of dimensions: 10*6/mL times mL is a count of cells too, but a million times too small.
So the scale is held as well. A number written in a formula may be a plain factor or a conversion (1e6, 100, 60);
some reading of the numbers has to bring the formula to the field's unit exactly.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import product

from mfg.recipes.expressions import faulty, literal, name_of, parsed, whole
from mfg.units import in_words

Dimension = tuple[tuple[str, int], ...]
#: so many readings of the numbers of one formula are followed; a formula in use has a handful
MOST = 64


def _unit(scale: str, **powers: int) -> tuple[Fraction, Dimension]:
    return Fraction(scale), tuple(sorted(powers.items()))


#: UCUM unit -> its size in base units (mL, ug, s, cell ..) and its dimension. Cells are counted as a kind of their own.
UNITS: dict[str, tuple[Fraction, Dimension]] = {
    "1": _unit("1"), "%": _unit("1/100"),
    "mL": _unit("1", volume=1), "L": _unit("1000", volume=1), "uL": _unit("1/1000", volume=1),
    "ug": _unit("1", mass=1), "mg": _unit("1000", mass=1), "g": _unit("1000000", mass=1),
    "kg": _unit("1000000000", mass=1),
    "ug/mL": _unit("1", mass=1, volume=-1), "mg/mL": _unit("1000", mass=1, volume=-1),
    "ng/mL": _unit("1/1000", mass=1, volume=-1), "[IU]/mL": _unit("1", iu=1, volume=-1),
    "{EU}/mL": _unit("1", eu=1, volume=-1), "mmol/L": _unit("1/1000", mmol=1, volume=-1),
    "mosm/kg": _unit("1/1000000000", mass=-1, mosm=1), "[pH]": _unit("1", ph=1), "Cel": _unit("1", celsius=1),
    "min": _unit("60", time=1), "h": _unit("3600", time=1), "d": _unit("86400", time=1), "Gy": _unit("1", gray=1),
    "{cells}": _unit("1", cells=1), "{cells}/mL": _unit("1", cells=1, volume=-1),
    "10*6/mL": _unit("1000000", cells=1, volume=-1), "{cells}/cm2": _unit("1", area=-1, cells=1),
    "{MFI}": _unit("1", mfi=1),
}
#: scales that do not begin at zero: their values can be compared and averaged, never multiplied
OPEN_SCALES = {"celsius", "ph"}
TIMES = {"minutes": "min", "hours": "h", "days": "d"}


@dataclass(frozen=True, slots=True)
class Amount:
    """A number: its dimension, and the sizes of its unit under every reading of the numbers written in it."""

    dimension: Dimension
    scales: frozenset[Fraction]
    #: made of written numbers only: it takes the unit of what it stands beside
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """One of a few words, such as the answers of a choice; None: a word that is written in the formula."""

    answers: tuple[str, ...]
    written: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time."""


@dataclass(frozen=True, slots=True)
class Truth:
    """Yes or no."""


Meaning = Amount | Word | Moment | Truth


def amount_in(unit: str) -> Amount:
    """A number in a unit of the table."""
    scale, dimension = UNITS[unit]
    return Amount(dimension, frozenset({scale}))


def meaning_of(formula: str, names: Mapping[str, Meaning]) -> Meaning:
    """What the formula comes out as; Refused (kind "input") with a sentence when its parts do not fit together."""
    return _Meaning(formula, names).of(parsed(formula).value)


def fits(formula: str, names: Mapping[str, Meaning], unit: str) -> str:
    """Why the formula does not give a number in this unit; empty when it does."""
    found = meaning_of(formula, names)
    if not isinstance(found, Amount):
        return f"“{formula}” does not come out as a number."
    wanted = amount_in(unit)
    if found.dimension != wanted.dimension:
        if found.plain:
            return ""
        return f"“{formula}” comes out in {_shown(found.dimension)}; the unit is {_named(unit)}."
    scale = next(iter(wanted.scales))
    if scale in found.scales:
        return ""
    factor = max(found.scales, key=lambda one: one.denominator == 1) / scale
    told = f"{factor}" if factor.denominator == 1 or factor.numerator == 1 else f"{float(factor):g}"
    return f"“{formula}” is off by a factor of {told} from {_named(unit)}. Multiply by {told}."


def _named(unit: str) -> str:
    return in_words(unit) or "1 (a plain number)"


def _shown(dimension: Dimension) -> str:
    """The dimension as people would say it, by the first unit of the table that has it."""
    for unit, (_, known) in UNITS.items():
        if known == dimension:
            return _named(unit)
    return "·".join(f"{name}^{power}" if power != 1 else name for name, power in dimension)


class _Meaning:
    """One walk over a formula that asks what each part is."""

    def __init__(self, formula: str, names: Mapping[str, Meaning]) -> None:
        self.formula, self.names = formula, names

    def of(self, node: ast.AST) -> Meaning:
        if isinstance(node, ast.Name | ast.Attribute):
            return self._name(name_of(node))
        if isinstance(node, ast.Constant):
            return self._written(literal(self.formula, node))
        if isinstance(node, ast.BinOp):
            return self._arithmetic(node)
        if isinstance(node, ast.UnaryOp):
            return self._truth(node.operand) if isinstance(node.op, ast.Not) else self.number(node.operand)
        if isinstance(node, ast.BoolOp):
            return [self._truth(one) for one in node.values][0]
        if isinstance(node, ast.Compare):
            return self._compared([node.left, *node.comparators], node.ops)
        assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name), "parsed() lets nothing else through"
        return self._call(node.func.id, node.args)

    def _name(self, name: str) -> Meaning:
        if name not in self.names:
            raise faulty(self.formula, f"names {name}, which cannot be used here.")
        return self.names[name]

    def _written(self, value: Decimal | str) -> Meaning:
        if isinstance(value, str):
            return Word((value,), written=True)
        exact = Fraction(value)
        return Amount((), frozenset({Fraction(1), 1 / exact} if exact else {Fraction(1)}), plain=True)

    def number(self, node: ast.AST) -> Amount:
        found = self.of(node)
        if not isinstance(found, Amount):
            raise faulty(self.formula, f"calculates with {ast.unparse(node)}, which is no number.")
        return found

    def _truth(self, node: ast.AST) -> Truth:
        found = self.of(node)
        if not isinstance(found, Truth):
            raise faulty(self.formula, f"takes {ast.unparse(node)} for yes or no. Compare it, such as x == \"yes\".")
        return found

    def _arithmetic(self, node: ast.BinOp) -> Amount:
        left, right = self.number(node.left), self.number(node.right)
        if isinstance(node.op, ast.Add | ast.Sub):
            return self._alike((left, right), "adds or subtracts")
        if isinstance(node.op, ast.Pow):
            return self._product([left] * whole(self.formula, node.right, range(0, 5), "a power"))
        if isinstance(node.op, ast.Div):
            turned = Amount(tuple((name, -power) for name, power in right.dimension),
                            frozenset(1 / one for one in right.scales), right.plain)
            return self._product([left, turned])
        return self._product([left, right])

    def _product(self, parts: list[Amount]) -> Amount:
        made = Amount((), frozenset({Fraction(1)}), plain=True)
        for one in parts:
            made = self._times(made, one)
        return made

    def _times(self, left: Amount, right: Amount) -> Amount:
        named = {name for name, _ in (*left.dimension, *right.dimension)}
        if named & OPEN_SCALES and left.dimension and right.dimension:
            raise faulty(self.formula, "multiplies a temperature or a pH, whose scale does not begin at zero.")
        powers = {name: dict(left.dimension).get(name, 0) + dict(right.dimension).get(name, 0) for name in named}
        return Amount(tuple(sorted((name, power) for name, power in powers.items() if power)),
                      self._few({a * b for a, b in product(left.scales, right.scales)}), left.plain and right.plain)

    def _few(self, scales: Iterable[Fraction]) -> frozenset[Fraction]:
        found = frozenset(scales)
        if len(found) > MOST:
            raise faulty(self.formula, "holds too many numbers to tell its unit. Use a calculated field in between.")
        return found

    def _alike(self, parts: Iterable[Amount], does: str) -> Amount:
        """Numbers that stand beside each other have one unit; written ones take the others'."""
        parts = tuple(parts)
        with_unit = [one for one in parts if not one.plain]
        if not with_unit:
            return parts[0]
        scales = frozenset.intersection(*(one.scales for one in with_unit))
        if len({one.dimension for one in with_unit}) > 1:
            raise faulty(self.formula, f"{does} {' and '.join(_shown(one.dimension) for one in with_unit)}, which are "
                                       "different things.")
        if not scales:
            raise faulty(self.formula, f"{does} numbers in different units of the same thing. Convert one of them.")
        return Amount(with_unit[0].dimension, scales)

    def _compared(self, nodes: list[ast.expr], operators: list[ast.cmpop]) -> Truth:
        sides = [self.of(one) for one in nodes]
        if all(isinstance(one, Amount) for one in sides):
            self._alike((one for one in sides if isinstance(one, Amount)), "compares")
        elif all(isinstance(one, Word) for one in sides):
            self._words([one for one in sides if isinstance(one, Word)], operators)
        elif not all(isinstance(one, Moment) for one in sides):
            raise faulty(self.formula, "compares things of different kinds. Compare numbers with numbers, answers "
                                       "with quoted words, times with times.")
        return Truth()

    def _words(self, sides: list[Word], operators: list[ast.cmpop]) -> None:
        if not all(isinstance(one, ast.Eq | ast.NotEq) for one in operators):
            raise faulty(self.formula, "asks which of two words is greater. Write == or !=.")
        possible = {word for one in sides if not one.written for word in one.answers}
        for one in sides:
            if one.written and possible and one.answers[0] not in possible:
                raise faulty(self.formula, f"asks for “{one.answers[0]}”, which can never be the answer; possible: "
                                           f"{', '.join(sorted(possible))}.")

    def _call(self, name: str, given: list[ast.expr]) -> Meaning:
        if name in TIMES:
            if not all(isinstance(self.of(one), Moment) for one in given):
                raise faulty(self.formula, f"asks for {name} between things that are not times.")
            return amount_in(TIMES[name])
        if name == "round":
            return self.number(given[0])
        parts = [self.number(one) for one in given]
        return self._root(parts[0]) if name == "sqrt" else self._alike(parts, "compares")

    def _root(self, found: Amount) -> Amount:
        if any(power % 2 for _, power in found.dimension):
            raise faulty(self.formula, f"takes the square root of {_shown(found.dimension)}.")
        scales = frozenset(root for one in found.scales if (root := _exact_root(one)) is not None)
        return Amount(tuple((name, power // 2) for name, power in found.dimension), scales, found.plain)


def _exact_root(value: Fraction) -> Fraction | None:
    """The root of a scale, where there is an exact one."""
    over, under = (Decimal(one).sqrt().to_integral_value() for one in (value.numerator, value.denominator))
    root = Fraction(int(over), int(under))
    return root if root * root == value else None
