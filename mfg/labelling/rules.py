"""What must be true before a label is printed again. Pure; what stands on a label is the layout's affair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mfg.facts import Verdict, passed, rule


@dataclass(frozen=True)
class Printing:
    """A label about to be printed. `before` is the label it takes the place of."""

    container: str
    layout: str
    before: str | None
    reason: str


@rule("LAB-01", "A reprint says why")
def reprint_has_reason(f: Printing) -> Any:
    """A label is printed once; a further print has a reason and voids the one before (21 CFR 211.125(c))."""
    if f.before is None:
        return Verdict.PASS, f"The first label for {f.container}."
    ok = bool(f.reason.strip())
    return passed(ok), (f"It takes the place of {f.before}." if ok else
                        f"{f.container} already has the label {f.before}. Say why another is printed, take the old one "
                        "off and destroy it.")


PRINT = (reprint_has_reason,)
