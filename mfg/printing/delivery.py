"""One attempt to print one job, from the first question to the last answer. It never raises for what a printer does.

It holds no database and no record: what it returns is recorded by the worker.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from mfg.printing.ipp_printer import Place, print_ipp
from mfg.printing.raw import print_raw
from mfg.printing.rules import Outcome, outcome
from mfg.printing.wire import Bounds, Progress, Trouble, in_words

log = logging.getLogger("mfg")


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to be printed, and where."""

    kind: str
    host: str
    port: int
    path: str
    title: str
    content: bytes


def deliver(parcel: Parcel, bounds: Bounds) -> Outcome:
    """Try once. Whatever goes wrong before the first byte of the content is "failed", after it "unknown"."""
    progress, trouble = Progress(), ""
    try:
        if parcel.kind == "ipp":
            print_ipp(Place(parcel.host, parcel.port, parcel.path), parcel.content, parcel.title, bounds, progress)
        else:
            print_raw(parcel.host, parcel.port, parcel.content, bounds, progress)
    except Trouble as found:
        trouble = str(found)
    except OSError as broken:
        trouble = in_words(broken)
    except Exception as fault:
        log.exception("A print job could not be sent.")
        trouble = f"The program failed while it spoke to the printer ({type(fault).__name__})."
    return outcome(progress.sent, len(parcel.content), trouble, progress.status)
