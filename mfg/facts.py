"""The small shared values every room speaks in: verdicts, findings, readings, quantities, refusals.

Pure: no clock, no database, no web. It is not a place for helpers that belong to one room.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Context, Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any, Generic, TypeVar

from mfg.units import in_words

Facts = TypeVar("Facts")


class Verdict(StrEnum):
    """The three answers a rule can give. Only PASS opens a gate."""

    PASS = "PASS"
    FAIL = "FAIL"
    CANNOT_DETERMINE = "CANNOT DETERMINE"


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer of one rule, with the sentence a person reads and where its numbers come from."""

    rule: str
    verdict: Verdict
    why: str
    value: str | None = None
    limit: str | None = None
    sources: tuple[str, ...] = ()
    title: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON, paper and the dossier."""
        return {
            "rule": self.rule,
            "title": self.title,
            "verdict": self.verdict.value,
            "value": self.value,
            "limit": self.limit,
            "why": self.why,
            "sources": list(self.sources),
        }


class Refused(Exception):
    """A refusal people read. `why` is a full sentence; `findings` are all rules that did not pass.

    `kind` tells the doors how to answer: "rule" (409), "stale" (409), "not allowed" (403),
    "not signed" (401), "not found" (404), "input" (422).
    `leaves` is what must stay although nothing was done, such as the deviation of a wrong bag: `act()` calls it with
    the session and the refused attempt, in the small transaction that records the attempt.
    """

    def __init__(self, why: str, *, kind: str = "rule", findings: Iterable[Finding] = (),
                 fields: dict[str, list[str]] | None = None,
                 leaves: Callable[[Any, Any], None] | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.kind = kind
        self.findings = tuple(findings)
        self.fields = fields or {}
        self.leaves = leaves


class Missing(Exception):
    """Raised inside a rule when a fact it needs is not there; judge() turns it into CANNOT DETERMINE."""


def need(fact: Any, sentence: str) -> Any:
    """Return the fact, or stop the rule: an absent fact can never pass.

    >>> need(Decimal(3), "No weight is recorded.")
    Decimal('3')
    """
    if fact is None or fact == "" or fact == ():
        raise Missing(sentence)
    return fact


@dataclass(frozen=True)
class Rule(Generic[Facts]):
    """One requirement as a pure function of facts. The docstring of the function is the requirement."""

    id: str
    title: str
    check: Callable[[Facts], Finding | tuple[Any, ...]]

    @property
    def requirement(self) -> str:
        """The requirement in one sentence, for the README table and the reviewer."""
        return " ".join((self.check.__doc__ or "").split())

    def __call__(self, facts: Facts) -> Finding:
        try:
            answer = self.check(facts)
        except Missing as missing:
            return Finding(self.id, Verdict.CANNOT_DETERMINE, str(missing), title=self.title)
        if isinstance(answer, Finding):
            return answer
        return Finding(self.id, *answer, title=self.title)  # type: ignore[misc]


def rule(id: str, title: str) -> Callable[[Callable[[Any], Any]], Rule[Any]]:
    """Make a rule of a function that returns (verdict, why[, value[, limit[, sources]]])."""

    def wrap(check: Callable[[Any], Any]) -> Rule[Any]:
        return Rule(id, title, check)

    return wrap


def judge(rules: Iterable[Rule[Facts]], facts: Facts) -> tuple[Finding, ...]:
    """Ask every rule and return every finding, never only the first that fails."""
    return tuple(one(facts) for one in rules)


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """Fold findings: any FAIL is FAIL, else anything but PASS is CANNOT DETERMINE, none at all too."""
    verdicts = {finding.verdict for finding in findings}
    if Verdict.FAIL in verdicts:
        return Verdict.FAIL
    return Verdict.PASS if verdicts == {Verdict.PASS} else Verdict.CANNOT_DETERMINE


def passed(ok: bool) -> Verdict:
    """PASS or FAIL of a comparison that could be made."""
    return Verdict.PASS if ok else Verdict.FAIL


_NUMBER = re.compile(r"[+-]?(\d{1,15}(\.\d{1,15})?|\.\d{1,15})(?P<e>[eE][+-]?\d{1,2})?\Z", re.ASCII)
_WRITTEN = 16  # digits a number with an exponent may have, so that whatever is read can be written and read again
_DECIMALS = 15  # decimals a number without an exponent may have, as the pattern above says


def number(text: object, *, what: str = "the value") -> Decimal:
    """Read one exact decimal number from text. Blank, NaN, infinity, commas and floats are refused.

    >>> number("6.1e6")
    Decimal('6.1E+6')
    """
    if isinstance(text, Decimal) and text.is_finite():
        return text
    if isinstance(text, str) and (found := _NUMBER.match(text.strip())):
        read = Decimal(text.strip())
        if abs(read.adjusted()) < 100 and not (found["e"] and len(read.as_tuple().digits) > _WRITTEN):
            return read
    raise Refused(f"{what} is {_shown(text)}; a plain number such as 12.5 or 6.1e6 was expected. "
                  "Enter it again.", kind="input")


def _shown(text: object) -> str:
    """The offending value in quotes, cut so that a hostile one cannot fill a screen."""
    if text is None or text == "":
        return "blank"
    shown = str(text)
    return f"“{shown[:40]}{'…' if len(shown) > 40 else ''}”"


shown = _shown


@dataclass(frozen=True, slots=True)
class Reading:
    """A measured value that may be censored: `<0.5` is known only to lie below 0.5.

    `op` is one of "", "<", "<=", ">", ">=". A censored reading decides a comparison only where its
    bound decides it (DESIGN section 3): `<0.5` against a maximum of 0.5 is PASS, `<1000` against 500
    cannot be determined.
    """

    value: Decimal
    op: str = ""

    @classmethod
    def parse(cls, text: object, *, what: str = "the result") -> Reading:
        """Read "3.2", "<0.5" or ">=1e6"; anything else is refused with a sentence."""
        if isinstance(text, Decimal):
            return cls(number(text))
        raw = str(text).strip() if isinstance(text, str) else text
        found = re.match(r"(<=|>=|<|>|≤|≥)?\s*(.*)\Z", raw, re.S) if isinstance(raw, str) else None
        if not found:
            raise Refused(f"{what} is {_shown(text)}; a number, or a bound such as <0.5, was expected.",
                          kind="input")
        op = {"≤": "<=", "≥": ">="}.get(found[1] or "", found[1] or "")
        return cls(number(found[2], what=what), op)

    def at_most(self, limit: Decimal) -> bool | None:
        """True, False, or None when the bound cannot decide."""
        if self.op in ("<", "<="):
            return True if self.value <= limit else None
        if self.op == ">":
            return False if self.value >= limit else None
        if self.op == ">=":
            return False if self.value > limit else None
        return self.value <= limit

    def below(self, limit: Decimal) -> bool | None:
        """Strictly below: True, False, or None when the bound cannot decide."""
        if self.op == "<":
            return True if self.value <= limit else None
        if self.op == "<=":
            return True if self.value < limit else None
        if self.op in (">", ">="):
            return False if self.value >= limit else None
        return self.value < limit

    def at_least(self, limit: Decimal) -> bool | None:
        """True, False, or None when the bound cannot decide."""
        below = self.below(limit)
        return None if below is None else not below

    def above(self, limit: Decimal) -> bool | None:
        """Strictly above: True, False, or None when the bound cannot decide."""
        at_most = self.at_most(limit)
        return None if at_most is None else not at_most

    def __str__(self) -> str:
        return f"{self.op}{plain(self.value)}"


def verdict_from(answer: bool | None) -> Verdict:
    """A comparison that may not be decidable, as a verdict."""
    return Verdict.CANNOT_DETERMINE if answer is None else passed(answer)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its UCUM unit. There is no number without a unit."""

    value: Decimal
    unit: str

    def __str__(self) -> str:
        return f"{plain(self.value)} {in_words(self.unit)}".rstrip()


@dataclass(frozen=True, slots=True)
class Limits:
    """Inclusive bounds; None means no bound on that side."""

    low: Decimal | None = None
    high: Decimal | None = None
    unit: str = ""

    def holds(self, value: Decimal) -> bool:
        """True when low <= value <= high."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def judge(self, reading: Reading) -> Verdict:
        """The verdict of a possibly censored reading against both bounds."""
        answers = [reading.at_least(self.low)] if self.low is not None else []
        answers += [reading.at_most(self.high)] if self.high is not None else []
        if False in answers:
            return Verdict.FAIL
        return Verdict.CANNOT_DETERMINE if None in answers else Verdict.PASS

    def __str__(self) -> str:
        unit = f" {in_words(self.unit)}".rstrip()
        if self.low is not None and self.high is not None:
            return f"{plain(self.low)} to {plain(self.high)}{unit}"
        if self.low is not None:
            return f"at least {plain(self.low)}{unit}"
        return f"at most {plain(self.high)}{unit}" if self.high is not None else "no limit"


#: for rewriting a number without changing it: Python's own context would round at 28 digits
EXACT = Context(prec=300)


@lru_cache(maxsize=1024)
def plain(value: Decimal) -> str:
    """A decimal as people type it: no exponent for everyday sizes, none of the trailing zeros of a sum.

    >>> plain(Decimal("7.0E+2")), plain(Decimal("0.50"))
    ('700', '0.5')
    """
    normal = value.normalize(EXACT)
    if normal == 0:
        return "0"
    _sign, digits, exponent = normal.as_tuple()
    everyday = -7 < normal.adjusted() < 7 and int(exponent) >= -_DECIMALS
    if everyday or len(digits) > _WRITTEN:
        return f"{normal:f}"
    return f"{normal:E}".replace("E+", "e").replace("E", "e")


def significant(value: Decimal, digits: int = 3) -> str:
    """For display only, never for a comparison: rounded to significant digits, `7.40e6` style when large."""
    if value == 0:
        return "0"
    text = f"{value:.{digits - 1}e}"
    mantissa, _, power = text.partition("e")
    exponent = int(power)
    return f"{Decimal(text):f}" if -4 < exponent < 5 else f"{mantissa}e{exponent}"


@dataclass(frozen=True, slots=True)
class Move:
    """One allowed change of state: verb moves a thing from any of `before` to `after`."""

    verb: str
    before: frozenset[str]
    after: str


@dataclass(frozen=True)
class Moves:
    """The states of one kind of thing and the only ways between them."""

    kind: str
    start: str
    final: frozenset[str]
    moves: tuple[Move, ...] = field(default_factory=tuple)

    def after(self, verb: str, state: str) -> str:
        """The state after the verb, or a refusal that says what is possible from here."""
        for move in self.moves:
            if move.verb == verb and state in move.before:
                return move.after
        possible = sorted({move.verb for move in self.moves if state in move.before})
        raise Refused(f"This {self.kind} is {state}; “{verb}” is not possible from there. "
                      f"Possible now: {', '.join(possible) or 'nothing, the state is final'}.")

    @property
    def states(self) -> frozenset[str]:
        """Every state named anywhere in the table."""
        named = {self.start, *self.final}
        for move in self.moves:
            named |= {*move.before, move.after}
        return frozenset(named)


def refuse_unless(findings: Iterable[Finding], why: str = "") -> None:
    """Stop unless every finding is PASS; the refusal carries all that are not, never only the first."""
    wrong = [finding for finding in findings if finding.verdict is not Verdict.PASS]
    if wrong:
        raise Refused(why or " ".join(finding.why for finding in wrong), findings=wrong)
