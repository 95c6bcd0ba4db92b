"""A master record as a form on paper, for work while the system is away. Every sheet has a number of its own.

What was written is entered afterwards with the number of its sheet. Values that a second person reads again stand on
sheets of their own at the end, so that nobody sees the first reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mfg.codes.own import with_check
from mfg.paper import barcodes, fonts
from mfg.paper.blank_shape import BlankFacts, BlankField, BlankHold, BlankStep, sheet_number
from mfg.paper.sheet import INK, LEFT, LINE, RIGHT, ROOM, Sheet

HOW_TO = (
    "Write in ink. Strike a wrong value through once so that it stays readable; put initials, date, time and the "
    "reason beside it. Leave no box empty: tick N/A where it is offered, with the reason. Write times with their "
    "zone. Two people sign each step, and nobody both. Who verifies reads the values marked “read twice” on the "
    "verifier's sheets, without looking at the first reading. Bring back every sheet, also an empty one: each is "
    "accounted for by its number. Enter the values as soon as the system is there, each with the number of its sheet.")
LABEL, VALUE, NA = 186.0, 190.0, 44.0  # widths of a field's parts; the rest is for when and who
BOX = 9.0
SIGNED = 96.0  # the boxes of both people and the remarks


class Numbered(Sheet):
    """Sheets that carry a number each, in words and as a code to scan."""

    head_right = RIGHT - 26

    def __init__(self, issue: str, foot: Sequence[str]) -> None:
        self.issue, self.page = issue, 1
        super().__init__("Blank record", "", foot)

    def _frame(self) -> None:
        number = sheet_number(self.issue, self.page)
        self.subject = f"Sheet {number}"
        super()._frame()
        module = 1.1
        rows = barcodes.matrix(with_check(number))
        barcodes.draw_matrix(self.canvas, rows, RIGHT - len(rows) * module, 828, 1, module)



def blank_record(facts: BlankFacts) -> tuple[bytes, int]:
    """The PDF and how many sheets it has. The same facts give the same bytes."""
    sheet = Numbered(facts.issue, (
        f"Blank record {facts.issue} \u00b7 master record {facts.master_record}"
        + (f" \u00b7 batch {facts.batch}" if facts.batch else ""), f"Hash of the master record {facts.master_hash}",
        f"Issued {facts.issued}"))
    _first(sheet, facts)
    _holds(sheet, facts.holds)
    for phase in facts.phases:
        sheet.heading(phase.title, keep=40 + (_together(phase.steps[0]) if phase.steps else 0))
        for step in phase.steps:
            _step(sheet, step)
    _second(sheet, [step for phase in facts.phases for step in phase.steps])
    return sheet.finish(), sheet.page


def _first(sheet: Sheet, facts: BlankFacts) -> None:
    """What it is for, how it is filled in, and who writes in it."""
    sheet.heading(f"Blank record {facts.issue}", keep=100)
    sheet.paragraph(facts.title, size=11, bold=True)
    if facts.reason:
        sheet.paragraph(f"Issued because: {facts.reason}")
    for index in range(0, len(facts.identity), 3):
        _line_of_boxes(sheet, [(label, value) for label, value in facts.identity[index:index + 3]], 30, 3)
    if facts.done:
        sheet.remark(facts.done, sign="minor", bold=False)
    sheet.paragraph(HOW_TO, size=8)
    sheet.heading("Everybody who writes on these sheets", keep=150)
    for _ in range(5):
        _line_of_boxes(sheet, [("Printed name", ""), ("Role", ""), ("Signature", ""), ("Initials", "")], 27, 4)


def _holds(sheet: Sheet, holds: Sequence[BlankHold]) -> None:
    if not holds:
        return
    sheet.heading("Hold times", keep=110)
    sheet.paragraph("Write both times down as they happen. A time that is over: stop, and call quality assurance.",
                    size=8)
    for one in holds:
        sheet.need(64)
        sheet.paragraph(f"{one.title}: {one.limit}", size=8.5, bold=True)
        _line_of_boxes(sheet, [(f"Begins: {one.begins}", ""), (f"Ends: {one.ends}", ""), ("Minutes", "")], 34, 3)


def _step(sheet: Sheet, step: BlankStep) -> None:
    """One step: what to do, a box for every value, and the boxes of both people. It is not split from its title."""
    rows = [_Row(one) for one in step.fields]
    sheet.heading(f"{step.number}  {step.title}", level=1, keep=_together(step), anchor=step.code,
                  running=f"Step {step.number}  {step.title}", word="CRITICAL" if step.critical else "", sign="major")
    sheet.paragraph(" \u00b7 ".join(part for part in (step.code, step.instruction, step.sop) if part), size=8)
    for note in step.notes:
        sheet.remark(note, sign="minor", bold=False)
    for row in rows:
        row.draw(sheet)
    sheet.need(SIGNED)
    for who in ("Performed by", "Verified by"):
        _line_of_boxes(sheet, [(f"{who}: printed name", ""), ("Signature", ""), ("Date, time, zone", "")], 29, 3)
    _line_of_boxes(sheet, [("Remarks; anything that went otherwise, and who was told", "")], 30, 1)
    sheet.y -= 4


def _together(step: BlankStep) -> float:
    """How many points a step needs to stand on one sheet; of one that cannot, its beginning."""
    rows = [_Row(one).tall for one in step.fields]
    whole = 50 + sum(rows) + 12 * len(step.notes) + SIGNED
    return whole if whole < 600 or not rows else 60 + rows[0]


def _second(sheet: Sheet, steps: Sequence[BlankStep]) -> None:
    """The verifier's sheets: a page of their own, so that the first reading is out of sight."""
    twice = [(step, [one for one in step.fields if one.twice]) for step in steps]
    if not any(fields for _, fields in twice):
        return
    sheet.new_page()
    sheet.heading("Verifier's sheets: values read twice", keep=120)
    sheet.paragraph("Read or scan each value again without looking at the first reading. Do not copy.", bold=True)
    for step, fields in twice:
        if fields:
            rows = [_Row(one, again=True) for one in fields]
            sheet.heading(f"{step.number}  {step.title}, read again", level=1, keep=40 + rows[0].tall,
                          running=f"Read again: {step.number}  {step.title}")
            for row in rows:
                row.draw(sheet)
            sheet.need(36)
            _line_of_boxes(sheet, [("Read again by: printed name", ""), ("Signature", ""), ("Date, time, zone", "")],
                           29, 3)


class _Row:
    """One field: label and limits, the box for the value, N/A, and the box for when and by whom."""

    def __init__(self, one: BlankField, *, again: bool = False) -> None:
        self.one, self.again = one, again
        self.label = fonts.wrap(one.label, fonts.BOLD, 8, LABEL - 8)
        self.small = [line for text in self._small() for line in fonts.wrap(text, fonts.SANS, 7, LABEL - 8)]
        self.choices = list(_columns(one.choices, VALUE - 10))
        text = len(self.label) * 9.6 + len(self.small) * 8.4 + 8
        self.tall = max(32.0, text, 18.0 * len(self.choices) + 8)

    def _small(self) -> Iterator[str]:
        """What stands under the label."""
        for told in (self.one.limits, self.one.hint):
            if told:
                yield told
        if self.one.twice and not self.again:
            yield "read twice: again on the verifier's sheet"

    def draw(self, sheet: Sheet) -> None:
        """On as many pages as its text needs; the boxes stand beside its first part."""
        if self.tall > 500:  # nothing a person could fill in: the words first, then the boxes
            sheet.paragraph("\n".join([*self.label, *self.small]), size=7)
            self.label, self.small, self.tall = ["as above"], [], 32.0
        sheet.need(self.tall)
        top = sheet.y
        self._words(sheet, top)
        x = LEFT + LABEL
        self._value(sheet, x, top)
        _frame_box(sheet, x + VALUE, top, NA, self.tall)
        if self.one.optional:
            _tick(sheet, x + VALUE + 5, top - 16, "N/A")
        else:
            _small(sheet, x + VALUE + 4, top - 14, "needed")
        wide = RIGHT - x - VALUE - NA
        _frame_box(sheet, x + VALUE + NA, top, wide, self.tall)
        _small(sheet, x + VALUE + NA + 3, top - 8, "time, initials")
        sheet.y -= self.tall

    def _words(self, sheet: Sheet, top: float) -> None:
        _frame_box(sheet, LEFT, top, LABEL, self.tall)
        y = top - 11
        for line in self.label:
            fonts.draw(sheet.canvas, LEFT + 4, y, line, fonts.BOLD, 8)
            y -= 9.6
        for line in self.small:
            fonts.draw(sheet.canvas, LEFT + 4, y, line, fonts.SANS, 7)
            y -= 8.4

    def _value(self, sheet: Sheet, x: float, top: float) -> None:
        _frame_box(sheet, x, top, VALUE, self.tall, heavy=True)
        for number, row in enumerate(self.choices):
            for place, choice in row:
                _tick(sheet, x + 5 + place, top - 17 - number * 18, choice)
        if self.one.unit:
            wide = fonts.width(self.one.unit, fonts.BOLD, 8)
            fonts.draw(sheet.canvas, x + VALUE - 5 - wide, top - self.tall + 6, self.one.unit, fonts.BOLD, 8)


def _columns(choices: Sequence[str], room: float) -> Iterator[list[tuple[float, str]]]:
    """Choices side by side as long as they fit: rows of (place, choice); a long one is broken over rows."""
    row: list[tuple[float, str]] = []
    at = 0.0
    for choice in choices:
        lines = fonts.wrap(choice, fonts.SANS, 8, room - BOX - 6)
        wide = max(fonts.width(line, fonts.SANS, 8) for line in lines) + BOX + 16
        if row and (at + wide - 10 > room or len(lines) > 1):
            yield row
            row, at = [], 0.0
        row.append((at, lines[0]))
        at += wide
        for more in lines[1:]:
            yield row
            row, at = [(0.0, f"\n{more}")], room
    if row:
        yield row


def _tick(sheet: Sheet, x: float, y: float, text: str) -> None:
    """A box to tick and what it stands for; a text that goes on from the line above has none."""
    if text.startswith("\n"):
        fonts.draw(sheet.canvas, x + BOX + 4, y + 1.5, text[1:], fonts.SANS, 8)
        return
    _frame_box(sheet, x, y + BOX, BOX, BOX, heavy=True)
    fonts.draw(sheet.canvas, x + BOX + 4, y + 1.5, text, fonts.SANS, 8)


def _small(sheet: Sheet, x: float, y: float, text: str) -> None:
    sheet.ink(quiet=True)
    fonts.draw(sheet.canvas, x, y, text, fonts.SANS, 6.5)
    sheet.ink()


def _frame_box(sheet: Sheet, x: float, top: float, wide: float, tall: float, *, heavy: bool = False) -> None:
    colour, width = (INK, 0.9) if heavy else (LINE, 0.5)
    for from_x, from_y, to_x, to_y in ((x, top, x + wide, top), (x, top - tall, x + wide, top - tall),
                                       (x, top, x, top - tall), (x + wide, top, x + wide, top - tall)):
        sheet.stroke(from_x, from_y, to_x, to_y, colour=colour, width=width)


def _line_of_boxes(sheet: Sheet, boxes: Sequence[tuple[str, str]], tall: float, columns: int) -> None:
    """Boxes side by side with their labels; what is known is printed, the rest is to be written."""
    wide = ROOM / columns
    labels = [fonts.wrap(label, fonts.SANS, 7, wide - 8) for label, _ in boxes]
    values = [fonts.wrap(value, fonts.BOLD, 8, wide - 8) if value else [] for _, value in boxes]
    tall = max([tall, *(len(label) * 8.4 + len(value) * 9.6 + 6 for label, value in zip(labels, values, strict=True))])
    sheet.need(tall)
    for number, (label, value) in enumerate(zip(labels, values, strict=True)):
        x, y = LEFT + number * wide, sheet.y - 8
        _frame_box(sheet, x, sheet.y, wide, tall)
        sheet.ink(quiet=True)
        for line in label:
            fonts.draw(sheet.canvas, x + 4, y, line, fonts.SANS, 7)
            y -= 8.4
        sheet.ink()
        for line in value:
            fonts.draw(sheet.canvas, x + 4, y - 2, line, fonts.BOLD, 8)
            y -= 9.6
    sheet.y -= tall
