"""The tables after the steps of the printed batch record: what was used, made, tested, and what went otherwise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.containers import containers_of, parents_of
from mfg.batches.flow import Flow
from mfg.batches.hold_records import holds_of
from mfg.batches.records import Batch, Dose, DoseBag
from mfg.facts import plain
from mfg.labelling.records import PrintedPaper, labels_within
from mfg.labelling.sheet_records import sheets_within
from mfg.materials.amounts import Sums
from mfg.materials.records import Lot, consumption_of
from mfg.materials.using import reconciliation_of
from mfg.paper.record_shape import Section, Table
from mfg.qc.oos_records import marks_in, tested_in
from mfg.qc.records import reads_of, samples_of
from mfg.qc.rules import limit_text, shown_value
from mfg.quality.records import Deviation
from mfg.recipes.records import specification_in
from mfg.review.record_custody import custody_section
from mfg.review.record_equipment import equipment_section
from mfg.review.record_names import Names, when
from mfg.review.record_steps import HIDDEN, Hidden
from mfg.units import in_words


def sections_of(session: Session, row: Batch, flow: Flow, unseen: Hidden,
                deviations: Sequence[Deviation], names: Names) -> tuple[Section, ...]:
    """Every section in the order of the record."""
    return (
        _materials(session, row, flow, unseen, names), equipment_section(session, row.code, names),
        _labels(session, row, names), _containers(session, row, names),
        custody_section(session, row, names), _tests(session, row, names),
        Section("Deviations", (("", _deviations(deviations, names)),)), _doses(session, row, names),
        Section("Hold times", (("", _holds(session, row, flow)),)))


# --- materials --------------------------------------------------------------------------------------------------


def _materials(session: Session, row: Batch, flow: Flow, unseen: Hidden, names: Names) -> Section:
    """The lots scanned in each step, what was taken of them, and whether all of it is accounted for."""
    scanned = [(entry.value, step.code) for step in flow.steps for spec in flow.shape(step).fields
               if spec.kind == "scan lot" and (entry := flow.of(step).get(spec.id)) is not None]
    taken = consumption_of(session, within=row.code)
    lots = {lot.code: lot for lot in session.scalars(select(Lot).where(
        Lot.code.in_({code for code, _ in scanned} | {one.lot for one in taken})))}
    used = [(lot.code, f"{lot.name}\n{lot.kind}", f"{lot.supplier}\nlot {lot.supplier_lot}", lot.state,
             when(lot.expires_at), step) for code, step in scanned if (lot := lots.get(code)) is not None]
    blind = {one.lot for one in taken if one.field in unseen.get(one.on, ())}
    amounts = [(one.lot, one.on, one.kind, HIDDEN if one.lot in blind else _amount(one.amount, one.unit),
                names(one.by, one.at), one.reason) for one in taken]
    return Section("Materials", (
        ("", Table(("Lot", "Material", "Supplier", "State now", "Expires", "Used in"), tuple(used),
                   "No material is recorded.")),
        ("Amounts", Table(("Lot", "Step", "What", "Amount", "By", "Reason"), tuple(amounts),
                          "No amount of any lot is recorded.")),
        ("Reconciliation", _reconciliation(session, row, blind))))


def _reconciliation(session: Session, row: Batch, blind: set[str]) -> Table:
    rows = tuple((one.sums.lot, *[HIDDEN] * 5, "") if one.sums.lot in blind else
                 _reconciled(one.sums, one.finding.verdict.value)
                 for one in reconciliation_of(session, within=row.code) if not one.sums.on)
    return Table(("Lot", "Issued or taken", "Used", "Wasted", "Returned", "Not accounted for", "Verdict"), rows,
                 "Nothing was taken of any lot.")


def _reconciled(sums: Sums, verdict: str) -> tuple[str, ...]:
    amounts = (sums.issued, sums.used, sums.wasted, sums.returned, sums.difference)
    return (sums.lot, *(_amount(one, sums.unit) for one in amounts), verdict)


def _amount(amount: Decimal | None, unit: str) -> str:
    return "" if amount is None else f"{plain(amount)} {in_words(unit)}".strip()


# --- labels, containers, doses -----------------------------------------------------------------------------------


def _labels(session: Session, row: Batch, names: Names) -> Section:
    printed = labels_within(session, row.code)
    voided = {one.voids: one.code for one in printed if one.voids}
    rows = tuple((one.code, one.container, one.layout, str(one.copy), names(one.printed_by, one.printed_at),
                  f"VOID, replaced by {voided[one.code]}; {one.state}" if one.code in voided else one.state, one.reason)
                 for one in printed)
    papers = tuple((one.code, one.kind, one.on_code, names(one.printed_by, one.printed_at), one.pdf_hash)
                   for one in session.scalars(select(PrintedPaper).where(PrintedPaper.on_code == row.code).order_by(
                       PrintedPaper.code)))
    return Section("Labels and papers", (
        ("", Table(("Label", "Container", "Layout", "Copy", "Printed by", "State", "Reason"), rows,
                   "No label is recorded.")),
        ("Papers", Table(("Paper", "Kind", "Of", "Printed by", "SHA-256"), papers, "No paper is recorded.")),
        ("Sheets of blank records", _sheets(session, row, names))))


def _sheets(session: Session, row: Batch, names: Names) -> Table:
    """Every numbered sheet issued for the batch, and what became of it."""
    rows = tuple((sheet.code, names(issue.issued_by, issue.issued_at), issue.reason,
                  sheet.state if sheet.settled_at else f"{sheet.state}: NOT ACCOUNTED FOR",
                  names(sheet.returned_by, sheet.returned_at), names(sheet.settled_by, sheet.settled_at), sheet.told)
                 for sheet, issue in sheets_within(session, row.code))
    return Table(("Sheet", "Issued by", "Because", "State", "Came back", "Accounted for by", "Told"), rows,
                 "No blank record was issued.")


def _containers(session: Session, row: Batch, names: Names) -> Section:
    parents = parents_of(session, row.code)
    rows = tuple((one.code, one.kind, _amount(one.volume_ml, "mL"),
                  ", ".join(parents.get(one.code, [])) or one.collection, names(one.made_by, one.made_at))
                 for one in containers_of(session, row.code))
    return Section("Containers and their descent", (
        ("", Table(("Container", "Kind", "Volume", "Made from", "Made by"), rows, "No container is recorded.")),))


def _doses(session: Session, row: Batch, names: Names) -> Section:
    doses = list(session.scalars(select(Dose).where(Dose.batch == row.code).order_by(Dose.code)))
    attempts = {one.code: one.attempt for one in doses}
    bags = tuple((bag.container, bag.dose, _amount(bag.volume_ml, "mL"), _amount(bag.residual_ml, "mL"),
                  names(bag.filled_by, bag.filled_at), names(bag.checked_by, bag.checked_at) or "not yet",
                  f"{when(bag.expires_at)}\n{bag.expiry_governed_by}", _bag_state(bag, attempts))
                 for bag in session.scalars(select(DoseBag).where(DoseBag.dose.in_(list(attempts))).order_by(
                     DoseBag.container)))
    planned = tuple((one.code, str(one.infusion), str(one.attempt), one.state) for one in doses)
    return Section("Doses", (
        ("", Table(("Dose", "Infusion", "Fill", "State"), planned, "No dose is planned.")),
        ("Bags", Table(("Bag", "Dose", "Volume", "Residual", "Filled by", "Checked by", "Expires", "State"), bags,
                       "No bag is filled."))))


def _bag_state(bag: DoseBag, attempts: dict[str, int]) -> str:
    if bag.withdrawn_at:
        return f"WITHDRAWN {when(bag.withdrawn_at)}"
    return "stands" if attempts[bag.dose] == bag.attempt else "of an earlier fill"


# --- tests, deviations, holds ------------------------------------------------------------------------------------


def _tests(session: Session, row: Batch, names: Names) -> Section:
    specification = specification_in(session, row.specification)
    samples = tuple((one.code, one.container, one.dose or "batch", one.purpose, names(one.taken_by, one.taken_at))
                    for one in samples_of(session, row.code))
    tested, results = tested_in(session, row.code), []
    marks = marks_in(tested)
    for one in tested.results:
        test = specification.test(one.test)
        results.append((one.code, test.title if test else one.test, one.sample,
                        f"{shown_value(test, one.value)} {in_words(one.unit)}".strip(),
                        limit_text(test) if test else "", "; ".join(filter(None, (one.verdict, marks.get(one.code)))),
                        names(one.tested_by, one.tested_at),
                        names(one.reviewed_by, one.reviewed_at) or "not yet"))
    reads = tuple((one.sample, str(one.day), one.reading, names(one.read_by, one.read_at))
                  for one in reads_of(session, row.code))
    return Section("Samples and results", (
        ("Samples", Table(("Sample", "Container", "Of", "Purpose", "Taken by"), samples, "No sample is recorded.")),
        ("Results", Table(("Result", "Test", "Sample", "Value", "Limit", "Verdict", "Tested by", "Reviewed by"),
                          tuple(results), "No result is recorded.")),
        ("Reads of sterility tests", Table(("Sample", "Day", "Reading", "Read by"), reads,
                                           "No sterility test was read."))))


def _deviations(deviations: Iterable[Deviation], names: Names) -> Table:
    rows = tuple((one.code, one.severity, one.kind, one.on_code, one.what, names(one.opened_by, one.opened_at),
                  one.state, f"{one.conclusion}\n{names(one.closed_by, one.closed_at)}".strip()) for one in deviations)
    return Table(("Deviation", "Class", "Kind", "On", "What", "Opened by", "State", "Conclusion, closed by"), rows,
                 "No deviation is recorded.")


def _holds(session: Session, row: Batch, flow: Flow) -> Table:
    """Every clock of the batch; those that never began are told too."""
    began = defaultdict(list)
    for one, deviation in holds_of(session, row.code):
        began[one.hold_id].append((one, deviation))
    rows: list[tuple[str, ...]] = []
    for hold in flow.record.holds:
        limit = f"at most {plain(hold.limit_minutes)} min"
        title = f"{hold.title}, {hold.temperature}" if hold.temperature else hold.title
        if not began[hold.id]:
            rows.append((title, limit, "not begun", "", "", "", ""))
        for one, deviation in began[hold.id]:
            used = f"{plain(one.used_seconds / 60)} min" if one.stopped_at else "runs"
            told = f"{one.deviation} ({deviation})" if one.deviation else ""
            rows.append((f"{title}, stage {one.stage}" if one.stage else title, limit, one.state,
                         when(one.started_at), when(one.stopped_at), used, told))
    return Table(("Hold time", "Limit", "State", "Started", "Stopped", "Used", "Deviation"), tuple(rows),
                 "The master record sets no hold time.")


