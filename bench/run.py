"""`make bench`: runs every comparison of this folder and prints one table. `python -m bench.run NAME...` runs some.

A file of this folder takes part by holding a tuple `COMPARISONS`. Exit 1 when a promise is not kept.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from bench.measure import HEAD, Comparison, measure

NOT_BENCHES = {"run", "measure", "big_batch", "big_dose"}


def comparisons(wanted: list[str]) -> list[Comparison]:
    """Those of the files named, or of all files."""
    there = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in NOT_BENCHES)
    unknown = sorted(set(wanted) - set(there))
    if unknown:
        raise SystemExit(f"There is no measurement called {', '.join(unknown)}; there are {', '.join(there)}.")
    return [one for name in wanted or there for one in importlib.import_module(f"bench.{name}").COMPARISONS]


def printed(lines: list[list[str]]) -> str:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
                     for line in lines)


def main(wanted: list[str]) -> int:
    outcomes = []
    for comparison in comparisons(wanted):
        print(f"measuring: {comparison.title}, {comparison.rounds} rounds", file=sys.stderr)
        outcomes.append(measure(comparison))
    print(printed([HEAD, *(outcome.line() for outcome in outcomes)]))
    return 0 if all(outcome.kept for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
