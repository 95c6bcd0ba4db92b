"""The scales gates are drawn on (Gating-ML 2.0): linear, logarithmic, inverse hyperbolic sine, logicle, hyperlog.

Every one rises with its input. A bound of a rectangle is therefore taken back to the scale of the instrument with
`back`, which is a formula for all of them; only polygons need `on`, which has to be searched for two of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

MOST_DECADES = 20.0
LN10 = math.log(10.0)


@dataclass(frozen=True, slots=True)
class Scale:
    """One scale with its parameters as the gate file gives them; what it does not have is 0."""

    kind: str
    #: top of the scale
    t: float
    #: decades
    m: float = 0.0
    #: additional negative decades, or for linear the part below zero
    a: float = 0.0
    #: decades that are nearly linear
    w: float = 0.0

    @property
    def fault(self) -> str:
        """What cannot be about the parameters; blank when they are possible."""
        if not 0 < self.t <= 1e15:
            return "T has to be above 0"
        if self.kind == "flin":
            return "" if 0 <= self.a <= self.t else "A has to lie between 0 and T"
        if not 0 < self.m <= MOST_DECADES:
            return f"M has to be above 0 and at most {MOST_DECADES:g}"
        if self.kind == "fasinh":
            return "" if 0 <= self.a <= self.m else "A has to lie between 0 and M"
        if self.kind in ("logicle", "hyperlog"):
            lowest = 0 if self.kind == "logicle" else 1e-6
            ok = lowest <= self.w <= self.m / 2 and -self.w <= self.a <= self.m - 2 * self.w and self.m + self.a > 0
            return "" if ok else "W has to lie between 0 and M/2, and A between -W and M - 2W"
        return ""

    def forms(self) -> Forms:
        """The scale with its constants worked out."""
        return {"flin": _linear, "flog": _log, "fasinh": _asinh, "logicle": _logicle, "hyperlog": _hyperlog}[
            self.kind](self)


@dataclass(frozen=True, slots=True)
class Forms:
    """Both directions of one scale."""

    on: Callable[[float], float]
    back: Callable[[float], float]


def _exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf


def _linear(s: Scale) -> Forms:
    return Forms(lambda x: (x + s.a) / (s.t + s.a), lambda y: y * (s.t + s.a) - s.a)


def _log(s: Scale) -> Forms:
    return Forms(lambda x: math.log10(x / s.t) / s.m + 1 if x > 0 else -math.inf,
                 lambda y: s.t * _exp((y - 1) * s.m * LN10))


def _asinh(s: Scale) -> Forms:
    top, shift, span = math.sinh(s.m * LN10), s.a * LN10, (s.m + s.a) * LN10

    def back(y: float) -> float:
        inner = y * span - shift
        return math.copysign((_exp(abs(inner)) - _exp(-abs(inner))) / 2, inner) * s.t / top

    return Forms(lambda x: (math.asinh(x * top / s.t) + shift) / span, back)


def _logicle(s: Scale) -> Forms:
    """a e^(by) - c e^(-dy) - f (Moore and Parks, Cytometry A 2012)."""
    b, w = (s.m + s.a) * LN10, s.w / (s.m + s.a)
    low = s.a / (s.m + s.a)
    middle, high = low + w, low + 2 * w
    d = _root(lambda d: 2 * (math.log(d) - math.log(b)) + w * (b + d), b)
    c = math.exp(high * (b + d))
    f = math.exp(b * middle) - c * math.exp(-d * middle)
    a = s.t / (math.exp(b) - f - c * math.exp(-d))
    c, f = c * a, f * a
    return _searched(lambda y: a * _exp(b * y) - c * _exp(-d * y) - f,
                     lambda y: a * b * _exp(b * y) + c * d * _exp(-d * y))


def _hyperlog(s: Scale) -> Forms:
    """a e^(by) + cy - f (Bagwell, Cytometry A 2005, as Gating-ML 2.0 writes it)."""
    b, w = (s.m + s.a) * LN10, s.w / (s.m + s.a)
    low = s.a / (s.m + s.a)
    middle, high = low + w, low + 2 * w
    c = math.exp(b * high) / w
    f = math.exp(b * middle) + c * middle
    a = s.t / (math.exp(b) + c - f)
    c, f = c * a, f * a
    return _searched(lambda y: a * _exp(b * y) + c * y - f, lambda y: a * b * _exp(b * y) + c)


def _root(rises: Callable[[float], float], high: float) -> float:
    """Where a rising function passes zero between 0 and high, to the last digit a float has."""
    low = 0.0
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if rises(middle) < 0 else (low, middle)
    return high


def _searched(back: Callable[[float], float], slope: Callable[[float], float]) -> Forms:
    """The direction without a formula is searched: Newton's steps, halved where they leave the bracket."""

    def on(x: float) -> float:
        low, high = -4.0, 4.0
        y = 0.5
        for _ in range(100):
            off = back(y) - x
            low, high = (y, high) if off < 0 else (low, y)
            step = y - off / slope(y)
            if abs(step - y) < 1e-15:
                return step
            y = step if low < step < high else (low + high) / 2
        return y

    return Forms(on, back)
