"""The deviations that touch a batch, read once for all who ask with what they know of it. It judges nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import BindParameter, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from mfg.quality.records import Affected, Deviation, NoImpact


@dataclass
class Found:
    """One deviation, the records it was found to affect besides its own, and the word that a dose is not touched."""

    row: Deviation
    affects: set[str] = field(default_factory=set)
    apart: NoImpact | None = None

    @property
    def named(self) -> set[str]:
        """Every record it is about."""
        return {self.row.within, self.row.on_code, *self.affects}


@dataclass(frozen=True)
class Touching:
    """Deviations of a batch and of everything made, used or recorded for it; oldest first."""

    batch: str
    found: list[Found]

    def on(self, codes: Iterable[str]) -> list[Found]:
        """Those on the batch, on records under its code, or on these."""
        wanted, under = {self.batch, *codes}, (f"{self.batch}-", f"{self.batch}/")
        return [one for one in self.found
                if not one.named.isdisjoint(wanted) or any(code.startswith(under) for code in one.named)]


def touching(session: Session, batch: str, codes: Iterable[str], dose: str = "") -> Touching:
    """Every deviation on a batch or on anything made, used or recorded for it, whichever code it was opened under,
    and every one of another batch that was found to affect it. `codes` names what was made and used; with `dose`
    what quality assurance said of that dose. One statement."""
    below = f"{batch}-", f"{batch}/"
    touched: BindParameter[str] = bindparam("touched", sorted(
        one for one in {batch, *codes} if not one.startswith(below)), expanding=True)
    columns = Deviation.within, Deviation.on_code, Affected.record
    under = [column.startswith(start, autoescape=True) for column in columns for start in below]
    rows = session.execute(
        select(Deviation, Affected.record, NoImpact).outerjoin(Affected, and_(
            Affected.deviation == Deviation.code, Affected.lifted_at.is_(None))).outerjoin(NoImpact, and_(
                NoImpact.deviation == Deviation.code, NoImpact.dose == dose, NoImpact.withdrawn_at.is_(None))).where(
            or_(*(column.in_(touched) for column in columns), *under)).order_by(Deviation.code))
    found: dict[str, Found] = {}
    for row, record, apart in rows:
        one = found.setdefault(row.code, Found(row, apart=apart))
        if record is not None:
            one.affects.add(record)
    return Touching(batch, list(found.values()))
