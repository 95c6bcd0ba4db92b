"""What release asks of custody: that no bag is between two hands, or on a way nobody has judged. Pure."""

from __future__ import annotations

from typing import Any

from mfg.facts import Verdict, need, rule
from mfg.release.dossier import Deciding


@rule("REL-25", "No bag is between two hands, and its shipments are accepted")
def custody_whole(f: Deciding) -> Any:
    """Every bag of the dose that was handed over was taken over or refused, and every shipment it was in was accepted
    (domain dossier 2.6; EU GDP 2013/C 343/01, 9.2). A bag that nobody handed over is where it was made."""
    need(f.dossier.batch, f"The batch of {f.dossier.dose} is not known.")
    need(f.dossier.bags, f"{f.dossier.dose} has no bag yet. Fill it first.")
    if f.dossier.custody is None:
        return Verdict.CANNOT_DETERMINE, f"Who held the bags of {f.dossier.dose} is not known."
    told = [f"{one.thing}: {one.record} is {one.state}" for one in f.dossier.custody]
    records = tuple(one.record for one in f.dossier.custody)
    rejected = [f"{one.record} with {one.thing} was rejected" for one in f.dossier.custody
                if one.kind == "shipment" and one.state == "rejected"]
    if rejected:
        return Verdict.FAIL, f"{'; '.join(rejected)}. The dose is not released.", None, None, records
    ended = {"hand-over": ("accepted", "refused"), "shipment": ("accepted",)}
    waiting = [f"{one.record} with {one.thing} is {one.state}" for one in f.dossier.custody
               if one.state not in ended[one.kind]]
    if waiting:
        return Verdict.CANNOT_DETERMINE, f"{'; '.join(waiting)}. It is taken over, or its shipment accepted, first.", \
            None, None, records
    return Verdict.PASS, ("; ".join(told) or "No bag was handed over or sent.") + ("." if told else ""), None, None, \
        records


CUSTODY = (custody_whole,)
