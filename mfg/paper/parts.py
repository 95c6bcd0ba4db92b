"""Parts that batch record and certificate share: tables of plain text, signatures, assumed values, the checkpoint."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation

from mfg.facts import Refused
from mfg.paper import fonts
from mfg.paper.grid import BODY, PAD, SIGN_ROOM, SMALL
from mfg.paper.record_shape import Checkpoint, SignatureLine
from mfg.paper.sheet import ROOM, SIGNS, Cell, Run, Sheet

WORD, TEXT = 120.0, 230.0  # points beyond which a word or a text asks for no wider column


def draw_table(sheet: Sheet, header: Sequence[str], rows: Sequence[Sequence[str]], none: str) -> None:
    """A table of text, columns as wide as their content asks; verdicts and severities get their sign."""
    if not rows:
        sheet.paragraph(none, quiet=True)
        return
    sheet.table(header, ([cell(value) for value in row] for row in rows), widths_for(header, rows[:200]))


def widths_for(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[float]:
    """How wide each column is, in points: no word is broken as long as that is possible, then room for the texts."""
    least, wanted = [], []
    for number, title in enumerate(header):
        texts = [line for row in rows for line in row[number].split("\n")]
        words = {word for text in texts for word in text.split()}
        bold = max(map(_bold, title.split()), default=0.0)
        least.append(max(min(max(map(_plain, words), default=0.0), WORD), bold) + 2 * PAD)
        wanted.append(max(min(max(map(_plain, texts), default=0.0), TEXT), bold) + 2 * PAD)
    spare, wish = ROOM - sum(least), sum(wanted) - sum(least)
    if spare <= 0 or wish <= 0:
        return least
    return [low + (high - low) * spare / wish for low, high in zip(least, wanted, strict=True)]


def _plain(text: str) -> float:
    return fonts.width(text, fonts.BOLD, BODY) + SIGN_ROOM if text in SIGNS else fonts.width(text, fonts.SANS, BODY)


def _bold(text: str) -> float:
    return fonts.width(text, fonts.BOLD, SMALL)


def cell(value: str) -> Cell:
    """Text; a word that has a sign gets it."""
    return Run(value, bold=True, sign=value) if value and value in SIGNS else value


def draw_signatures(sheet: Sheet, signatures: Iterable[SignatureLine]) -> None:
    """Every signature; one that later changes made void stays readable, struck through."""
    listed = list(signatures)
    sheet.heading("Signatures")
    if not listed:
        sheet.paragraph("Nobody has signed.", bold=True)
        return
    sheet.table(("Printed name and role", "Meaning, of what", "Time", "State", "Hash of what was signed"),
                (_signature(one) for one in listed), (108, 134, 60, 62, 151))


def _signature(one: SignatureLine) -> list[Cell]:
    state = [Run("VOID", bold=True, sign="FAIL"), Run(one.void)] if one.void else [Run("stands", sign="PASS")]
    return [[Run(one.name, bold=True), Run(one.role)], [Run(one.meaning, struck=bool(one.void)), Run(one.on)], one.at,
            state, Run(one.hash, mono=True)]


def draw_assumed(sheet: Sheet, assumed: Iterable[tuple[str, str, str]]) -> None:
    """Values the protocol does not state; each stays marked until the sponsor has answered."""
    listed = list(assumed)
    sheet.heading("Assumed values")
    if not listed:
        sheet.paragraph("Every value used is stated by the protocol.", quiet=True)
        return
    sheet.table(("", "Value", "Read as", "Because"),
                [(Run("ASSUMED", bold=True), label, Run(value, bold=True), because)
                 for label, value, because in listed], (12, 22, 26, 40))


def draw_checkpoint(sheet: Sheet, checkpoint: Checkpoint) -> None:
    """The sealed head of the ledger, as text and as a code, so that paper can prove the database."""
    sheet.heading("Ledger checkpoint", keep=130)
    sheet.pairs([("Entries", checkpoint.size), ("Root", checkpoint.root)])
    if checkpoint.note:
        sheet.paragraph(checkpoint.note, mono=True, size=7)
    sheet.matrix(f"{checkpoint.size} {checkpoint.root}")


def decimal_told(told: str, what: str) -> Decimal:
    """A finite decimal from the text of a fact, or a refusal that names the fact."""
    try:
        value = Decimal(told)
    except InvalidOperation as error:
        raise Refused(f"{told!r} in {what!r} is not a number. Give a decimal as text.", kind="input") from error
    if not value.is_finite():
        raise Refused(f"{told!r} in {what!r} is not a finite number. Give a decimal as text.", kind="input")
    return value
