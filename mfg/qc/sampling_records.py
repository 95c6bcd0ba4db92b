"""What happened to a sample after it was drawn, as kept: each event with its time, place, temperature and reading."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.db import Base, Code, MaybeAmount, MaybeWhen, Ref, When, Words, one_of
from mfg.qc.sampling_rules import CONDITIONS, EVENTS, SEALS
from mfg.recipes.master import KEEPS


class SampleEvent(Base):
    """One event of a sample. Nothing is taken back: what was wrong with it stays, and opens its deviation."""

    __tablename__ = "sample_event"
    #: S-0001/1
    code: Mapped[Code]
    sample: Mapped[str] = mapped_column(ForeignKey("sample.code"), index=True)
    number: Mapped[int]
    #: the verb, in a word: sent, received, refused, stored, inspected, removed, disposed of, witnessed
    kind: Mapped[Ref]
    #: when it happened, as told; and when it was entered
    at: Mapped[When]
    entered_at: Mapped[When]
    by: Mapped[Ref]
    place: Mapped[Words] = mapped_column(default="")
    temperature_c: Mapped[MaybeAmount]
    condition: Mapped[Ref] = mapped_column(default="")
    seal: Mapped[Ref] = mapped_column(default="")
    #: how the label of the sample was read: scanned or typed; blank where it is not read
    how: Mapped[Ref] = mapped_column(default="")
    #: where a retain is kept, and until when at least
    keep: Mapped[Ref] = mapped_column(default="")
    until: Mapped[MaybeWhen]
    #: the reason, or what was seen
    note: Mapped[Words] = mapped_column(default="")
    __table_args__ = (
        UniqueConstraint("sample", "number"), one_of("kind", EVENTS), one_of("how", ("", "scanned", "typed")),
        one_of("condition", ("", *CONDITIONS)), one_of("seal", ("", *SEALS)), one_of("keep", ("", *KEEPS)),
        CheckConstraint("(kind = 'stored') = (until IS NOT NULL)", name="stored_until"),
        CheckConstraint("kind <> 'received' OR how <> ''", name="received_by_its_label"),
        CheckConstraint("at <= entered_at", name="not_before_it_happened"),
    )


def events_of(session: Session, samples: Iterable[str]) -> dict[str, list[SampleEvent]]:
    """The events of these samples by code, oldest first, in one statement."""
    wanted = list(samples)
    found: dict[str, list[SampleEvent]] = {code: [] for code in wanted}
    for one in session.scalars(select(SampleEvent).where(SampleEvent.sample.in_(wanted)).order_by(
            SampleEvent.sample, SampleEvent.number)):
        found[one.sample].append(one)
    return found
