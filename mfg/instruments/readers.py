"""The table of readers: every kind of instrument file that can be read, and which of them reads a file.

What a file is goes by its content. A person may say it as well; then the content has to agree.
"""

from __future__ import annotations

from mfg.facts import shown
from mfg.instruments.analysers import ANALYSERS
from mfg.instruments.beckman import BECKMAN_READERS
from mfg.instruments.chemometec import CHEMOMETEC_READERS
from mfg.instruments.counters import COUNTERS
from mfg.instruments.fcs import LARGEST as LARGEST_EVENTS
from mfg.instruments.flow_fcs import KIND, read_fcs, recognises_fcs
from mfg.instruments.flow_readers import FLOW_READERS
from mfg.instruments.found import InstrumentFile
from mfg.instruments.reader import Reader
from mfg.instruments.text_tables import LARGEST, check_size, no_file
from mfg.instruments.workbook import refuse_old_or_locked

COUNTER_READERS: tuple[Reader, ...] = (*BECKMAN_READERS, *CHEMOMETEC_READERS, *COUNTERS, *ANALYSERS)

#: kind -> the reader of it
READERS: dict[str, Reader] = {one.kind: one for one in (*COUNTER_READERS, *FLOW_READERS)}
#: a file of gates: its name and its bytes
Gates = tuple[str, bytes]


def largest(content: bytes) -> int:
    """How large a file may be: one of events holds every cell."""
    return LARGEST_EVENTS if recognises_fcs(content) else LARGEST


def reader_of(name: str, content: bytes, kind: str = "") -> Reader:
    """The reader of a file, or Refused. `kind` is what a person says it is; blank where nobody said."""
    check_size(name, content, largest(content))
    refuse_old_or_locked(name, content)
    found = [one for one in READERS.values() if one.recognises(content)]
    looks = " or ".join(one.title for one in found)
    if kind and kind not in READERS:
        raise no_file(name, f"{shown(kind)} is no kind of file known here; there are {', '.join(sorted(READERS))}.")
    if kind and READERS[kind] not in found:
        raise no_file(name, f"it was said to be {READERS[kind].title}, but its content is "
                            f"{f'that of {looks}' if looks else 'of no kind known here'}. Choose the right file, or "
                            "the right instrument.")
    if kind:
        return READERS[kind]
    if len(found) != 1:
        raise no_file(name, f"its content is {f'that of {looks}; say which' if looks else 'of no kind known here'}. "
                            f"Known are: {'; '.join(one.title for one in READERS.values())}.")
    return found[0]


def read(name: str, content: bytes, kind: str = "", gates: Gates | None = None) -> InstrumentFile:
    """Read a file in this process, or Refused. A file from outside is read through `bounded.py`.

    `gates` are for a file of events: its populations are counted with them.
    """
    reader = reader_of(name, content, kind)
    if gates is None:
        return reader.read(name, content)
    if reader.kind != KIND:
        raise no_file(name, f"{reader.title} takes no file of gates; only a file of events does. Hand it in alone.")
    check_size(*gates)
    return read_fcs(name, content, *gates)
