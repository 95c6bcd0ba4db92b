"""The batch record and the release certificate as PDF, from facts that are already text.

It prints what it is given and judges nothing; the time of printing is a fact too. The same facts give the same
bytes. A section that is missing is refused: an empty list says there was nothing, an absent one says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from mfg.facts import Refused
from mfg.paper.drawing import dose_gauge, growth_curve, viability_trend
from mfg.paper.sheet import Cell, Run, Sheet, verdict_run

Facts = Mapping[str, Any]


def batch_record(facts: Facts) -> bytes:
    """The whole record of one batch.

    facts, every value text unless said otherwise:
        batch, status, printed_at, hash
        cover       [{"label", "value"}]  COI, recipient, donor, versions of protocol, master record, specification
        assumed     [{"label", "value", "because"}]  readings of what the protocol does not state
        exceptions  {"header": [..], "rows": [[..]]}  deviations, late entries, out-of-limit values
        phases      [{"title", "steps": [{"number", "title", "entries": [entry]}]}]
            entry = {"field", "value", "unit", "limits", "verdict", "performed", "verified",
                     "corrections": [{"was", "reason", "by", "at"}]}
            verdict is PASS, FAIL, CANNOT DETERMINE or "" where none is due; performed and verified say
            who and when; value is the one that stands, corrections the ones before it, oldest first
        growth      [[day, viable cells]]  viability  [[day, percent]]  decimals as text
        containers, materials, results   tables {"header", "rows"}
        signatures  [{"name", "role", "meaning", "at", "hash", "void"}]  void is the reason, or ""
        ledger      table
        checkpoint  {"size", "root", "text"}  text is the signed note, or ""
    """
    batch = _text(facts, "batch")
    sheet = Sheet("Batch record", batch, _foot(facts, f"Batch {batch}"))
    sheet.heading(f"Batch record {batch}", keep=100)
    sheet.paragraph(_text(facts, "status"), size=11, bold=True)
    sheet.pairs(_pairs(facts, "cover"))
    _assumed(sheet, facts)
    sheet.heading("Exceptions")
    _table(sheet, facts, "exceptions", "No exception is recorded for this batch.")
    _phases(sheet, facts)
    _curves(sheet, facts)
    for key, title, none in (
            ("containers", "Containers and their descent", "No container is recorded."),
            ("materials", "Materials used", "No material is recorded."),
            ("results", "Quality control results", "No result is recorded.")):
        sheet.heading(title)
        _table(sheet, facts, key, none)
    _signatures(sheet, facts)
    sheet.heading("Ledger entries of this batch")
    _table(sheet, facts, "ledger", "No ledger entry is printed.", mono_last=True)
    _checkpoint(sheet, facts)
    return sheet.finish()


def certificate(facts: Facts) -> bytes:
    """The release certificate of one dose: the decision and everything it rests on.

    facts, every value text unless said otherwise:
        number, batch, dose, printed_at, hash
        decision     {"word", "sentence", "verdict"}  e.g. RELEASED ON CONDITION; verdict gives the sign
        cover        [{"label", "value"}]
        arithmetic   [sentence]  the dose written out with its numbers, in order
        gauge        {"fraction_pct", "low_pct", "high_pct", "interval_low_pct", "interval_high_pct", "verdict"}
                     decimals as text, "" where not known
        assumed      as in the batch record
        findings     [{"rule", "title", "verdict", "why", "value", "limit", "sources"}]  all of them
        condition    {"statement", "open_tests": {"header", "rows"}}  statement "" where there is none
        signatures, checkpoint   as in the batch record
    """
    number, decision = _text(facts, "number"), _take(facts, "decision", Mapping)
    sheet = Sheet("Release certificate", number, _foot(facts, f"Batch {_text(facts, 'batch')}, "
                                                              f"dose {_text(facts, 'dose')}"))
    sheet.heading(f"Release certificate {number}", keep=120)
    sheet.banner(_text(decision, "word"), _text(decision, "sentence"), _text(decision, "verdict"))
    sheet.pairs(_pairs(facts, "cover"))
    _condition(sheet, facts)
    _dose(sheet, facts)
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


def _table(sheet: Sheet, facts: Facts, key: str, none: str, *, mono_last: bool = False) -> None:
    """A table as given, columns as wide as their content asks; verdict words get their sign."""
    table = _take(facts, key, Mapping)
    header, rows = _take(table, "header", Sequence), _take(table, "rows", Sequence)
    if not rows:
        sheet.paragraph(none, quiet=True)
        return
    ragged = [row for row in rows if len(row) != len(header)]
    if ragged:
        raise Refused(f"A row of {key!r} has {len(ragged[0])} cells for {len(header)} columns: {ragged[0]!r}. "
                      "Give one text for each column.", kind="input")
    widths = [_share([str(header[i]), *(str(row[i]) for row in rows[:200])]) for i in range(len(header))]
    sheet.table(header, ([_cell(str(value), mono_last and i == len(header) - 1) for i, value in enumerate(row)]
                         for row in rows), widths)


def _share(texts: Sequence[str]) -> float:
    """How wide a column asks to be: its longest text counts, within reason, and its longest word must fit."""
    longest = max(map(len, texts))
    word = max(len(word) for text in texts for word in (text.split() or [""]))
    return float(max(5.0, min(word, 22), min(longest, 44) ** 0.8))


def _cell(value: str, mono: bool) -> Cell:
    return verdict_run(value) if value in ("PASS", "FAIL", "CANNOT DETERMINE") else Run(value, mono=mono)


def _assumed(sheet: Sheet, facts: Facts) -> None:
    """Values the protocol does not state; each stays marked until the sponsor has answered."""
    listed = _take(facts, "assumed", Sequence)
    sheet.heading("Assumed values")
    if not listed:
        sheet.paragraph("Every value used is stated by the protocol.", quiet=True)
        return
    sheet.table(("", "Value", "Read as", "Because"),
                [(Run("ASSUMED", bold=True), _text(one, "label"), Run(_text(one, "value"), bold=True),
                  _text(one, "because")) for one in listed], (12, 22, 26, 40))


def _phases(sheet: Sheet, facts: Facts) -> None:
    for phase in _take(facts, "phases", Sequence):
        sheet.heading(_text(phase, "title"), keep=90)
        for step in _take(phase, "steps", Sequence):
            sheet.heading(f"{_text(step, 'number')}  {_text(step, 'title')}", level=1, keep=50)
            entries = _take(step, "entries", Sequence)
            if not entries:
                sheet.paragraph("Nothing is recorded for this step.", quiet=True)
                continue
            sheet.table(("Field", "Value", "Limits", "Verdict", "Performed by", "Verified by"),
                        (_entry(entry) for entry in entries), (88, 104, 66, 77, 90, 90))


def _entry(entry: Facts) -> list[Cell]:
    """One entry; values that were corrected stay readable, struck through, with the reason."""
    value: list[Run] = []
    for old in _take(entry, "corrections", Sequence):
        value += [Run(_text(old, "was"), struck=True),
                  Run(f"corrected {_text(old, 'at')} by {_text(old, 'by')}: {_text(old, 'reason')}", quiet=True)]
    now = " ".join(part for part in (str(_take(entry, "value", str)), str(_take(entry, "unit", str))) if part)
    value.append(Run(now, bold=True) if now else Run("not recorded", quiet=True))
    return [_text(entry, "field"), value, str(_take(entry, "limits", str)),
            verdict_run(str(_take(entry, "verdict", str))), str(_take(entry, "performed", str)),
            str(_take(entry, "verified", str))]


def _decimal(told: str, what: str) -> Decimal:
    try:
        value = Decimal(told)
    except InvalidOperation as error:
        raise Refused(f"{told!r} in {what!r} is not a number. Give a decimal as text.", kind="input") from error
    if not value.is_finite():
        raise Refused(f"{told!r} in {what!r} is not a finite number. Give a decimal as text.", kind="input")
    return value


def _series(facts: Facts, key: str) -> list[tuple[Decimal, Decimal]]:
    return [(_decimal(time, key), _decimal(value, key)) for time, value in _take(facts, key, Sequence)]


def _curves(sheet: Sheet, facts: Facts) -> None:
    sheet.heading("Growth and viability", keep=200)
    sheet.picture(growth_curve(_series(facts, "growth"), "Viable cells"), 390)
    sheet.picture(viability_trend(_series(facts, "viability")), 390)


def _dose(sheet: Sheet, facts: Facts) -> None:
    sheet.heading("Dose", keep=120)
    gauge = _take(facts, "gauge", Mapping)
    told = {key: _take(gauge, key, str) for key in
            ("fraction_pct", "low_pct", "high_pct", "interval_low_pct", "interval_high_pct")}
    known = {key: _decimal(value, "gauge") if value else None for key, value in told.items()}
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
    sheet.heading("Condition of this release")
    sheet.paragraph(statement, size=10, bold=True)
    _table(sheet, condition, "open_tests", "No test is open.")


def _signatures(sheet: Sheet, facts: Facts) -> None:
    sheet.heading("Signatures")
    listed = _take(facts, "signatures", Sequence)
    if not listed:
        sheet.paragraph("Nobody has signed.", bold=True)
        return
    sheet.table(("Printed name and role", "Meaning", "Time", "Hash of what was signed"),
                (_signature(one) for one in listed), (24, 30, 20, 32))


def _signature(one: Facts) -> list[Cell]:
    void = str(_take(one, "void", str))
    meaning = [Run(_text(one, "meaning"), struck=bool(void))]
    if void:
        meaning.append(Run(f"VOID: {void}", bold=True))
    return [[Run(_text(one, "name"), bold=True), Run(_text(one, "role"))], meaning, _text(one, "at"),
            Run(_text(one, "hash"), mono=True)]


def _checkpoint(sheet: Sheet, facts: Facts) -> None:
    """The sealed head of the ledger, as text and as a code, so that paper can prove the database."""
    checkpoint = _take(facts, "checkpoint", Mapping)
    size, root = _text(checkpoint, "size"), _text(checkpoint, "root")
    sheet.heading("Ledger checkpoint", keep=130)
    sheet.pairs([("Entries", size), ("Root", root)])
    note = str(_take(checkpoint, "text", str))
    if note:
        sheet.paragraph(note, mono=True, size=7)
    sheet.matrix(f"{size} {root}")
