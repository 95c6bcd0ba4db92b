"""The answer of a Zebra printer to `~HS`, read strictly. Pure.

Three strings, each between STX and ETX CR LF, fields of fixed form (ZPL II Programming Guide, command ~HS). Anything
else is no answer: a printer that is not understood is not ready. Zebra printers stay silent altogether while media or
ribbon is out or the head is open, so silence is an answer as well, and not a good one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mfg.facts import shown

_ANSWER = re.compile(
    rb"\x02\d{3},(?P<paper>[01]),(?P<pause>[01]),\d{4,5},(?P<formats>\d{3}),(?P<full>[01]),(?P<diagnostic>[01]),"
    rb"(?P<partial>[01]),\d{3},(?P<corrupt>[01]),(?P<cold>[01]),(?P<hot>[01])\x03\r\n"
    rb"\x02\d{3},\d,(?P<head>[01]),(?P<ribbon>[01]),[01],[0-9A-Z],\d,(?P<waits>[01]),(?P<left>\d{8}),\d,\d{3}\x03\r\n"
    rb"\x02\d{4},[01]\x03\r\n", re.ASCII)
#: flag -> what it means and what to do, in the order a person would look
WORDS = {
    "paper": "The printer is out of media: load labels, then try again.",
    "head": "The head of the printer is open: close it, then try again.",
    "ribbon": "The printer is out of ribbon: load ribbon, then try again.",
    "pause": "The printer is paused: press pause on it, then try again.",
    "full": "The memory of the printer is full: let it print or clear it, then try again.",
    "partial": "The printer waits for the rest of somebody else's label: clear its memory, then try again.",
    "waits": "A printed label waits in the printer: take it off and account for it, then try again.",
    "diagnostic": "The printer shows what it receives instead of printing it: switch that off, then try again.",
    "corrupt": "The printer has lost its settings: have it set up again.",
    "cold": "The head of the printer is too cold: wait, then try again.",
    "hot": "The head of the printer is too hot: wait, then try again.",
}


@dataclass(frozen=True, slots=True)
class HostStatus:
    """How a printer says it is. `flags` are those of WORDS that are set."""

    flags: tuple[str, ...]
    #: formats in its receive buffer, and labels of the present batch still to come
    formats: int
    left: int

    @property
    def trouble(self) -> str:
        """Why it cannot print now; empty when it can."""
        return " ".join(WORDS[flag] for flag in self.flags)

    @property
    def holds(self) -> int:
        """How many labels are in it that are not printed yet."""
        return self.formats + self.left

    def __str__(self) -> str:
        causes = "; ".join(WORDS[flag].partition(":")[0] for flag in self.flags)
        return f"{causes or 'ready'}; labels in its memory: {self.holds}"


def complete(answer: bytes) -> bool:
    """Whether all three strings are there."""
    return answer.count(b"\x03\r\n") >= 3


def read_host_status(answer: bytes) -> HostStatus | None:
    """The status, or None when the answer is not one."""
    found = _ANSWER.fullmatch(answer)
    if not found:
        return None
    flags = tuple(flag for flag in WORDS if found[flag] == b"1")
    return HostStatus(flags, int(found["formats"]), int(found["left"]))


def not_one(answer: bytes) -> str:
    """The sentence for an answer that is none."""
    return (f"The printer answered {shown(ascii(answer[:60])[2:-1])}, which is not the status of a label printer. Look "
            "whether its address is right and whether it speaks ZPL.")
