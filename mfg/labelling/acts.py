"""Labels and papers printed, and the life of a label: read back, put on, spoiled, returned, destroyed, replaced.

What stands on a label and the proof that it can be read come from the rooms above and from `mfg.paper.readback`: both
are slow and made before the act. Labelling knows a container by its code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.canonical import canonical
from mfg.codes.scan import label_in, read
from mfg.db import next_code
from mfg.facts import Refused, judge, refuse_unless
from mfg.files import keep_file
from mfg.labelling.records import PrintedLabel, PrintedPaper, standing_label
from mfg.labelling.records import label as load_label
from mfg.labelling.rules import LABEL, PRINT, READ_BACK, REPLACE, Printing, ReadingBack, Replacing, newest
from mfg.labelling.standing import mismatch
from mfg.ledger import Doing, Who, act
from mfg.paper.readback import Proof
from mfg.quality.stops import identity_stop
from mfg.uploads import Upload


@dataclass(frozen=True)
class Drawn:
    """A label drawn and proved before its act: its number to be, what it is on, what stands on it."""

    code: str
    container: str
    within: str
    layout: str
    facts: Mapping[str, str]
    proof: Proof


class NumberTaken(Refused):
    """Somebody else's label got the number this one was drawn with; it is to be drawn again."""

    def __init__(self, code: str) -> None:
        super().__init__(f"{code} was given to another label at the same moment. Print again.", kind="stale")


def next_label(session: Session) -> str:
    """The number the next label gets, as long as nobody prints another one first."""
    return next_code(session, PrintedLabel, "LBL", 4)


def print_label(session: Session, who: Who, *, drawn: Drawn) -> str:
    """Record the first label of a container. Returns its code. Raises NumberTaken when its number is gone."""
    with act(session, "print label", on=drawn.container, within=drawn.within, **who.how) as doing:
        before = standing_label(session, drawn.container, drawn.layout)
        refuse_unless(judge(PRINT, Printing(drawn.container, drawn.layout, before.code if before else None)))
        doing.result = _issue(session, doing, drawn, None, doing.how.reason)
    return doing.result


def request_reprint(session: Session, who: Who, *, label: str) -> str:
    """Ask for another label in the place of this one, with the reason. Returns the label's code."""
    with act(session, "request reprint", on=label, **who.how) as doing:
        row = _label(session, doing, label)
        refuse_unless(judge((newest,), _replacing(row, doing, _later(session, row))))
        row.asked_by, row.asked_at, row.asked_why = doing.by.code, doing.at, doing.how.reason
        doing.result = label
    return doing.result


def approve_reprint(session: Session, who: Who, *, label: str, drawn: Drawn) -> str:
    """Print the label that takes the place of this one, which is void from now on. Returns the new code."""
    with act(session, "approve reprint", on=label, within=drawn.within, **who.how) as doing:
        row = load_label(session, label)
        refuse_unless(judge(REPLACE, _replacing(row, doing, _later(session, row))))
        if row.state in ("issued", "verified", "applied"):
            row.state = LABEL.after("approve reprint", row.state)
        doing.result = _issue(session, doing, drawn, row, row.asked_why)
    return doing.result


def _later(session: Session, row: PrintedLabel) -> str | None:
    return session.scalar(select(PrintedLabel.code).where(PrintedLabel.voids == row.code))


def _replacing(row: PrintedLabel, doing: Doing, later: str | None) -> Replacing:
    return Replacing(row.code, row.state, row.asked_by, row.asked_why, doing.by.code, later)


def _issue(session: Session, doing: Doing, drawn: Drawn, before: PrintedLabel | None, reason: str) -> str:
    """The row of a label that was drawn and proved, its PDF kept with it."""
    if next_label(session) != drawn.code:
        raise NumberTaken(drawn.code)
    proof, told = drawn.proof, canonical(dict(drawn.facts)).decode()
    keep_file(session, Upload(f"{drawn.code}.pdf", proof.pdf, "application/pdf"), by=doing.by.code, at=doing.at)
    session.add(PrintedLabel(
        code=drawn.code, container=drawn.container, within=drawn.within, layout=drawn.layout,
        copy=before.copy + 1 if before else 1, facts=told, pdf_hash=proof.pdf_hash, dpi=proof.dpi,
        read_back="\n".join(one.text for one in proof.symbols), printed_at=doing.at, printed_by=doing.by.code,
        reason=reason, voids=before.code if before else None, state=LABEL.start))
    doing.signs({"label": drawn.code, "container": drawn.container, "layout": drawn.layout,
                 "facts": dict(drawn.facts), "pdf": proof.pdf_hash, "dpi": proof.dpi,
                 "read back": [[one.symbology, one.text] for one in proof.symbols],
                 "voids": before.code if before else None})
    return drawn.code


def _label(session: Session, doing: Doing, code: str) -> PrintedLabel:
    """The label, and the act within its batch."""
    row = load_label(session, code)
    doing.within = row.within or ""
    return row


def verify_label(session: Session, who: Who, *, label: str, scan: str) -> str:
    """Scan the printed label back. It opens nothing before. Returns the label's code.

    A label that names itself and reads otherwise than it was printed opens a critical deviation.
    """
    with act(session, "verify label", on=label, **who.how) as doing:
        row = _label(session, doing, label)
        after = LABEL.after("verify label", row.state)
        _same(session, row, scan)
        row.state, row.verified_by, row.verified_at = after, doing.by.code, doing.at
        doing.result = label
    return doing.result


def apply_label(session: Session, who: Who, *, label: str, scan: str) -> str:
    """The label is on its container: it is scanned there once more. Returns the label's code."""
    with act(session, "apply label", on=label, **who.how) as doing:
        row = _label(session, doing, label)
        after = LABEL.after("apply label", row.state)
        _same(session, row, scan)
        row.state, row.applied_by, row.applied_at = after, doing.by.code, doing.at
        doing.result = label
    return doing.result


def _same(session: Session, row: PrintedLabel, text: str) -> None:
    """What was scanned is this label and says what was proved; else a refusal, and a deviation for a misprint or for
    the label of another chain of identity."""
    scanned = read(text)
    if not scanned.aim:
        raise Refused("This came without the identifier of a scanner, as typed text does; typing proves nothing about "
                      "what was printed. Scan the label itself. A scanner that sends no identifier is set right at "
                      "/workstations/calibrate.", kind="input")
    told = label_in(scanned)
    other = session.get(PrintedLabel, told) if told else None
    bare = text.strip("\r\n\t")
    findings = judge(READ_BACK, ReadingBack(row.code, row.container, told, other.container if other else None,
                                            bare[len(scanned.aim):], tuple(row.read_back.split("\n"))))
    try:
        refuse_unless(findings)
    except Refused as refused:
        if told == row.code:
            refused.leaves = mismatch(row, refused.why)
        elif other is not None and _chain(other) != _chain(row):
            raise _another_chain(row, other, refused.why) from refused
        raise


def _another_chain(row: PrintedLabel, other: PrintedLabel, why: str) -> Refused:
    """The hard stop: the label in hand, or on this container, is that of another chain of identity."""
    return identity_stop(f"{why} It carries another chain of identity: stop, set both apart and call QA.",
                         within=row.within or row.container, on=row.code, also=other.within or other.container)


def _chain(row: PrintedLabel) -> str:
    """The chain of identity that stands on a label; that of its batch where a label says none."""
    return str(json.loads(row.facts).get("coi") or row.within)


def spoil_label(session: Session, who: Who, *, label: str) -> str:
    """The label cannot be used, with the reason; it is to be destroyed before a witness. Returns its code."""
    return _end(session, who, "spoil label", label)


def return_label(session: Session, who: Who, *, label: str) -> str:
    """The label is not needed, with the reason; it is to be destroyed before a witness. Returns its code."""
    return _end(session, who, "return label", label)


def _end(session: Session, who: Who, verb: str, label: str) -> str:
    with act(session, verb, on=label, **who.how) as doing:
        row = _label(session, doing, label)
        row.state, row.ended_why = LABEL.after(verb, row.state), doing.how.reason
        doing.result = label
    return doing.result


def destroy_label(session: Session, who: Who, *, label: str) -> str:
    """Destroy a label that is out of use; a second person witnesses it. Returns its code."""
    with act(session, "destroy label", on=label, **who.how) as doing:
        row = _label(session, doing, label)
        row.state = LABEL.after("destroy label", row.state)
        row.destroyed_by, row.destroyed_at = doing.by.code, doing.at
        doing.signs({"label": label, "container": row.container, "destroyed": True})
        doing.result = label
    return doing.result


def witness_destruction(session: Session, who: Who, *, label: str) -> str:
    """A second person saw the label destroyed; it is accounted for. Returns its code."""
    with act(session, "witness destruction", on=label, **who.how) as doing:
        row = _label(session, doing, label)
        row.state = LABEL.after("witness destruction", row.state)
        row.witnessed_by, row.witnessed_at = doing.by.code, doing.at
        doing.signs({"label": label, "container": row.container, "destroyed_by": row.destroyed_by})
        doing.result = label
    return doing.result


def print_record(session: Session, who: Who, *, on_code: str, within: str, kind: str, pdf: bytes,
                 note: str = "") -> str:
    """Record that a batch record or certificate left the system on paper. Returns the paper's code."""
    return print_paper(session, who, verb="print record", on_code=on_code, within=within, kind=kind, pdf=pdf, note=note)


def print_paper(session: Session, who: Who, *, verb: str, on_code: str, within: str, kind: str, pdf: bytes,
                note: str = "") -> str:
    """Record that a paper left the system, by the verb that prints this kind. Returns the paper's code."""
    hashed = sha256(pdf).hexdigest()
    with act(session, verb, on=on_code, within=within, **who.how) as doing:
        code = next_code(session, PrintedPaper, "PAP", 4)
        session.add(PrintedPaper(code=code, kind=kind, on_code=on_code, pdf_hash=hashed, printed_at=doing.at,
                                 printed_by=doing.by.code, note=note or None))
        doing.result = code
    return doing.result
