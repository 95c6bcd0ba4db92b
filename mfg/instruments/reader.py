"""What a reader of instrument files is: one kind of file, how it is known by its content, and what reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mfg.instruments.found import InstrumentFile


@dataclass(frozen=True)
class Reader:
    """One kind of file of one instrument. Nothing here goes by the name a file has.

    `recognises` takes the whole bytes, looks at the beginning only, never raises and never unpacks anything. `read`
    takes the name and the bytes, and raises Refused (kind "input") with file, row, column and reason where it cannot.
    """

    #: such as "vicell-blu": the key in the table, in records and on the command line
    kind: str
    maker: str
    model: str
    #: as people pick it from a list
    title: str
    recognises: Callable[[bytes], bool]
    read: Callable[[str, bytes], InstrumentFile]
