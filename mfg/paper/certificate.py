"""The certificate of analysis and release of one dose as PDF, from facts that are already text.

It prints what it is given and judges nothing; the time of printing is a fact too. The same facts give the same
bytes. A section that is missing is refused: an empty list says there was nothing, an absent one says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mfg.facts import Refused
from mfg.paper.drawing import dose_gauge
from mfg.paper.parts import cell, decimal_told, draw_assumed, draw_checkpoint, draw_signatures, draw_table
from mfg.paper.record_shape import Checkpoint, SignatureLine, Table
from mfg.paper.sheet import Cell, Run, Sheet, verdict_run

Facts = Mapping[str, Any]


def certificate(facts: Facts) -> bytes:
    """The certificate of analysis and release of one dose: the decision, every result and everything it rests on.

    facts, every value text unless said otherwise:
        number, batch, dose, printed_at, hash
        decision     {"word", "sentence", "verdict"}  e.g. RELEASED ON CONDITION; verdict gives the sign
        standing     a sentence on what has happened since, or ""
        cover        [{"label", "value"}]
        bags, tests, limits, worksheet   {"header", "rows"}
        rounding     how values are compared, a sentence
        arithmetic   [sentence]  the dose written out with its numbers, in order
        gauge        {"fraction_pct", "low_pct", "high_pct", "interval_low_pct", "interval_high_pct", "verdict"}
                     decimals as text, "" where not known
        assumed      [{"label", "value", "because"}]  readings of what the protocol does not state
        findings     [{"rule", "title", "verdict", "why", "value", "limit", "sources"}]  all of them
        condition    {"statement", "open_tests": {"header", "rows"}}  statement "" where there is none
        signatures   [{"name", "role", "meaning", "on", "at", "hash", "void"}]  void is the reason, or ""
        checkpoint   {"size", "root", "text"}  text is the signed note, or ""
    """
    number, decision = _text(facts, "number"), _take(facts, "decision", Mapping)
    sheet = Sheet("Certificate of analysis and release", number, _foot(facts, f"Batch {_text(facts, 'batch')}, "
                                                              f"dose {_text(facts, 'dose')}"))
    sheet.heading(f"Certificate of analysis and release {number}", keep=120)
    sheet.banner(_text(decision, "word"), _text(decision, "sentence"), _text(decision, "verdict"))
    standing = str(_take(facts, "standing", str))
    if standing:
        sheet.remark(standing, sign="FAIL")
    sheet.pairs(_pairs(facts, "cover"))
    _condition(sheet, facts)
    _part(sheet, facts, "bags", "Bags of this dose", "The dose has no bag.")
    _tests(sheet, facts)
    sheet.paragraph(_text(facts, "rounding"), size=7.5, quiet=True)
    _dose(sheet, facts)
    _part(sheet, facts, "limits", "Limits of this dose", "The protocol sets no limit for a dose.")
    _part(sheet, facts, "worksheet", "The worksheet by two calculations", "Nothing was calculated.")
    _assumed(sheet, facts)
    _findings(sheet, facts)
    _signatures(sheet, facts)
    _checkpoint(sheet, facts)
    return sheet.finish()


def _take(facts: Facts, key: str, kind: Any) -> Any:
    """A part of the facts (`kind` is str, Mapping or Sequence), or a refusal naming it."""
    value = facts.get(key)
    if not isinstance(value, kind) or (isinstance(value, str) and kind is not str):
        what = "text" if kind is str else "a mapping" if kind is Mapping else "a list"
        raise Refused(f"The fact {key!r} is {'missing' if value is None else 'of the wrong kind'}; the record needs "
                      f"it as {what}. An empty one says there was nothing.", kind="input", fields={key: ["is needed"]})
    return value


def _text(facts: Facts, key: str) -> str:
    """A text that must be there and not blank."""
    value = str(_take(facts, key, str))
    if not value.strip():
        raise Refused(f"The fact {key!r} is blank; the record does not print blanks. Give {key!r}.", kind="input")
    return value


def _foot(facts: Facts, what: str) -> tuple[str, str]:
    return (f"{what} \u00b7 printed {_text(facts, 'printed_at')}", f"Content hash {_text(facts, 'hash')}")


def _pairs(facts: Facts, key: str) -> list[tuple[str, str]]:
    return [(_text(pair, "label"), str(_take(pair, "value", str))) for pair in _take(facts, key, Sequence)]


def _dose(sheet: Sheet, facts: Facts) -> None:
    sheet.heading("Dose", keep=120)
    gauge = _take(facts, "gauge", Mapping)
    told = {key: _take(gauge, key, str) for key in
            ("fraction_pct", "low_pct", "high_pct", "interval_low_pct", "interval_high_pct")}
    known = {key: decimal_told(value, "gauge") if value else None for key, value in told.items()}
    low, high = known["interval_low_pct"], known["interval_high_pct"]
    for line in _take(facts, "arithmetic", Sequence):
        sheet.paragraph(line, size=9)
    sheet.picture(dose_gauge(known["fraction_pct"], known["low_pct"], known["high_pct"],
                             (low, high) if low is not None and high is not None else None,
                             _text(gauge, "verdict")), 400)


def _findings(sheet: Sheet, facts: Facts) -> None:
    """All findings, those that did not pass first; the order among equals is as given."""
    listed = list(_take(facts, "findings", Sequence))
    sheet.heading("Findings of every rule")
    counts = {verdict: sum(one.get("verdict") == verdict for one in listed)
              for verdict in ("FAIL", "CANNOT DETERMINE", "PASS")}
    sheet.paragraph(f"{len(listed)} rules judged: {counts['PASS']} PASS, {counts['FAIL']} FAIL, "
                    f"{counts['CANNOT DETERMINE']} CANNOT DETERMINE.", quiet=True)
    order = {verdict: place for place, verdict in enumerate(counts)}
    listed.sort(key=lambda one: order.get(_text(one, "verdict"), -1))
    sheet.table(("Verdict", "Rule and reason", "Value", "Limit", "From"),
                (_finding(one) for one in listed), (17, 48, 17, 17, 17))


def _finding(one: Facts) -> list[Cell]:
    return [verdict_run(_text(one, "verdict")),
            [Run(f"{_text(one, 'rule')}  {_take(one, 'title', str)}", bold=True), Run(_text(one, "why"))],
            str(_take(one, "value", str)), str(_take(one, "limit", str)), str(_take(one, "sources", str))]


def _condition(sheet: Sheet, facts: Facts) -> None:
    condition = _take(facts, "condition", Mapping)
    statement = str(_take(condition, "statement", str))
    tests = _take(condition, "open_tests", Mapping)
    if not statement:
        if _take(tests, "rows", Sequence):
            raise Refused("Open tests are given without a conditional statement. Give 'statement', or no open tests.",
                          kind="input")
        return
    sheet.heading("Condition of this decision")
    sheet.paragraph(statement, size=10, bold=True)
    _table(sheet, condition, "open_tests", "No test is open.")


def _tests(sheet: Sheet, facts: Facts) -> None:
    """Every result; a column has room for the longest verdict."""
    sheet.heading("Results of analysis", keep=90)
    table = _take(facts, "tests", Mapping)
    header, rows = _take(table, "header", Sequence), _take(table, "rows", Sequence)
    if not rows:
        sheet.paragraph("The specification asks for no test.", bold=True)
        return
    widths = (22, 18, 16, 15, 14, 13, 13) if len(header) == 7 else (1,) * len(header)
    sheet.table(tuple(header), ([cell(text) for text in row] for row in rows), widths)


def _part(sheet: Sheet, facts: Facts, key: str, title: str, none: str) -> None:
    sheet.heading(title, keep=90)
    _table(sheet, facts, key, none)


def _table(sheet: Sheet, facts: Facts, key: str, none: str) -> None:
    table = _take(facts, key, Mapping)
    rows = tuple(tuple(row) for row in _take(table, "rows", Sequence))
    told = Table(tuple(_take(table, "header", Sequence)), rows, none)
    draw_table(sheet, told.header, told.rows, told.none)


def _assumed(sheet: Sheet, facts: Facts) -> None:
    draw_assumed(sheet, [(_text(one, "label"), _text(one, "value"), _text(one, "because"))
                         for one in _take(facts, "assumed", Sequence)])


def _signatures(sheet: Sheet, facts: Facts) -> None:
    draw_signatures(sheet, [SignatureLine(
        _text(one, "name"), _text(one, "role"), _text(one, "meaning"), str(_take(one, "on", str)), _text(one, "at"),
        _text(one, "hash"), str(_take(one, "void", str))) for one in _take(facts, "signatures", Sequence)])


def _checkpoint(sheet: Sheet, facts: Facts) -> None:
    told = _take(facts, "checkpoint", Mapping)
    draw_checkpoint(sheet, Checkpoint(_text(told, "size"), _text(told, "root"), str(_take(told, "text", str))))
