"""The table of readers: every kind of instrument file that can be read. It reads nothing itself."""

from __future__ import annotations

from mfg.instruments.reader import Reader

COUNTER_READERS: tuple[Reader, ...] = ()

#: kind -> the reader of it
READERS: dict[str, Reader] = {one.kind: one for one in COUNTER_READERS}
