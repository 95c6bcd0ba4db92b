"""The doors of release: disposition, conditional release, certification, rejection, printing; the dossier to read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.records import DoseBag, bags_of
from mfg.batches.records import container as container_of
from mfg.batches.records import dose as dose_of
from mfg.canonical import plain_data
from mfg.doors import Door, Pairs, View
from mfg.fields import Body, Choice, Moment, YesNo
from mfg.labelling.records import label as label_of
from mfg.ledger import now
from mfg.qc.records import sample as sample_of
from mfg.release import acts, printing
from mfg.release.decide import Judged
from mfg.release.dose_limits import figures, limits_of, twice_of
from mfg.release.dose_limits import word as agreement
from mfg.release.dossier import fingerprint
from mfg.release.drawing import layout_of
from mfg.release.exceptional_api import LATE_DOORS, LATE_VIEWS
from mfg.release.gather import decide
from mfg.release.identity_path_page import PATH_DOORS, PATH_VIEWS
from mfg.release.records import Decision
from mfg.release.records import decision as decision_of
from mfg.release.shown import counts, headline, under

LIMIT = ("limit_of", "arithmetic", "limit", "found", "verdict", "source")
PHYSICIANS = ("treating physician", "principal investigator", "sub-investigator")
DOSE, JUDGED = "/doses/<dose>", "/doses/<dose>/decision"


PROVED = "It is drawn, turned into the dots of the printer and read back before it is recorded."
WHICH = {"whole": "The whole label", "partial": "The partial label of a dose"}


class PrintLabel(Body):
    """Which label of a container: a dose bag has two."""

    which = Choice("Which label", WHICH, required=False, hint="Partial: of a dose bag too small for the whole label, "
                   "which then goes with it. Empty: the whole label.")


class OnCondition(Body):
    """Who was told which tests are still open; a role, never a name."""

    informed = Choice("Physician who was told of the open tests", PHYSICIANS)
    informed_at = Moment("Told at", required=False, hint="Leave it empty for now; else with its zone.")
    acknowledged = YesNo("Has the physician acknowledged the open tests?")


def read_decision(session: Session, *, dose: str) -> dict[str, Any]:
    """The dossier of a dose, every finding and every verdict, judged now."""
    judged, state = decide(session, dose, now()), dose_of(session, dose).state
    verdict, word, findings = headline(state, judged)
    answer: dict[str, Any] = plain_data({
        "dose": dose, "state": state, "attempt": judged.dossier.attempt, "judged_at": judged.at,
        "evidence": judged.evidence_hash, "verdict": verdict, "word": word, "counts": counts(findings),
        "verdicts": dict(judged.verdicts), "open_tests": [one.as_dict() for one in judged.open_tests],
        "findings": {"conditional": [one.as_dict() for one in judged.conditional],
                     "full": [one.as_dict() for one in judged.full],
                     "authority": [one.as_dict() for one in judged.authority]},
        "limits": [dict(zip(LIMIT, one.texts(), strict=True)) for one in limits_of(judged)],
        "worksheet": [{"figure": one.what, "first": first, "second": second, "agrees": agreement(one)}
                      for one in twice_of(judged) for first, second in (figures(one),)],
        "dossier": replace(judged.dossier, protocol=None)})
    return answer


def decision_data(row: Decision) -> dict[str, Any]:
    """One decision as it was taken, with its dossier and findings."""
    kept = ("code", "dose", "attempt", "kind", "dossier_hash", "decided_at", "decided_by", "reason", "condition")
    return {**{name: plain_data(getattr(row, name)) for name in kept}, "dossier": json.loads(row.dossier),
            "findings": json.loads(row.findings)}


def all_decisions(session: Session) -> list[Decision]:
    """Every decision, the newest first."""
    return list(session.scalars(select(Decision).order_by(Decision.code.desc())))


def _summary(row: Decision) -> dict[str, Any]:
    data = decision_data(row)
    return {name: data[name] for name in data if name not in ("dossier", "findings")}


def _judged(session: Session, dose: str) -> Judged:
    return decide(session, dose, now())


def _shows(session: Session, *, dose: str) -> Pairs:
    row, judged = dose_of(session, dose), _judged(session, dose)
    verdict, word, findings = headline(row.state, judged)
    told = [("Dose", f"{dose}, fill {row.attempt}, {row.state}"), ("Verdict", f"{verdict.value}: {word}"),
            ("Findings", counts(findings)), ("Viable NK cells", under(judged) or "not known"),
            ("Bags", ", ".join(bag.container for bag in bags_of(session, row)) or "none"),
            ("Evidence", fingerprint(judged.evidence_hash))]
    open_tests = ", ".join(one.title for one in judged.open_tests)
    return [*told, ("Left open", open_tests)] if open_tests else told


def _seen(session: Session, *, dose: str) -> str:
    return _judged(session, dose).evidence_hash


def _shows_label(session: Session, *, container: str) -> Pairs:
    row = container_of(session, container)
    return [("Container", row.code), ("Kind", row.kind), ("Recipient", row.recipient),
            ("Layout", layout_of(session, row.code))]


def _which(session: Session, *, container: str) -> Mapping[str, Mapping[str, Any]]:
    """Only a dose bag has more than one label."""
    partial = session.get(DoseBag, container) is not None
    return {"which": {"choices": [one for one in WHICH.items() if partial or one[0] == "whole"],
                      **({} if partial else {"hint": "It has one label only."})}}


def _shows_sample(session: Session, *, sample: str) -> Pairs:
    row = sample_of(session, sample)
    return [("Sample", row.code), ("Of", row.container), ("For", row.purpose), ("Layout", layout_of(session, row.code))]


def _shows_reprint(session: Session, *, label: str) -> Pairs:
    row = label_of(session, label)
    return [("Label", f"{row.code}, {row.state}"), ("On", row.container),
            ("Asked for by", row.asked_by or "nobody yet"), ("Because", row.asked_why or "no reason was given")]


def label_page(code: str) -> str:
    """Where a label is shown."""
    return f"/labels/{code}"


def decision_page(code: str) -> str:
    """Where a decision is shown."""
    return f"/decisions/{code}"


DOORS = (
    Door("give disposition", DOSE, acts.give_disposition, "Quality disposition", "Sign the disposition", decision_page,
         intro="You state that the evidence shown is complete and good for this fill.", shows=_shows, seen=_seen),
    Door("release dose on condition", DOSE, acts.release_on_condition, "Release on condition",
         "Sign and release on condition", decision_page, body=OnCondition, shows=_shows, seen=_seen,
         intro="The dose leaves before its last sterility read. Name who was told."),
    Door("release dose", DOSE, acts.release_dose, "Certify the dose", "Sign and certify", decision_page, shows=_shows,
         seen=_seen, intro="Possible only when every rule passes and no test is open."),
    Door("reject dose", DOSE, acts.reject_dose, "Reject the dose", "Sign and reject", decision_page, danger=True,
         shows=_shows, intro="The dose is not given. This cannot be taken back."),
    Door("print label", "/containers/<container>", printing.print_container_label, "Print the label", "Sign and print",
         label_page, PrintLabel, shows=_shows_label, prepares=_which, intro=PROVED),
    Door("print label", "/samples/<sample>", printing.print_sample_label, "Print the label of the tube",
         "Sign and print", label_page, shows=_shows_sample, intro=PROVED),
    Door("approve reprint", "/labels/<label>", printing.reprint_label, "Approve the reprint", "Sign and print again",
         lambda code: f"/labels/{code}", shows=_shows_reprint,
         intro="The label before it is void from then on, and has to be destroyed before a witness."),
    *PATH_DOORS,
    *LATE_DOORS,
    Door("print record", "/batches/<batch>", printing.print_batch_record, "Print the batch record",
         "Record the print", lambda code: f"/papers/{code}"),
    Door("print record", "/decisions/<decision>", printing.print_certificate, "Print the certificate",
         "Record the print", lambda code: f"/papers/{code}"),
)

VIEWS = (
    *PATH_VIEWS,
    *LATE_VIEWS,
    View(JUDGED, read_decision, "The dossier of a dose with every finding, judged now"),
    View("/decisions", lambda session: [_summary(row) for row in all_decisions(session)], "Decisions over doses"),
    View("/decisions/<decision>", lambda session, decision: decision_data(decision_of(session, decision)),
         "One decision with its dossier and findings"),
)

