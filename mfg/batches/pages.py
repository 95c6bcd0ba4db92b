"""Batches, doses and containers to look at. The page of a step is `step_page.py`."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.container_page import CONTAINER_PAGES, balance
from mfg.batches.containers import containers_of, parents_of
from mfg.batches.effect import IMPACT_PAGES
from mfg.batches.expiry import ends_of
from mfg.batches.filling import doses_of
from mfg.batches.flow import Flow, flow_of, short
from mfg.batches.growth import Growth
from mfg.batches.hold_pages import HOLD_PAGES, lines, section, tiles
from mfg.batches.hold_records import holds_of
from mfg.batches.lineage import family_of_batch, table
from mfg.batches.loading import LOADING
from mfg.batches.records import Batch, Dose, DoseBag, bags_of
from mfg.batches.records import batch as load_batch
from mfg.batches.records import dose as load_dose
from mfg.batches.redline_pages import REDLINE_PAGES, redline_section
from mfg.batches.rules import BATCH, SETTLED
from mfg.batches.step_page import batch_strip, phases
from mfg.batches.told import growth_of, loading_of, stage_of
from mfg.batches.trace_page import TRACE_PAGES
from mfg.doors import Page, leads
from mfg.facts import judge, plain, significant
from mfg.labelling.pages import labels_section
from mfg.ledger import now
from mfg.quality.records import deviations_of


def when(moment: datetime | None) -> str:
    """A moment as pages write it."""
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "not yet"


def list_batches(session: Session) -> dict[str, Any]:
    """All batches, the newest first."""
    rows = []
    for row in session.scalars(select(Batch).order_by(Batch.code.desc())):
        flow = flow_of(session, row)
        done = sum(flow.standing(one) in SETTLED for one in flow.steps)
        rows.append([{"text": row.code, "url": f"/batches/{row.code}", "code": True}, row.recipient, row.donor,
                     row.state, f"{done} of {len(flow.steps)} steps", when(row.opened_at)])
    return {"title": "Batches", "headers": ["batch", "recipient", "donor", "state", "done", "opened"], "rows": rows,
            "actions": [{"url": "/batches/open-batch", "label": "Open a batch", "danger": False, "main": True}],
            "empty": "No batch has been opened. It takes an accepted collection and an eligible recipient."}


def show_batch(session: Session, *, batch: str) -> dict[str, Any]:
    """One batch: how far it is, how the cells grew, how they were loaded, what became of them."""
    row = load_batch(session, batch)
    flow, grown = flow_of(session, row), growth_of(session, batch)
    clocks = lines(flow.record, holds_of(session, batch), now())
    return {"code": row.code, "title": "Batch record", "state": row.state,
            "strip": batch_strip(session, row) + tiles(clocks),
            "pairs": _facts(row, grown), "drawings": [_drawing(row, grown), _family(session, row)],
            "actions": _actions(row, flow),
            "sections": [*([section(clocks)] if clocks else []), _phases(flow), *redline_section(flow),
                         _doses(session, row), *_loadings(session, row, flow),
                         _deviations(session, row), _containers(session, row), balance(session, row),
                         labels_section(session, row.code), _steps(flow)]}


def _facts(row: Batch, grown: Growth) -> list[tuple[str, str, bool]]:
    told: list[tuple[str, Any]] = [
            ("recipient", leads(row.recipient)), ("donor", leads(row.donor)), ("collection", leads(row.collection)),
            *((kind, {"text": code, "url": f"/documents/{code}"}) for kind, code in (
                ("protocol", row.protocol), ("master record", row.master_record),
                ("specification", row.specification))),
            ("opened", f"{row.opened_by}, {when(row.opened_at)}"),
            ("fold expansion", _number(grown.fold)), ("population doublings", _number(grown.doublings)),
            ("doubling time", _number(grown.doubling_hours, " h"))]
    return [(label, value, False) for label, value in told]


def _number(value: Decimal | None, unit: str = "") -> str:
    return "not known yet" if value is None else f"{significant(value)}{unit}"


def _drawing(row: Batch, grown: Growth) -> dict[str, Any]:
    rows = [[{"text": one.step.partition("/")[2], "url": f"/steps/{one.step}"}, when(one.at), _number(one.cells),
             _number(one.viability, " %")] for one in grown.counts]
    return {"title": "Expansion", "svg_url": f"/batches/{row.code}/growth.svg",
            "alt": f"Viable cells of {row.code} over time; the numbers stand in the table below.",
            "headers": ["step", "counted", "viable cells", "viability"], "rows": rows}


def _family(session: Session, row: Batch) -> dict[str, Any]:
    return {"title": "Where the cells come from, and what they became",
            "svg_url": f"/batches/{row.code}/lineage.svg",
            "alt": f"The containers of {row.code} and their descent; the same stands in the table below.",
            **table(family_of_batch(session, row.code))}


def _actions(row: Batch, flow: Flow) -> list[dict[str, Any]]:
    """First what moves the batch on: the next step, then its completion, then its review."""
    waiting = next((one for one in flow.steps if flow.standing(one) not in SETTLED), None)
    complete = {"url": f"/batches/{row.code}/complete-batch", "label": "Complete the batch"}
    review = {"url": f"/batches/{row.code}/exceptions", "label": "Review by exception"}
    on = {"url": f"/steps/{waiting.code}", "label": "Go to the next step"} if waiting else \
        complete if row.state == BATCH.start else review
    staged = [one for one in flow.steps if one.stage]
    rest = [*([] if on is review else [review]),
            {"url": f"/batches/{row.code}/make-container", "label": "Make a container"},
            {"url": f"/batches/{row.code}/plan-dose", "label": "Plan a dose"},
            *([{"url": f"/batches/{row.code}/samples", "label": "Samples of the plan"}] if flow.record.samples else []),
            {"url": f"/batches/{row.code}/recall-list", "label": "Who holds the bags"},
            {"url": f"/batches/{row.code}/closing", "label": "Closing of the batch"},
            {"url": "/trends", "label": "Trends over batches"},
            {"url": f"/batches/{row.code}/print-record", "label": "Print the batch record"},
            {"url": f"/batches/{row.code}/print-blank-record", "label": "Print a blank record"}]
    rest += [complete] if waiting else []
    rest += [{"url": f"/batches/{row.code}/trace", "label": "Materials used"}]
    rest += [{"url": f"/steps/{staged[0].code}/repeat-step", "label": "Begin the next harvest"}] if staged else []
    return [one | {"danger": False, "main": one is on} for one in (on, *rest)]


def _phases(flow: Flow) -> dict[str, Any]:
    rows = [[{"text": f"{one['n']} {one['title']}", "url": one["url"]}, f"{one['done']} of {one['of']}",
             {"verdict": one["verdict"], "text": "all done" if one["verdict"] == "PASS" else "to do"},
             one["note"] or ""] for one in phases(flow.record, flow)]
    return {"title": "Phases", "headers": ["phase", "done", "status", "note"], "rows": rows}


def _steps(flow: Flow) -> dict[str, Any]:
    rows = [[{"text": short(one), "url": f"/steps/{one.code}"}, flow.shape(one).title, flow.standing(one),
             f"{one.performed_by}, {when(one.done_at)}" if one.performed_by else "not yet",
             f"{one.verified_by}, {when(one.verified_at)}" if one.verified_by else
             f"skipped by {one.skipped_by}" if one.skipped_by else "not yet"] for one in flow.steps]
    return {"title": "Steps", "headers": ["step", "what", "state", "performed", "verified"], "rows": rows}


def _loadings(session: Session, row: Batch, flow: Flow) -> list[dict[str, Any]]:
    """The loading of each stage as the rules see it now; the rule about the dose needs a dose."""
    if flow.record.loading is None:
        return []
    doses = [one for one in doses_of(session, row.code) if one.attempt]
    return [_loading(session, row, stage, [one for one in doses if stage_of(session, one) == stage])
            for stage in sorted({one.stage for one in flow.steps if one.stage} or {0})]


def _loading(session: Session, row: Batch, stage: int, doses: list[Dose]) -> dict[str, Any]:
    volume = max((sum((bag.volume_ml for bag in bags_of(session, one)), Decimal(0)) for one in doses), default=None)
    findings = judge(LOADING, loading_of(session, row.code, stage=stage, at=now(), dose_volume_ml=volume))
    rows = [[one.rule, one.title, {"verdict": one.verdict.value}, one.why] for one in findings]
    return {"title": f"Bispecific loading, harvest {stage}" if stage else "Bispecific loading",
            "headers": ["rule", "what", "verdict", "why"], "rows": rows}


def _doses(session: Session, row: Batch) -> dict[str, Any]:
    rows = [[{"text": one.code, "url": f"/doses/{one.code}", "code": True}, str(one.infusion), one.state,
             str(one.attempt), ", ".join(f"{plain(bag.volume_ml)} mL" for bag in bags_of(session, one)) or "not filled"]
            for one in doses_of(session, row.code)]
    return {"title": "Doses", "headers": ["dose", "infusion", "state", "fill", "bags"], "rows": rows,
            "empty": "No dose is planned yet."}


def _containers(session: Session, row: Batch) -> dict[str, Any]:
    parents = parents_of(session, row.code)
    rows = [[{"text": one.code, "url": f"/containers/{one.code}", "code": True}, one.kind,
             f"{plain(one.volume_ml)} mL" if one.volume_ml is not None else "not measured",
             ", ".join(parents.get(one.code, [])) or f"collection {one.collection}", when(one.made_at)]
            for one in containers_of(session, row.code)]
    return {"title": "Containers", "headers": ["container", "kind", "volume", "made from", "made"], "rows": rows}


def _deviations(session: Session, row: Batch) -> dict[str, Any]:
    rows = [[{"text": one.code, "url": f"/deviations/{one.code}"}, one.severity, one.state, one.what]
            for one in deviations_of(session, row.code)]
    return {"title": "Deviations", "headers": ["deviation", "severity", "state", "what"], "rows": rows,
            "empty": "No deviation was opened in this batch."}


def show_dose(session: Session, *, dose: str) -> dict[str, Any]:
    """One dose: its bags, those withdrawn too, and what can be done with it."""
    row = load_dose(session, dose)
    batch = load_batch(session, row.batch)
    bags = session.scalars(select(DoseBag).where(DoseBag.dose == dose).order_by(DoseBag.container))
    rows = [[{"text": bag.container, "url": f"/containers/{bag.container}", "code": True}, str(bag.attempt),
             f"{plain(bag.volume_ml)} mL", f"{plain(bag.residual_ml)} mL",
             {"text": when(bag.expires_at), "sub": bag.expiry_governed_by},
             f"withdrawn {when(bag.withdrawn_at)}" if bag.withdrawn_at else
             f"checked by {bag.checked_by}" if bag.checked_by else "to be checked"] for bag in bags]
    here = f"/doses/{row.code}"
    actions = [(f"{here}/fill-dose", "Fill again" if row.attempt else "Fill"), (f"{here}/check-fill", "Check a bag"),
               ("/samples/take-sample", "Take a sample"), (f"{here}/decision", "Release decision"),
               (f"{here}/limits", "Limits of this dose"),
               (f"{here}/identity-path", "Path of identity"), (f"{here}/holders", "Who holds the bags")]
    first = {"planned": 0, "filled": 1}.get(row.state, 3)
    return {"code": row.code, "title": f"Dose for infusion {row.infusion}", "state": row.state,
            "strip": batch_strip(session, batch),
            "pairs": [("batch", leads(row.batch), False), ("infusion", str(row.infusion), False),
                      ("fill", str(row.attempt), False), ("recipient", leads(batch.recipient), False)],
            "sections": [{"title": "Bags", "rows": rows, "empty": "The dose is not filled yet.",
                          "headers": ["bag", "fill", "volume", "stays behind", "expires", "state"]},
                         _ends(session, row)],
            "actions": [{"url": url, "label": label, "danger": False, "main": place == first}
                        for place, (url, label) in enumerate(actions)]}


def _ends(session: Session, dose: Dose) -> dict[str, Any]:
    """Until when the dose may be used: every constraint, the governing one marked."""
    rows = [[{"text": one.why} | ({} if place else {"tag": "governs"}), when(one.at)]
            for place, one in enumerate(ends_of(session, dose))]
    return {"title": "Use before", "headers": ["constraint", "ends"], "rows": rows,
            "empty": "It follows from the filling."}


PAGES: tuple[Page, ...] = (
    Page("/batches", list_batches, "list.html"),
    Page("/batches/<batch>", show_batch),
    Page("/doses/<dose>", show_dose),
    *CONTAINER_PAGES,
    *HOLD_PAGES,
    *TRACE_PAGES,
    *IMPACT_PAGES,
    *REDLINE_PAGES,
)
