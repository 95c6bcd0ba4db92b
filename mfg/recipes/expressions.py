"""Formulas and conditions of a master record, worked out exactly; whatever is missing is never taken as 0.

The walk over the formula is the library's (simpleeval, no `eval`); what may stand in one is decided here: numbers,
quoted words, names, + - * / **, comparisons, and or not, and the functions below. No attribute, index or object of
Python is within reach: `step.field` is looked up in a flat table. Units are `dimensions.py`, what can never hold is
`conditions.py`.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache
from threading import Lock
from typing import Any

from simpleeval import SimpleEval

from mfg.facts import EXACT, Missing, Reading, Refused, Verdict, number, passed, shown

#: what may be given for a name; None and "" are missing
Value = Decimal | Reading | str | datetime | None
Answer = Decimal | str | bool

LONGEST = 400
DEEPEST = 16
#: no result is larger; the database keeps less than 10^12
LARGEST = Decimal(10) ** 30
#: arithmetic is done in fractions, so that a / 3 * 3 is a; only an answer (or a root) that no decimal can hold is
#: rounded, half-even, to so many digits
ROUNDED = Context(prec=50)
#: no number on the way has more binary digits above or below the line
BITS = 20_000
POWERS = range(0, 5)
PLACES = range(0, 13)

_TOKEN = re.compile(r"""[ ]*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d{1,2})?)(?![\w.])|(?P<name>[a-z][a-z0-9_]*)
                        |(?P<word>"[^"\\\n]*"|'[^'\\\n]*')|(?P<sign>\*\*|[=!<>]=|[-+*/<>(),.]))""", re.X | re.ASCII)
_NODES = (ast.Expr, ast.Name, ast.Load, ast.Attribute, ast.Constant, ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare,
          ast.Call, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)


def faulty(formula: str, why: str) -> Refused:
    """The refusal of a formula that cannot be read or does not fit."""
    return Refused(f"“{formula[:LONGEST]}” {why}", kind="input")


# --- reading --------------------------------------------------------------------------------------------------


#: Python up to 3.11 counts the depth of a tree once for all threads, so two that parse at a time can fail for nothing
_PARSING = Lock()


@lru_cache(maxsize=2048)
def parsed(formula: str) -> ast.Expr:
    """The formula as a tree of the few things that may stand in one; Refused (kind "input") otherwise."""
    if not formula.strip() or len(formula) > LONGEST:
        raise faulty(formula, f"has {len(formula.strip())} characters; 1 to {LONGEST} were expected.")
    _tokens(formula)
    try:
        with _PARSING:
            tree = SimpleEval.parse(formula.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError) as broken:
        raise faulty(formula, "cannot be read as a formula. Check brackets and operators.") from broken
    if not isinstance(tree, ast.Expr):
        raise faulty(formula, "is no formula. Write one with numbers, names and + - * /.")
    _only_allowed(formula, tree.value, 1)
    return tree


def _tokens(formula: str) -> None:
    """Only signs that can stand in a formula: no brackets, escapes, comments or other spellings of numbers."""
    place, text = 0, formula.rstrip()
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            hint = " Write == to compare." if text[place:].lstrip().startswith("=") else ""
            raise faulty(formula, f"cannot be read from {shown(text[place:].strip()[:20])} on.{hint}")
        place = found.end()


def _only_allowed(formula: str, node: ast.AST, depth: int) -> None:
    if depth > DEEPEST:
        raise faulty(formula, f"is nested deeper than {DEEPEST} levels. Use a calculated field in between.")
    if not isinstance(node, _NODES):
        raise faulty(formula, f"holds something that cannot stand in a formula ({type(node).__name__}).")
    if isinstance(node, ast.operator | ast.cmpop | ast.unaryop) and type(node) not in OPERATORS:
        raise faulty(formula, f"uses an operator that is not known here ({type(node).__name__}).")
    if isinstance(node, ast.Constant) and type(node.value) not in (int, float, str):
        raise faulty(formula, "holds something that is neither a number nor a quoted word.")
    if isinstance(node, ast.Attribute):
        if not isinstance(node.value, ast.Name):
            raise faulty(formula, "holds a name of more than two parts; a field, or step.field, was expected.")
    elif isinstance(node, ast.Call):
        _call(formula, node, depth)
    else:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            whole(formula, node.right, POWERS, "a power")
        for below in ast.iter_child_nodes(node):
            _only_allowed(formula, below, depth + 1)


def _call(formula: str, node: ast.Call, depth: int) -> None:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name not in FUNCTIONS or node.keywords:
        raise faulty(formula, f"calls something unknown; known: {', '.join(FUNCTIONS)}.")
    least, most = FUNCTIONS[name][1]
    if not least <= len(node.args) <= most:
        raise faulty(formula, f"gives {name} {len(node.args)} values; {least}{f' to {most}' if most > least else ''} "
                              "were expected.")
    if name == "round":
        whole(formula, node.args[1], PLACES, "the number of decimals")
    for below in node.args:
        _only_allowed(formula, below, depth + 1)


def whole(formula: str, node: ast.AST, allowed: range, what: str) -> int:
    """A whole number written out, within bounds: what a power or a number of decimals has to be."""
    value = node.value if isinstance(node, ast.Constant) else None
    if type(value) is not int or value not in allowed:
        raise faulty(formula, f"has {what} that is not a whole number from {allowed[0]} to {allowed[-1]}, written out.")
    return value


def literal(formula: str, node: ast.Constant) -> Decimal | str:
    """A number exactly as it is written, never through a float; or a quoted word."""
    if isinstance(node.value, str):
        return node.value
    return number(ast.get_source_segment(formula.strip(), node), what="a number of the formula")


@lru_cache(maxsize=2048)
def names_in(formula: str) -> tuple[str, ...]:
    """Every value the formula needs, as `field` or `step.field`, in the order they stand there."""
    return tuple(dict.fromkeys(_names(parsed(formula).value)))


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Name | ast.Attribute):
        return [name_of(node)]
    below = node.args if isinstance(node, ast.Call) else ast.iter_child_nodes(node)
    return [name for one in below for name in _names(one)]


def name_of(node: ast.Name | ast.Attribute) -> str:
    """`field` or `step.field`."""
    return ast.unparse(node)


# --- working out ----------------------------------------------------------------------------------------------


def evaluate(formula: str, values: Mapping[str, Value]) -> Answer:
    """The exact answer: a number in Decimal, a word, or yes or no.

    Every name of the formula needs a value, even behind an `or`: one that is missing or only bounded (`<0.5`)
    raises Missing with a sentence, and so does a division by zero or a result beyond 10^30; a rule that asks
    turns that into CANNOT DETERMINE. Refused (kind "input") when the formula is none or compares what cannot be
    compared.
    """
    tree = parsed(formula)
    given = {name: _given(formula, name, values.get(name)) for name in names_in(formula)}
    try:
        answer = _Walk(formula.strip(), given).eval(formula.strip(), previously_parsed=tree)
    except ZeroDivisionError as broken:
        raise Missing(f"“{formula}” divides by zero, so it has no answer.") from broken
    except ArithmeticError as broken:
        raise Missing(f"“{formula}” has no answer for these values.") from broken
    if isinstance(answer, Fraction):
        if abs(answer) > LARGEST:
            raise Missing(f"“{formula}” comes out beyond 10^30; a value in it cannot be right.")
        return _decimal(answer)
    if not isinstance(answer, str | bool):
        raise faulty(formula, "has no number, word or yes-or-no as its answer.")
    return answer


def _decimal(value: Fraction) -> Decimal:
    """The same number as a decimal; rounded only where no decimal can hold it."""
    over, under = Decimal(value.numerator), Decimal(value.denominator)
    exact = EXACT.divide(over, under)
    return exact if Fraction(exact) == value else ROUNDED.divide(over, under)


def _given(formula: str, name: str, value: Value) -> Fraction | str | datetime:
    """A value that can be calculated with, or Missing."""
    if value is None or value == "":
        raise Missing(f"{name} has no value, so “{formula}” cannot be worked out.")
    if isinstance(value, Reading):
        if value.op:
            raise Missing(f"{name} is {value}, a bound and no number, so “{formula}” cannot be worked out.")
        value = value.value
    if isinstance(value, Decimal) and not value.is_finite():
        raise Missing(f"{name} is no finite number, so “{formula}” cannot be worked out.")
    if isinstance(value, datetime) and value.tzinfo is None:
        raise Missing(f"{name} is a time without a zone, so “{formula}” cannot be worked out.")
    if not isinstance(value, Decimal | str | datetime):
        raise TypeError(f"{name} is a {type(value).__name__}; Decimal, Reading, text or datetime was expected")
    return Fraction(value) if isinstance(value, Decimal) else value


def holds(condition: str, values: Mapping[str, Value]) -> bool:
    """Whether a condition (`when`, `until`) holds; Missing when a value it needs is not there."""
    answer = evaluate(condition, values)
    if not isinstance(answer, bool):
        raise faulty(condition, "is neither true nor false. Write a comparison, such as viability < 80.")
    return answer


def judge_when(condition: str, values: Mapping[str, Value]) -> Verdict:
    """PASS: it holds. FAIL: it does not. CANNOT DETERMINE: a value it needs is missing or only bounded."""
    try:
        return passed(holds(condition, values))
    except Missing:
        return Verdict.CANNOT_DETERMINE


class _Walk(SimpleEval):  # type: ignore[misc]
    """The library's walk with our operators and nothing of its own: no default function, name or attribute."""

    def __init__(self, formula: str, given: Mapping[str, Any]) -> None:
        super().__init__(operators=OPERATORS, functions={name: one[0] for name, one in FUNCTIONS.items()}, names={},
                         allowed_attrs={})
        self.formula, self.given = formula, given
        self.nodes = {ast.Expr: self._eval_expr, ast.Name: self._eval_name, ast.Attribute: self._eval_attribute,
                      ast.Constant: self._eval_constant, ast.UnaryOp: self._eval_unaryop, ast.BinOp: self._eval_binop,
                      ast.BoolOp: self._eval_boolop, ast.Compare: self._eval_compare, ast.Call: self._eval_call}

    def _eval_name(self, node: ast.Name) -> Any:
        return self.given[name_of(node)]

    def _eval_attribute(self, node: ast.Attribute) -> Any:
        return self.given[name_of(node)]

    def _eval_constant(self, node: ast.Constant) -> Any:
        value = literal(self.formula, node)
        return Fraction(value) if isinstance(value, Decimal) else value

    def _eval_boolop(self, node: ast.BoolOp) -> bool:
        """Every part is worked out: a part that has no answer leaves the whole without one."""
        parts = [_truth(self._eval(one)) for one in node.values]
        return all(parts) if isinstance(node.op, ast.And) else any(parts)

    def _eval_compare(self, node: ast.Compare) -> bool:
        """Every part is worked out here too."""
        sides = [self._eval(one) for one in (node.left, *node.comparators)]
        answers = [self.operators[type(op)](sides[at], sides[at + 1]) for at, op in enumerate(node.ops)]
        return all(answers)


def _unfit(*values: Any) -> Refused:
    kinds = {bool: "yes or no", Fraction: "a number", str: "a word", datetime: "a time"}
    named = " and ".join(kinds.get(type(one), "something else") for one in values)
    return Refused(f"The formula cannot put {named} together like that.", kind="input")


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _unfit(value)
    return value


def _with(work: Callable[..., Fraction]) -> Callable[..., Fraction]:
    """A piece of arithmetic that takes numbers only, and gives one of sensible size."""
    def worked(*values: Any) -> Fraction:
        if not all(isinstance(one, Fraction) for one in values):
            raise _unfit(*values)
        found = Fraction(work(*values))
        if max(found.numerator.bit_length(), found.denominator.bit_length()) > BITS:
            raise ArithmeticError
        return found

    return worked


def _compared(work: Callable[[Any, Any], bool], kinds: tuple[type, ...]) -> Callable[[Any, Any], bool]:
    """A comparison of two values of one kind."""
    def compare(left: Any, right: Any) -> bool:
        if type(left) is not type(right) or not isinstance(left, kinds):
            raise _unfit(left, right)
        return bool(work(left, right))

    return compare


def _root(value: Fraction) -> Fraction:
    """The square root, to 50 digits; exact where there is an exact one within them."""
    return Fraction(ROUNDED.sqrt(ROUNDED.divide(Decimal(value.numerator), Decimal(value.denominator))))


def _elapsed(seconds: int) -> Callable[[Any, Any], Fraction]:
    """Time from the first moment to the second, in so many seconds; exact, and the same on days of clock change."""
    def elapsed(start: Any, stop: Any) -> Fraction:
        if not (isinstance(start, datetime) and isinstance(stop, datetime)):
            raise _unfit(start, stop)
        return Fraction((stop - start) // timedelta(microseconds=1), 1_000_000 * seconds)

    return elapsed


ORDERED = (Fraction, datetime)
OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: _with(operator.add), ast.Sub: _with(operator.sub), ast.Mult: _with(operator.mul),
    ast.Div: _with(operator.truediv), ast.Pow: _with(lambda base, power: base ** int(power)),
    ast.USub: _with(operator.neg), ast.Not: lambda value: not _truth(value),
    ast.Eq: _compared(operator.eq, (*ORDERED, str)), ast.NotEq: _compared(operator.ne, (*ORDERED, str)),
    ast.Lt: _compared(operator.lt, ORDERED), ast.LtE: _compared(operator.le, ORDERED),
    ast.Gt: _compared(operator.gt, ORDERED), ast.GtE: _compared(operator.ge, ORDERED),
}
MANY = 20
#: name -> (what it does, (fewest, most) values)
FUNCTIONS: dict[str, tuple[Callable[..., Any], tuple[int, int]]] = {
    "min": (_with(lambda *values: min(values)), (1, MANY)), "max": (_with(lambda *values: max(values)), (1, MANY)),
    "mean": (_with(lambda *values: sum(values, Fraction()) / len(values)), (1, MANY)),
    "abs": (_with(abs), (1, 1)), "sqrt": (_with(_root), (1, 1)),
    # Python rounds a fraction half to even
    "round": (_with(lambda value, places: round(value, int(places))), (2, 2)),
    "minutes": (_elapsed(60), (2, 2)), "hours": (_elapsed(3600), (2, 2)), "days": (_elapsed(86400), (2, 2)),
}
