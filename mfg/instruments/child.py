"""The process that reads a file from outside: it bounds itself, reads standard input, answers JSON lines and ends.

`bounded.py` starts it. It opens no file and no connection, and knows neither database nor web.
"""

from __future__ import annotations

import resource
import sys
from typing import BinaryIO

DONE, REFUSED, TOO_MUCH = 0, 3, 4


def bound(megabytes: int, seconds: int, answer_megabytes: int) -> None:
    """Memory, processor time and size of the answer; the system ends whoever goes beyond."""
    for kind, most in ((resource.RLIMIT_AS, megabytes * 2**20), (resource.RLIMIT_FSIZE, answer_megabytes * 2**20),
                       (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(kind, (most, most))
    # a second later than the signal that says why, so that the end for want of time is told from others
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))


def answer(name: str, kind: str, source: BinaryIO, target: BinaryIO, gates: tuple[str, int] | None = None) -> int:
    """A line for the file, a line for each measurement, a line for the end; or one line with the refusal.

    `gates` is the name of a file of gates and how many bytes of it follow the file itself.
    """
    import orjson

    from mfg.facts import Refused
    from mfg.instruments.plain_data import file_data, measurement_data
    from mfg.instruments.readers import read

    def say(one: object) -> None:
        target.write(orjson.dumps(one) + b"\n")

    content = source.read()
    beside = (gates[0], content[len(content) - gates[1]:]) if gates else None
    try:
        found = read(name, content[:len(content) - gates[1]] if gates else content, kind, beside)
    except Refused as refused:
        say({"refused": refused.why})
        return REFUSED
    say({"file": file_data(found)})
    for one in found.measurements:
        say({"measurement": measurement_data(one)})
    say({"end": len(found.measurements)})
    target.flush()
    return DONE


def main(arguments: list[str]) -> int:
    """`name kind megabytes seconds answer-megabytes`, and for gates `name bytes`."""
    name, kind, *more = arguments
    bound(*(int(one) for one in more[:3]))
    gates = (more[3], int(more[4])) if more[3:] else None
    try:
        return answer(name, kind, sys.stdin.buffer, sys.stdout.buffer, gates)
    except MemoryError:
        return TOO_MUCH


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
