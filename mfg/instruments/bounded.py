"""Reads a file from outside in a process of its own, bounded in memory, time and size of its answer.

Whatever the file does to that process - too much memory, no end, a crash - is a sentence here, and the program that
asked does not grow. The process gets the bytes and a name, nothing else: no database address, no key.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from mfg.facts import Refused
from mfg.instruments.child import DONE, REFUSED, TOO_MUCH
from mfg.instruments.flow_fcs import recognises_fcs
from mfg.instruments.found import InstrumentFile
from mfg.instruments.plain_data import file_of, measurement_of
from mfg.instruments.readers import Gates, largest
from mfg.instruments.text_tables import check_size, no_file


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one reading may take."""

    megabytes: int = 400
    #: of the processor
    seconds: int = 20
    #: of the clock, on a machine that is busy with other things
    patience: int = 60
    answer_megabytes: int = 64


BOUNDS = Bounds()
#: a file of events is larger, and every event is looked at
EVENTS = Bounds(megabytes=600, seconds=60)
CHILD = "mfg.instruments.child"
#: readings at a time in one process of the server; whoever comes meanwhile waits this many seconds at most
AT_ONCE, PATIENCE = 2, 30
_turns = threading.BoundedSemaphore(AT_ONCE)
_ROOT = Path(__file__).resolve().parents[2]


def read_bounded(name: str, content: bytes, kind: str = "", bounds: Bounds | None = None,
                 gates: Gates | None = None) -> InstrumentFile:
    """What `readers.read` gives, or Refused with a sentence, whatever the bytes are."""
    check_size(name, content, largest(content))
    bounds = bounds or (EVENTS if recognises_fcs(content) else BOUNDS)
    gates_name, behind = gates or ("", b"")
    asked = (name, kind, gates_name, str(len(content)))
    try:
        with _turn(name), tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as target:
            source.write(content)
            source.write(behind)
            source.seek(0)
            code = _run(asked, source, target, bounds)
            target.seek(0)
            return _answer(name, code, target, bounds)
    except OSError as broken:
        raise no_file(name, f"the process that reads files could not be started ({broken.strerror}). Hand it in again, "
                            "or tell whoever looks after the system.") from broken


@contextmanager
def _turn(name: str) -> Iterator[None]:
    if not _turns.acquire(timeout=PATIENCE):
        raise no_file(name, "other files are being read just now. Hand it in again in a minute.")
    try:
        yield
    finally:
        _turns.release()


def _run(asked: tuple[str, ...], source: IO[bytes], target: IO[bytes], bounds: Bounds) -> int | None:
    """The exit code of the child; None where it did not end in time."""
    limits = (bounds.megabytes, bounds.seconds, bounds.answer_megabytes)
    plain = [one.encode("utf-8", "replace").decode().replace("\0", "")[:200] for one in asked]
    command = [sys.executable, "-P", "-m", CHILD, *plain[:2], *(str(one) for one in limits), *plain[2:]]
    with subprocess.Popen(command, stdin=source, stdout=target, stderr=subprocess.DEVNULL,  # noqa: S603
                          env=_environment(), cwd="/", start_new_session=True) as child:
        try:
            return child.wait(timeout=bounds.patience)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            return None


def _environment() -> dict[str, str]:
    """Nothing of ours but where the program lies."""
    kept = {key: os.environ[key] for key in ("PATH", "LANG", "LC_ALL", "SYSTEMROOT") if key in os.environ}
    return kept | {"PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1",
                   "OMP_NUM_THREADS": "1"}


def _answer(name: str, code: int | None, target: IO[bytes], bounds: Bounds) -> InstrumentFile:
    if code is None or code == -signal.SIGXCPU:
        raise no_file(name, f"the file could not be read within {bounds.seconds} seconds of work, {bounds.patience} on "
                            "the clock. Export fewer samples at once.")
    if code in (TOO_MUCH, -signal.SIGKILL):
        raise no_file(name, f"reading the file took more than {bounds.megabytes} MB of memory or was ended. Export "
                            "fewer samples at once.")
    if code not in (DONE, REFUSED):
        raise no_file(name, "the reader stopped over this file and gave nothing that can be relied on. Hand in the "
                            "file as the instrument wrote it; if it is, tell whoever looks after the system.")
    return _of_lines(name, target)


def _of_lines(name: str, target: IO[bytes]) -> InstrumentFile:
    import orjson

    told: dict[str, Any] = {}
    found = []
    try:
        for line in target:
            one = orjson.loads(line)
            if "refused" in one:
                raise Refused(one["refused"], kind="input")
            if "measurement" in one:
                found.append(measurement_of(one.pop("measurement")))
            told |= one
        if told["end"] == len(found):
            return file_of(told["file"], tuple(found))
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError):
        pass
    raise no_file(name, "the reader gave an answer that is not whole. Hand it in again.")
