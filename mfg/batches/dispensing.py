"""Material at a step: issued to it before the work, wasted at it, given back from it. What a step uses, it enters."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy.orm import Session

from mfg.batches.entering import Job, job
from mfg.facts import Refused, judge, refuse_unless
from mfg.ledger import Doing, Who, act
from mfg.materials.amounts import Sums
from mfg.materials.records import Consumption, Lot
from mfg.materials.rules import RECOUNT
from mfg.materials.scanning import lot_scanned
from mfg.materials.using import at_step, consume, lot_facts, put


def issue_material(session: Session, who: Who, *, step: str, lot: str, amount: Decimal, unit: str) -> str:
    """Dispense an amount (in `unit`) of a scanned lot to a step that is still to be done. Returns the step.

    From then on the step answers for all of it: used, wasted or returned.
    """
    with act(session, "issue material", on=step, within=step.partition("/")[0], **who.how) as doing:
        work = job(session, step)
        row, _ = lot_scanned(session, lot)
        _refuse_issue(work, row, at_step(session, row.code, step))
        made = consume(session, lot=row.code, within=work.batch.code, on=step, amount=amount, unit=unit,
                       by=doing.by.code, at=doing.at, kind="issued")
        _done(doing, row, made)
        doing.result = step
    return doing.result


def _refuse_issue(work: Job, row: Lot, there: Sums | None) -> None:
    """Material is issued before the work, of a kind the step asks for, and not beside what it took by itself."""
    if work.row.state != "todo":
        raise Refused(f"{work.row.code} is {work.row.state}. Material is issued before a step is done.")
    kinds = [one.lot_kind for one in work.shape.fields if one.lot_kind]
    if row.kind not in kinds:
        raise Refused(f"{row.code} is {row.kind}; {work.row.code} asks for {' or '.join(kinds) or 'no material'}. "
                      "Scan the right lot.")
    if there is not None and there.direct:
        raise Refused(f"{work.row.code} has already taken {row.code} without its being issued. Go on like that: enter "
                      "what is used.")


def waste_material(session: Session, who: Who, *, step: str, lot: str, amount: Decimal, unit: str) -> str:
    """Throw away an amount of a lot at a step, with the reason. Returns the step."""
    return _account(session, who, "waste material", "wasted", step, lot, amount, unit)


def return_material(session: Session, who: Who, *, step: str, lot: str, amount: Decimal, unit: str) -> str:
    """Give back an amount that was issued to a step and not used, with the reason. Returns the step."""
    return _account(session, who, "return material", "returned", step, lot, amount, unit)


def _account(session: Session, who: Who, verb: str, kind: str, step: str, lot: str, amount: Decimal,
             unit: str) -> str:
    with act(session, verb, on=step, within=step.partition("/")[0], **who.how) as doing:
        work = job(session, step)
        row, _ = lot_scanned(session, lot)
        there = at_step(session, row.code, step)
        scanned = any(one.value == row.code for one in work.entries.values())
        if there is None and not scanned:
            raise Refused(f"{row.code} was neither issued to {step} nor scanned in it. Scan the lot this step used.")
        if kind == "returned" and (there is None or there.direct):
            raise Refused(f"Nothing of {row.code} was issued to {step}; it took what it used straight from the lot. If "
                          "less was used, correct the amount in the step.")
        refuse_unless(judge(RECOUNT, lot_facts(session, row, doing.at, row.kind, amount, unit, on=step)))
        made = put(session, row, within=work.batch.code, on=step, kind=kind, amount=amount, unit=unit,
                   by=doing.by.code, at=doing.at, reason=doing.how.reason)
        _done(doing, row, made)
        doing.result = step
    return doing.result


def _done(doing: Doing, row: Lot, made: Consumption) -> None:
    """What is signed, where the verb is signed."""
    if doing.verb.meaning:
        doing.signs({"lot": row.code, "step": made.on, "kind": made.kind, "amount": made.amount, "unit": made.unit})
