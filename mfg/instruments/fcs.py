"""A flow cytometry file (FCS 2.0 to 3.2, list mode): its channels and the events of each, for gating only.

The values of events are floats, as the instrument wrote them: they are compared with the bounds of gates, and only
counts leave. Of TEXT it passes on what a record needs and nothing else: no name of a file, institute or patient.
An own reader instead of a package: what a file claims is held against its length before memory is taken.
"""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from struct import Struct
from typing import Any

from mfg.facts import shown
from mfg.instruments.fcs_text import Words, fault, read_words

LARGEST = 100_000_000
MOST_VALUES = 12_000_000
MOST_CHANNELS = 200
_ORDERS = {"1,2,3,4": "little", "1,2": "little", "4,3,2,1": "big", "2,1": "big",
           "1,2,3,4,5,6,7,8": "little", "8,7,6,5,4,3,2,1": "big"}
_WHOLE_CODES = {8: "B", 16: "H", 32: "I", 64: "Q"}
Columns = Callable[[int], "array[Any]"]


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel: its number from 1, the name gates use ($PnN), the marker stained for ($PnS), how it is scaled."""

    number: int
    name: str
    marker: str
    bits: int
    #: for whole numbers: the values above are masked away, as the standard says
    span: int
    decades: float
    at_zero: float
    gain: float


@dataclass(frozen=True, slots=True)
class Spillover:
    """Which channels spill into which, row by row: the signal of one dye in every detector."""

    names: tuple[str, ...]
    rows: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Flow:
    """One data set: events by channel, and what TEXT says of the run."""

    name: str
    version: str
    channels: tuple[Channel, ...]
    events: int
    #: by channel number - 1, unscaled
    _column: Columns = field(repr=False)
    _words: Words = field(repr=False)

    def channel(self, name: str) -> Channel | None:
        """The channel gates call so, if there is exactly one."""
        found = [one for one in self.channels if one.name == name]
        return found[0] if len(found) == 1 else None

    def scaled(self, channel: Channel) -> array[float]:
        """Every event's value on the scale of the instrument: gain and logarithmic amplifier taken out."""
        raw = self._column(channel.number - 1)
        if channel.decades:
            step = channel.decades / channel.span
            values = array("d", [channel.at_zero * 10.0 ** (step * value) for value in raw])
        else:
            values = array("d", raw if channel.gain == 1 else [value / channel.gain for value in raw])
        if not all(map(math.isfinite, values)):
            raise fault(self.name, f"channel {channel.name} holds an event without a number",
                        "a number for every event was expected")
        return values

    @property
    def has_time_step(self) -> bool:
        """Is the channel Time counted in steps other than its own unit?"""
        return self._words.get("$TIMESTEP") not in ("", "1")

    @property
    def spillover(self) -> Spillover | None:
        """The compensation the cytometer kept in the file."""
        text = self._words.get("$SPILLOVER") or self._words.get("SPILL") or self._words.get("SPILLOVER")
        return _spillover(self.name, text) if text else None

    @property
    def other_compensation(self) -> bool:
        """Does the file hold a compensation in the older form, which is not read?"""
        return bool(self._words.get("$COMP") or self._words.get("$DFC1TO2"))

    def told(self, *keywords: str) -> str:
        """The first of the keywords that says something; only for the keywords of TOLD."""
        return next((text for one in keywords if one in TOLD and (text := self._words.get(one))), "")


#: what a record may take from TEXT, and nothing else: the rest may name people
TOLD = frozenset({"$CYT", "$CYTSN", "CYTNUM", "CREATOR", "$DATE", "$BTIM", "$ETIM", "$BEGINDATETIME", "$ENDDATETIME",
                  "$SMNO", "SAMPLE ID", "$OP", "$TOT"})


def read_flow(name: str, content: bytes) -> Flow:
    """The one data set of an FCS file, or a refusal that says what is wrong with it."""
    if len(content) > LARGEST:
        raise fault(name, f"it has {len(content) / 1e6:.0f} MB", f"at most {LARGEST / 1e6:.0f} MB are read")
    words = read_words(name, content)
    _of_one_kind(words)
    channels = _channels(words)
    events = words.whole("$TOT")
    if not 0 < events * len(channels) <= MOST_VALUES:
        raise fault(name, f"$TOT is {events} events in {len(channels)} channels",
                    f"between 1 and {MOST_VALUES} values were expected")
    begin, end = _place(words, len(content))
    size = events * sum(one.bits for one in channels) // 8
    # many programs count one byte too many; anything else means that the file and its words are not of one piece
    if end - begin + 1 not in (size, size + 1):
        raise fault(name, f"DATA has {end - begin + 1} bytes, and {events} events in {len(channels)} channels make "
                          f"{size}", "the two have to agree")
    data = memoryview(content)[begin:begin + size]
    return Flow(name, words.version, channels, events, _columns(words, channels, data), words)


def _of_one_kind(words: Words) -> None:
    if words.whole_or("$NEXTDATA", 0):
        raise fault(words.name, "it holds more than one data set", "one file for one sample was expected")
    if words.get("$MODE") not in ("L", ""):
        raise fault(words.name, f"$MODE is {shown(words.get('$MODE'))}", "a list of events (L) was expected")
    if words.need("$DATATYPE") not in ("I", "F", "D"):
        raise fault(words.name, f"$DATATYPE is {shown(words.get('$DATATYPE'))}",
                    "whole numbers (I) or floating ones (F, D) were expected")


def _channels(words: Words) -> tuple[Channel, ...]:
    """By their number, never by the order they stand in: $P10N stands before $P1N in most files."""
    count = words.whole("$PAR")
    if not 0 < count <= MOST_CHANNELS:
        raise fault(words.name, f"$PAR is {count}", f"between 1 and {MOST_CHANNELS} channels were expected")
    kind = words.get("$DATATYPE")
    found = tuple(_channel(words, number, kind) for number in range(1, count + 1))
    names = [one.name for one in found]
    if twice := next((one for one in names if names.count(one) > 1), ""):
        raise fault(words.name, f"two channels are called {shown(twice)}", "every channel has a name of its own")
    return found


def _channel(words: Words, n: int, kind: str) -> Channel:
    own = words.get(f"$P{n}DATATYPE")
    if own not in ("", kind):
        raise fault(words.name, f"channel {n} has a data type of its own, {shown(own)}", "one type was expected")
    bits = words.whole(f"$P{n}B")
    allowed = {"F": {32}, "D": {64}}.get(kind, set(_WHOLE_CODES))
    if bits not in allowed:
        raise fault(words.name, f"$P{n}B is {bits} bits", f"one of {sorted(allowed)} was expected")
    decades, at_zero = _amplifier(words, n)
    gain = _float(words, f"$P{n}G", words.get(f"$P{n}G") or "1")
    if gain <= 0:
        raise fault(words.name, f"$P{n}G is {shown(words.get(f'$P{n}G'))}", "a gain above zero was expected")
    # a range matters only to whole numbers and logarithmic amplifiers; newer files write others as they like
    span = words.whole(f"$P{n}R") if kind == "I" or decades else 0
    if span < 1 and (kind == "I" or decades):
        raise fault(words.name, f"$P{n}R is {span}", "a range above zero was expected")
    return Channel(n, words.need(f"$P{n}N"), words.get(f"$P{n}S"), bits, span, decades, at_zero, gain)


def _amplifier(words: Words, n: int) -> tuple[float, float]:
    """Decades of a logarithmic amplifier and its value at zero; "4,0" is written for 4,1 (standard 3.1, $PnE)."""
    text = words.get(f"$P{n}E") or "0,0"
    parts = text.split(",")
    if len(parts) != 2:
        raise fault(words.name, f"$P{n}E is {shown(text)}", "two numbers were expected")
    decades, at_zero = (_float(words, f"$P{n}E", part) for part in parts)
    if not 0 <= decades <= 20 or at_zero < 0:
        raise fault(words.name, f"$P{n}E is {shown(text)}", "0 to 20 decades from a value above zero were expected")
    if decades and words.get("$DATATYPE") != "I":
        raise fault(words.name, f"$P{n}E is {shown(text)} for floating numbers", "0,0 was expected")
    return decades, at_zero or 1.0


def _float(words: Words, keyword: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise fault(words.name, f"{keyword} is {shown(text)}", "a number was expected")
    return value


def _place(words: Words, length: int) -> tuple[int, int]:
    """First and last byte of DATA; header and TEXT must not tell two places."""
    told = words.whole_or("$BEGINDATA", 0), words.whole_or("$ENDDATA", 0)
    places = {place for place in (words.data, told) if place != (0, 0)}
    if len(places) != 1:
        raise fault(words.name, f"the header puts DATA at {words.data[0]} to {words.data[1]} and TEXT at {told[0]} to "
                                f"{told[1]}", "one place was expected")
    begin, end = places.pop()
    if not 58 <= begin <= end < length:
        raise fault(words.name, f"DATA lies from byte {begin} to {end} of {length}",
                    "a place inside the file was expected; it may be cut short")
    return begin, end


def _columns(words: Words, channels: tuple[Channel, ...], data: memoryview) -> Columns:
    """Gives the values of one channel when asked: a whole file taken apart at once would fill the memory."""
    kind, order = words.get("$DATATYPE"), _ORDERS.get(words.need("$BYTEORD").replace(" ", ""))
    if order is None:
        raise fault(words.name, f"$BYTEORD is {shown(words.get('$BYTEORD'))}",
                    "1,2,3,4 or 4,3,2,1 was expected")
    codes = [{"F": "f", "D": "d"}.get(kind) or _WHOLE_CODES[one.bits] for one in channels]
    if len(set(codes)) > 1:
        mixed = _mixed(codes, order, data)
        return lambda place: _masked(mixed[place], channels[place])
    values: Any = array(codes[0])
    values.frombytes(data)
    if order != sys.byteorder:
        values.byteswap()
    return lambda place: _masked(values[place::len(channels)], channels[place])


def _masked(column: array[Any], channel: Channel) -> array[Any]:
    """Bits above the range are of no meaning in whole numbers and are cleared."""
    if column.typecode in "fd":
        return column
    mask = (1 << (channel.span - 1).bit_length()) - 1
    return array(column.typecode, [value & mask for value in column]) if max(column) > mask else column


def _mixed(codes: list[str], order: str, data: memoryview) -> list[array[Any]]:
    """Whole numbers of several widths stand packed event by event."""
    columns: list[array[Any]] = [array(code) for code in codes]
    for row in Struct(("<" if order == "little" else ">") + "".join(codes)).iter_unpack(data):
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    return columns


def _spillover(name: str, text: str) -> Spillover:
    """`n, names, n x n numbers`, as the standard writes it."""
    parts = [part.strip() for part in text.split(",")]
    count = int(parts[0]) if parts[0].isascii() and parts[0].isdigit() and len(parts[0]) < 4 else 0
    if not count or len(parts) != 1 + count + count * count:
        raise fault(name, "the compensation in the file has a wrong number of parts", "n, n names and n x n numbers "
                    "were expected")
    names, found = tuple(parts[1:1 + count]), parts[1 + count:]
    if len(set(names)) != count:
        raise fault(name, "the compensation in the file names a channel twice", "every channel once was expected")
    try:
        numbers = [float(one) for one in found]
    except ValueError:
        numbers = [math.nan]
    if not all(map(math.isfinite, numbers)):
        raise fault(name, "the compensation in the file holds something that is no number", "numbers were expected")
    return Spillover(names, tuple(tuple(numbers[row * count:(row + 1) * count]) for row in range(count)))
