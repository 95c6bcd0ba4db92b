"""When a release may be taken back. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mfg.facts import passed, rule


@dataclass(frozen=True)
class Revoking:
    """A release about to be taken back. `infused`: bags of it that somebody answered were given."""

    dose: str
    infused: tuple[str, ...]


@rule("RVK-01", "What was infused cannot be taken back")
def not_infused(f: Revoking) -> Any:
    """A release is revoked only as long as no bag of the dose is known to be infused; after that the late result is
    told and the patient looked after (domain dossier 4.4, rule 4)."""
    return passed(not f.infused), (f"No bag of {f.dose} is known to be infused." if not f.infused else
                                   f"{', '.join(f.infused)} was infused; its release cannot be taken back. Tell the "
                                   "physician who treats, and open a deviation."), str(len(f.infused)), "0", f.infused


REVOKE = (not_infused,)
