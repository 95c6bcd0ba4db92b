"""How long `mfg --help` keeps a person waiting, against a Python that starts and does nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bench.measure import Arms, Comparison, milliseconds, started

PROGRAM = "import sys; sys.argv = ['mfg', '--help']; from mfg.cli import main; sys.exit(main())"


@contextmanager
def arms() -> Iterator[Arms]:
    yield Arms(started(sys.executable, "-c", PROGRAM), started(sys.executable, "-c", "pass"))


COMPARISONS = (
    Comparison("mfg --help", "python -c pass", arms, milliseconds,
               promise="under 300 ms", kept=lambda _ratio, seconds: seconds < 0.3, rounds=9),
)
