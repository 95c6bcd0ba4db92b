"""A label printer on a raw port (9100): asked how it is, sent one job, asked until nothing is left to print.

All on one connection, so that nobody comes between. Nothing is sent twice, whatever happens.
"""

from __future__ import annotations

from time import monotonic, sleep

from mfg.printing.host_status import HostStatus, complete, not_one, read_host_status
from mfg.printing.wire import Bounds, Progress, Trouble, Wire, dial

ASK = b"~HS"
#: seconds between two looks at a printer that is printing
PAUSE = 0.3
SILENT = ("The printer takes the connection and does not say how it is. Label printers are silent while labels or "
          "ribbon are out or the head is open: look at it, then try again.")
CLOSED = "The printer closed the connection without saying how it is: look at it, then try again."


def print_raw(host: str, port: int, content: bytes, bounds: Bounds, progress: Progress) -> None:
    """Print the content on the printer there. Raises Trouble or OSError; `progress` says how far it got."""
    with dial(host, port, bounds.connect) as wire:
        before = ask(wire, bounds.status)
        progress.status = str(before)
        if before.trouble:
            raise Trouble(before.trouble)
        if before.holds:
            raise Trouble(f"The printer still holds {before.holds} label(s) that are not printed: let it print or "
                          "clear its memory, then try again.")
        wire.lasts(bounds.send)
        wire.push(content, progress)
        _until_printed(wire, bounds)


def ask(wire: Wire, seconds: float) -> HostStatus:
    """How the printer says it is. Raises Trouble when it says nothing, or something else."""
    wire.lasts(seconds)
    wire.push(ASK)
    answer = b""
    try:
        while not complete(answer) and len(answer) < 4096:
            part = wire.recv(1024)
            if not part:
                raise Trouble(not_one(answer) if answer else CLOSED)
            answer += part
    except TimeoutError as silence:
        raise Trouble(not_one(answer) if answer else SILENT) from silence
    found = read_host_status(answer)
    if found is None:
        raise Trouble(not_one(answer))
    return found


def _until_printed(wire: Wire, bounds: Bounds) -> None:
    until = monotonic() + bounds.finish
    while (left := until - monotonic()) > 0:
        now = ask(wire, min(bounds.status, left))
        if now.trouble and now.flags != ("partial",):
            raise Trouble(f"While it printed: {now.trouble}")
        if not now.holds and not now.trouble:
            return
        sleep(min(PAUSE, left))
    raise Trouble("The printer took the label and has not printed it in time.")
