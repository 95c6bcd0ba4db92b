"""A connection to a printer that cannot keep us: it ends at a moment, and takes no more bytes than it may.

A time-out of a socket begins anew with every byte, so a printer that drips one byte a second would hold a worker for
ever. Here every read and every write gets what is left of the time for the whole.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from time import monotonic
from typing import Any

#: an answer of a printer is some hundred bytes; whoever sends more is no printer
MOST = 64 * 1024


class Trouble(Exception):
    """Why something was not printed, as a full sentence with what to do."""


class TooMuch(Trouble):
    """The printer does not stop answering."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long anything may take, in seconds."""

    connect: float = 5
    status: float = 5
    send: float = 30
    finish: float = 45


@dataclass
class Progress:
    """What is known of an attempt while it is under way: how the printer was, how many bytes of the content left."""

    status: str = ""
    sent: int = 0


class Wire(socket.socket):
    """A TCP connection with an end."""

    until: float = 0.0
    got: int = 0

    def lasts(self, seconds: float) -> None:
        """From now on it may last so long."""
        self.until = monotonic() + seconds

    def _in_time(self) -> None:
        left = self.until - monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self.settimeout(left)

    def _count(self, size: int) -> int:
        self.got += size
        if self.got > MOST:
            raise TooMuch(f"The printer answered more than {MOST} bytes and did not stop.")
        return size

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """As every socket does, in what is left of the time; TooMuch when it goes on and on."""
        self._in_time()
        return self._count(super().recv_into(buffer, nbytes, flags))

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        """As every socket does, in what is left of the time."""
        self._in_time()
        data = super().recv(bufsize, flags)
        self._count(len(data))
        return data

    def push(self, data: bytes, progress: Progress | None = None) -> None:
        """Send all of it; `progress` counts what left us, also when the connection breaks midway."""
        view = memoryview(data)
        while view:
            self._in_time()
            gone = self.send(view[:16384])
            if progress:
                progress.sent += gone
            view = view[gone:]


def dial(host: str, port: int, seconds: float) -> Wire:
    """A connection, or OSError. Every address of the name is tried, all within `seconds`."""
    until, last = monotonic() + seconds, OSError("no address")
    for family, kind, proto, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        wire = Wire(family, kind, proto)
        wire.until = until
        try:
            wire._in_time()
            wire.connect(address)
        except OSError as broken:
            wire.close()
            last = broken
            continue
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return wire
    raise last


def in_words(broken: OSError) -> str:
    """What stopped a connection, as a sentence."""
    match broken:
        case TimeoutError():
            return "The printer did not answer in time. It is busy, off, or not on the network."
        case ConnectionRefusedError():
            return "The printer refuses the connection: it is off, or its address has changed. Switch it on, then " \
                   "try again."
        case ConnectionResetError() | BrokenPipeError() | ConnectionAbortedError():
            return "The printer broke the connection."
        case socket.gaierror():
            return "Nothing on the network has the name of this printer. Correct it on the page of the printer."
    return f"The printer cannot be reached ({broken.strerror or type(broken).__name__})."
