"""Printers that are none: they answer on the loopback as printers do, for tests and for the demonstration.

They keep what they are sent, byte for byte, and can be told to be out of media, silent, slow, cut off or hostile. They
print nothing, prove nothing and listen to nobody but this computer.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Event, Thread
from time import sleep
from typing import Any, Self

from mfg.printing import ipp
from mfg.printing.ipp import Attribute, Message

ASK = b"~HS"


@dataclass
class StandIn:
    """How the printer behaves from now on, and what it was sent. A port of 0 takes any that is free."""

    port: int = 0
    #: what it says is wrong: names of `host_status.WORDS` for raw, printer-state-reasons for IPP
    troubles: tuple[str, ...] = ()
    #: the same, from the moment it has taken a job
    troubles_after: tuple[str, ...] = ()
    #: takes the connection and says nothing, from the beginning or once it has taken a job
    silent: bool = False
    silent_after: bool = False
    #: breaks the connection after so many bytes of the content
    cut_after: int | None = None
    #: answers exactly this, whatever is asked
    answer: bytes | None = None
    #: answers this for ever
    endless: bytes | None = None
    #: seconds between two bytes of an answer
    drip: float = 0
    #: labels that somebody else left in its memory
    holds: int = 0
    jobs: list[bytearray] = field(default_factory=list)
    kept: Callable[[bytes], None] | None = None
    connections: int = 0

    def __enter__(self) -> Self:
        outer = self

        class Handler(BaseRequestHandler):
            def handle(self) -> None:
                outer.connections += 1
                try:
                    outer.serve(self.request)
                except OSError:
                    pass  # whoever asked has gone

        ThreadingTCPServer.allow_reuse_address = True
        self._server = ThreadingTCPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._closing = Event()
        self.port = self._server.server_address[1]
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def serve(self, line: socket.socket) -> None:
        """One connection."""
        raise NotImplementedError

    def say(self, line: socket.socket, answer: bytes) -> None:
        """Answer as told: as it should be, another answer, for ever, drop by drop."""
        if self.endless:
            while not self._closing.is_set():
                line.sendall(self.endless)
        answer = self.answer if self.answer is not None else answer
        if not self.drip:
            return line.sendall(answer)
        for byte in answer:
            line.sendall(bytes((byte,)))
            sleep(self.drip)
        return None

    def taken(self, part: bytes, job: bytearray) -> bool:
        """Keep what came; False when the connection is to break now."""
        room = len(part) if self.cut_after is None else max(0, self.cut_after - len(job))
        job += part[:room]
        return self.cut_after is None or len(job) < self.cut_after

    @staticmethod
    def cut(line: socket.socket) -> None:
        """Break the connection as a plug does: at once and without a farewell."""
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.close()


class RawStandIn(StandIn):
    """A label printer on a raw port: ZPL and `~HS`."""

    def serve(self, line: socket.socket) -> None:
        """Split what comes into questions and content; the content of one connection is one job."""
        rest, job = b"", bytearray()
        while data := line.recv(4096):
            rest += data
            while ASK in rest:
                before, _, rest = rest.partition(ASK)
                if not self._content(line, before, job):
                    return
                silent = self.silent or (self.silent_after and bool(job))
                if not silent:
                    self.say(line, self._status(bool(job)))
            held = next((size for size in (2, 1) if rest.endswith(ASK[:size])), 0)
            if not self._content(line, rest[:len(rest) - held], job):
                return
            rest = rest[len(rest) - held:]
        if self.kept and job:
            self.kept(bytes(job))

    def _content(self, line: socket.socket, part: bytes, job: bytearray) -> bool:
        if part and not job:
            self.jobs.append(job)
        if part and not self.taken(part, job):
            self.cut(line)
            return False
        return True

    def _status(self, after: bool) -> bytes:
        wrong = self.troubles_after if after and self.troubles_after else self.troubles

        def flag(name: str) -> int:
            return int(name in wrong)

        first = (f"030,{flag('paper')},{flag('pause')},1245,{self.holds:03d},{flag('full')},{flag('diagnostic')},"
                 f"{flag('partial')},000,{flag('corrupt')},{flag('cold')},{flag('hot')}")
        second = f"000,0,{flag('head')},{flag('ribbon')},1,2,4,{flag('waits')},00000000,1,000"
        return "".join(f"\x02{line}\x03\r\n" for line in (first, second, "1234,0")).encode()


class IppStandIn(StandIn):
    """A printer that speaks IPP: takes PDF, tells how it is and what became of its jobs."""

    state: int = 3
    accepting: bool = True
    #: status it answers to Print-Job, and the state its jobs are in when they are asked for
    refuses: int = 0
    ends: int = 9
    version: tuple[int, int] = (1, 1)

    def serve(self, line: socket.socket) -> None:
        """One HTTP request: head, length, message, document."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += line.recv(4096) or b"\r\n\r\n"
        head, _, body = data.partition(b"\r\n\r\n")
        told = {name.lower(): value for name, _, value in (one.partition(b": ") for one in head.split(b"\r\n")[1:])}
        size, job = int(told.get(b"content-length", b"0")), bytearray()
        while len(body) < size:
            if not (part := line.recv(4096)):
                break
            body += part
            if self.cut_after is not None and len(body) >= self.cut_after:
                return self.cut(line)
        asked = ipp.read(body)
        if asked.document:
            job += asked.document
            self.jobs.append(job)
            if self.kept:
                self.kept(bytes(job))
        if not self.silent and not (self.silent_after and self.jobs):
            message = self._message(asked)
            self.say(line, b"HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\nContent-Length: "
                     + f"{len(message)}\r\n\r\n".encode() + message)
        else:
            self._closing.wait()
        return None

    def _message(self, asked: Message) -> bytes:
        told: list[Attribute] = [(ipp.CHARSET, "attributes-charset", "utf-8"),
                                 (ipp.LANGUAGE, "attributes-natural-language", "en")]
        groups: list[Any] = [(ipp.OPERATION, told)]
        if asked.code == ipp.GET_PRINTER:
            wrong = self.troubles_after if self.jobs and self.troubles_after else self.troubles
            reasons = [(ipp.KEYWORD, "" if at else "printer-state-reasons", one)
                       for at, one in enumerate(wrong or ("none",))]
            groups.append((ipp.PRINTER_GROUP, [(ipp.ENUM, "printer-state", self.state), *reasons,
                                               (ipp.BOOLEAN, "printer-is-accepting-jobs", self.accepting)]))
        elif asked.code == ipp.PRINT_JOB and not self.refuses:
            groups.append((ipp.JOB_GROUP, [(ipp.INTEGER, "job-id", len(self.jobs)), (ipp.ENUM, "job-state", 3)]))
        elif asked.code == ipp.GET_JOB:
            groups.append((ipp.JOB_GROUP, [(ipp.ENUM, "job-state", self.ends),
                                           (ipp.KEYWORD, "job-state-reasons", "none")]))
        status = self.refuses if asked.code == ipp.PRINT_JOB else 0
        return ipp.write(status, asked.request, groups, version=self.version)


KINDS: dict[str, type[StandIn]] = {"raw": RawStandIn, "ipp": IppStandIn}
