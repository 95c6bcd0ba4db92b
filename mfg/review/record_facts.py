"""Everything the printed batch record says, gathered from the records of one batch as plain text.

It reads each table once for the whole batch: a step or an entry more costs no statement more. It judges nothing and
draws nothing; steps are told in `record_steps.py`, the tables after them in `record_sections.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.flow import Flow, flow_of
from mfg.batches.growth import Growth
from mfg.batches.lineage import family_of_batch
from mfg.batches.records import Batch, Dose, StepEntry, entries_of
from mfg.batches.records import batch as batch_of
from mfg.batches.rules import SETTLED
from mfg.batches.told import growth_from, in_order
from mfg.checkpoints import Checkpoint as Sealed
from mfg.codes.own import coi_text
from mfg.facts import plain
from mfg.labelling.sheet_records import open_sheets
from mfg.ledger import Entry
from mfg.paper.record_shape import Checkpoint, ExceptionLine, Pair, RecordFacts, SignatureLine, Table
from mfg.quality.records import Deviation, deviations_of, is_done
from mfg.review.record_names import Names, signed_at, when
from mfg.review.record_review import reviewed, without
from mfg.review.record_sections import sections_of
from mfg.review.record_steps import hidden_in, phases_of
from mfg.trail import signatures_within
from mfg.trial.acts import protocol_of
from mfg.trial.records import recipient


def batch_record_facts(session: Session, batch: str, *, at: datetime) -> RecordFacts:
    """The whole record of a batch, printed at `at`. Raises Refused when there is no such batch."""
    row, names = batch_of(session, batch), Names(session)
    entries, deviations = entries_of(session, batch), deviations_of(session, batch)
    flow = flow_of(session, row, entries)
    unseen = hidden_in(row, flow)
    seen = [one for one in entries if one.field not in unseen[one.step]]
    review, signed, grown = reviewed(session, batch, names), signatures_in(session, batch), _growth(flow, seen)
    exceptions = tuple(without(one, flow, unseen) for one in review.exceptions)
    ledger, version = _ledger(session, batch)
    return RecordFacts(
        batch=batch, state=_state(row), version=version, master_record=row.master_record,
        summary=(*_summary(exceptions, deviations, flow, signed), *_paper(session, review.points, batch)),
        identity=_identity(session, row, names),
        exceptions=exceptions, points=review.points, coverage=review.coverage, signatures=signed,
        assumed=assumed_of(session, row),
        phases=phases_of(session, batch, flow, entries, unseen, names),
        sections=sections_of(session, row, flow, unseen, deviations, names),
        growth=tuple((plain(day), f"{cells:f}") for day, cells in grown.days), viability=_viability(grown),
        ledger=ledger, checkpoint=checkpoint_now(session), printed=when(at), family=_family(session, batch))


def _family(session: Session, batch: str) -> tuple[tuple[str, str, str, tuple[str, ...]], ...]:
    kin, parents = family_of_batch(session, batch)
    return tuple((one.code, one.kind, one.told, tuple(parents.get(one.code, ()))) for one in kin)


def _state(row: Batch) -> str:
    return ("Batch complete: production has reviewed it" if row.state == "complete" else
            f"Batch {row.state}: work goes on, and this record is not finished")


def _summary(exceptions: tuple[ExceptionLine, ...], deviations: Sequence[Deviation], flow: Flow,
             signed: Sequence[SignatureLine]) -> tuple[tuple[str, str, str], ...]:
    """The figures that stand first: is anything wrong, is anything missing."""
    open_deviations = sum(not is_done(one) for one in deviations)
    settled, void = sum(flow.standing(one) in SETTLED for one in flow.steps), sum(bool(one.void) for one in signed)

    def sign(wrong: bool) -> str:
        return "major" if wrong else "PASS"

    critical = any(one.severity == "critical" for one in exceptions)
    return (("Exceptions", str(len(exceptions)), "critical" if critical else sign(bool(exceptions))),
            ("Open deviations", str(open_deviations), sign(bool(open_deviations))),
            ("Steps settled", f"{settled} of {len(flow.steps)}", sign(settled < len(flow.steps))),
            ("Void signatures", str(void), sign(bool(void))))


def _paper(session: Session, points: Table, batch: str) -> tuple[tuple[str, str, str], ...]:
    """Is everything there, and did every sheet of paper come back."""
    met, left = sum(row[2] == "PASS" for row in points.rows), open_sheets(session, batch)
    found = (("Complete", f"{met} of {len(points.rows)} points", "PASS" if met == len(points.rows) else "major"),)
    return (*found, ("Sheets still out", str(left), "major")) if left else found


def _identity(session: Session, row: Batch, names: Names) -> tuple[Pair, ...]:
    doses = ", ".join(f"{code.rpartition('-')[2]} {state}" for code, state in session.execute(
        select(Dose.code, Dose.state).where(Dose.batch == row.code).order_by(Dose.code)))
    return (*identity_of(session, row), ("Opened", names(row.opened_by, row.opened_at, apart=", ")),
            ("Doses", doses or "none"))


def identity_of(session: Session, row: Batch) -> tuple[Pair, ...]:
    """Who it is for, what it comes from, and the versions it follows."""
    who = recipient(session, row.recipient)
    return (("Chain of identity", coi_text(who.coi)), ("Recipient", f"{who.code}, cohort {who.cohort}"),
            ("Donor", row.donor), ("Collection", row.collection), ("Batch", row.code), ("Protocol", row.protocol),
            ("Master record", row.master_record), ("Specification", row.specification))


def assumed_of(session: Session, row: Batch) -> tuple[tuple[str, str, str], ...]:
    """Values of the protocol that are read into it: (what, as what, because)."""
    return tuple((one.key, one.value if one.value is not None else "not known", one.because)
                 for one in protocol_of(session, row.protocol).assumed)


# --- growth -----------------------------------------------------------------------------------------------------


def _growth(flow: Flow, entries: Sequence[StepEntry]) -> Growth:
    return growth_from(in_order(flow.record, flow.steps, entries))


def _viability(grown: Growth) -> tuple[Pair, ...]:
    counted = [one for one in grown.counts if one.at is not None and one.cells]
    return tuple((plain(day), f"{count.viability:f}") for (day, _), count in zip(grown.days, counted, strict=True)
                 if count.viability is not None)


# --- ledger -----------------------------------------------------------------------------------------------------


def signatures_in(session: Session, within: str) -> tuple[SignatureLine, ...]:
    """Every signature on a record of this batch in order; what was changed after it was signed stands as void."""
    return tuple(SignatureLine(one["printed_name"], one["role"], one["meaning"], one["on"], signed_at(one["at"]),
                               one["hash"], f"changed since: {one['why']}" if one["void"] else "")
                 for one in signatures_within(session, within))


def _ledger(session: Session, batch: str) -> tuple[Table, str]:
    """Every entry of the ledger within the batch, and the version of the record that follows from it."""
    rows = tuple(_entries(session, batch))
    done = sum(not row[5].startswith("refused") for row in rows)
    version = f"version {done}, up to ledger entry {rows[-1][0]}" if rows else "version 0, before any ledger entry"
    return Table(("Entry", "Time", "Who", "What", "On", "Outcome", "Leaf"), rows,
                 "No ledger entry is printed."), version


def _entries(session: Session, batch: str) -> Iterator[tuple[str, ...]]:
    """Read in portions: a leaf is much longer than what is printed of it."""
    rows = session.execute(select(Entry.seq, Entry.at, Entry.leaf, Entry.leaf_hash).where(
        Entry.within == batch).order_by(Entry.seq).execution_options(yield_per=200))
    for seq, moment, leaf, hashed in rows:
        told = orjson.loads(leaf)
        who = f"{told['name']}, {told['role']}" if told["role"] else told["name"]
        outcome = f"refused: {told['refusal']['why']}" if told["outcome"] == "refused" else "done"
        why = f"; reason: {told['why']}" if told["why"] else ""
        yield (str(seq), f"{moment:%Y-%m-%d %H:%M:%S} UTC", who, told["verb"], told["on"], outcome + why,
               hashed.hex()[:16])


def checkpoint_now(session: Session) -> Checkpoint:
    """The newest sealed head of the ledger."""
    row = session.scalar(select(Sealed).order_by(Sealed.size.desc()).limit(1))
    return Checkpoint(str(row.size), row.root.hex(), row.note) if row else Checkpoint(
        "none sealed yet", "none sealed yet", "")
