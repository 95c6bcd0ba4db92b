"""Stands in for the process that reads a file, and does what a file should never make it do."""

from __future__ import annotations

import os
import resource
import signal
import sys
import time


def main(name: str, what: str, megabytes: int, seconds: int, answer_megabytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (answer_megabytes * 2**20,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if what == "sleeps":
        time.sleep(60)
    elif what == "spins":
        while True:
            pass
    elif what == "aborts":
        os.abort()
    elif what == "is ended":
        os.kill(os.getpid(), signal.SIGKILL)
    elif what == "grows":
        held = [b"x" * 2**20 for _ in range(10_000)]
        print(len(held))
    elif what == "writes":
        while True:
            sys.stdout.write("x" * 2**20)
    else:
        print({"garbage": "no JSON", "half": '{"file": {}}', "shape": '{"file": {}}\n{"end": 0}',
               "list": "[]", "number": "7", "value": '{"measurement": {"values": 3}}'}[what])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *(int(one) for one in sys.argv[3:6]))
