"""The samples the plan wants at a step, on its page: what is to be drawn of what, what was, and the way to draw it.

Links lead up to the laboratory; nothing is read from there.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from mfg.batches.entering import Job
from mfg.batches.sample_records import PlannedSample, answers_at
from mfg.facts import plain
from mfg.recipes.master import Sampled


def samples_of_step(session: Session, work: Job) -> dict[str, Any] | None:
    """A table and a button for each sample that is still to be drawn; None where the plan wants none here."""
    planned = work.flow.record.samples_at(work.row.step_id)
    if not planned:
        return None
    answers = answers_at(session, work.row.code)
    rows, buttons = [], []
    for spec in planned:
        mine = [one for one in answers if one.plan == spec.id]
        rows.append([spec.title, f"a {spec.container_kind}", _amount(spec), _kept(spec),
                     f"{plain(spec.receipt_minutes)} min",
                     _state(mine), _answer(mine)])
        if not mine:
            buttons.append({"url": _url(work, spec), "label": f"Take sample: {spec.title}", "main": True})
    if buttons:
        buttons.append({"url": f"/steps/{work.row.code}/explain-missing-sample", "label": "A sample was not taken",
                        "main": False})
    else:
        buttons += [{"url": _url(work, spec), "label": f"Take {spec.title} again", "main": False} for spec in planned]
    return {"title": "Samples of the plan", "rows": rows, "actions": buttons,
            "headers": ["Sample", "Drawn from", "Amount", "Kept", "Received within", "State", "Which"]}


def _url(work: Job, spec: Sampled) -> str:
    told = {"planned": f"{work.row.code}/{spec.id}", "purpose": spec.purpose} | (
        {"tubes": str(spec.tubes)} if spec.tubes else {}) | (
        {"volume_ml": plain(spec.volume_ml)} if spec.volume_ml is not None else {})
    return f"/samples/take-sample?{urlencode(told)}"


def _amount(spec: Sampled) -> str:
    volume = f" of {plain(spec.volume_ml)} mL" if spec.volume_ml is not None else ""
    return f"{spec.tubes or 1} tube{'s' if (spec.tubes or 1) != 1 else ''}{volume}"


def _kept(spec: Sampled) -> str:
    return ", ".join(part for part in (spec.keep, str(spec.temperature or ""),
                                       f"retained {spec.retain_days} days" if spec.retain_days else "") if part)


def _state(mine: list[PlannedSample]) -> dict[str, str]:
    if not mine:
        return {"verdict": "TODO", "text": "not taken"}
    return {"verdict": "PASS", "text": "taken"} if mine[-1].sample else \
        {"verdict": "CANNOT DETERMINE", "text": "not taken, explained"}


def _answer(mine: list[PlannedSample]) -> Any:
    if not mine:
        return ""
    last = mine[-1]
    return {"text": last.sample, "url": f"/samples/{last.sample}", "code": True} if last.sample else last.why
