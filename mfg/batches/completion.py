"""What rooms above ask before a batch is declared complete. They register here, because imports go down only.

A program in which nobody registered does not complete a batch: what was not asked is not passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy.orm import Session

from mfg.facts import Finding, Refused

#: name -> the question; its room registers it beside the records it reads
BEFORE_COMPLETION: dict[str, Callable[[Session, str], Iterable[Finding]]] = {}


def asked_before_completion(session: Session, batch: str) -> list[Finding]:
    """Every finding of every room above."""
    if not BEFORE_COMPLETION:
        raise Refused("The laboratory is not part of this program, so whether a result is open is not known.")
    return [finding for ask in BEFORE_COMPLETION.values() for finding in ask(session, batch)]
