"""A hand-over: one person gives, another takes or refuses. Each scans what changes hands and reads it for themselves.

Something wrong with it is kept and opens a deviation in the same act; something else than it stops.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from sqlalchemy.orm import Session

from mfg.batches.stops import stopped
from mfg.codes.scan import wanted
from mfg.custody.limits import CONDITIONS
from mfg.custody.records import HandedObject, HandOver, handed_in
from mfg.custody.records import hand_over as load_hand_over
from mfg.custody.rules import (
    ARRIVED,
    BETWEEN,
    GIVEN,
    HELD,
    MOVES,
    OFFER,
    Arrived,
    Between,
    Going,
    Offered,
)
from mfg.custody.rules import STOPPED as GOING
from mfg.custody.shipment_rules import LEAVE
from mfg.custody.things import (
    Thing,
    exactly_these,
    holder_of,
    known,
    leaving,
    names_of,
    scanned_together,
    under_way,
)
from mfg.db import next_code
from mfg.equipment.records import equipment
from mfg.facts import Finding, Limits, Refused, Verdict, judge, refuse_unless
from mfg.identity import roles_of
from mfg.ledger import Doing, Who, act, fresh
from mfg.quality.records import draft

#: rule -> the class of the deviation it opens; any other is a breach of a limit
GAPS = ("CUS-02", "CUS-03", "CUS-06")


def hand_over(session: Session, who: Who, *, things: Sequence[str], ordered: str, place_from: str, place_to: str,
              good: bool, words: str = "", seal: str = "", celsius: Decimal | None = None, instrument: str = "",
              back: str = "") -> str:
    """Offer what was scanned to another person, who then accepts or refuses it. Returns HO-0001.

    `ordered` is a key of limits.CONDITIONS; `celsius` as read, with `instrument` scanned or blank. `back` is “yes” for
    what goes back to quality assurance, which is the only way for a stopped bag.
    """
    with act(session, "hand over", on="", **who.how) as doing:
        given = scanned_together(session, things)
        first = given[0]
        doing.within = first.within
        with_words(good, words)
        not_stopped(session, [one.code for one in given], back=back == "yes")
        found = offered(session, given, doing.by.code)
        tool = instrument_scanned(session, instrument)
        doing.on = doing.result = next_code(session, HandOver, "HO", 4)
        limits = ordered_limits(ordered)
        session.add(HandOver(
            code=doing.on, within=first.within, recipient=first.recipient, donor=first.donor, ordered=ordered,
            place_from=place_from, place_to=place_to, given_by=doing.by.code, given_at=doing.at, given_celsius=celsius,
            given_instrument=tool, given_seal=seal, given_good=good, given_words=words, state=MOVES.start))
        session.flush()
        for number, one in enumerate(given, 1):
            session.add(HandedObject(code=f"{doing.on}/{number:02d}", hand_over=doing.on, thing=one.code,
                                     given_how=one.how, label=one.label))
        found += judge(GIVEN, Arrived(seal, seal, good, words, celsius, limits))
        breaches(session, doing, found, doing.on, given)
        doing.signs({"hand_over": doing.on, "things": [one.code for one in given], "from": place_from, "to": place_to,
                     "ordered": ordered, "celsius": celsius, "seal": seal, "good": good, "words": words})
    return doing.result


def accept_hand_over(session: Session, who: Who, *, hand_over: str, things: Sequence[str], good: bool, words: str = "",
                     seal: str = "", celsius: Decimal | None = None, instrument: str = "",
                     seen: str | None = None) -> str:
    """Another person scans each thing again, reads seal, condition and temperature, and holds it from now on."""
    with act(session, "accept hand-over", on=hand_over, **who.how) as doing:
        row = load_hand_over(session, hand_over)
        doing.within = row.within
        fresh(row, seen)
        row.state = MOVES.after("accept hand-over", row.state)
        _another(row, doing)
        with_words(good, words)
        inside = handed_in(session, row.code)
        not_stopped(session, [one.thing for one in inside], back="qa" in roles_of(session, doing.by.code))
        taken = exactly_these(session, things, [one.thing for one in inside], recipient=row.recipient, donor=row.donor,
                              within=row.within, of=row.code)
        _into_the_clinic(session, doing, taken)
        for one in inside:
            one.taken_how = taken[one.thing].how
        row.taken_by, row.taken_at, row.taken_celsius, row.taken_seal = doing.by.code, doing.at, celsius, seal
        row.taken_good, row.taken_words = good, words
        row.taken_instrument = instrument_scanned(session, instrument)
        limits = ordered_limits(row.ordered)
        found = [*judge(ARRIVED, Arrived(row.given_seal, seal, good, words, celsius, limits)),
                 *judge(BETWEEN, Between(row.code, row.given_at, doing.at, doing.at))]
        breaches(session, doing, found, row.code, taken.values())
        doing.signs({"hand_over": row.code, "things": sorted(taken), "celsius": celsius, "seal": seal, "good": good,
                     "words": words, "findings": [[one.rule, one.verdict.value] for one in found]})
        doing.result = row.code
    return doing.result


#: who takes over for the bedside; what they hold may be given
CLINIC = "clinical coordinator"


def _into_the_clinic(session: Session, doing: Doing, taken: Mapping[str, Thing]) -> None:
    """A dose leaves production by hand as it does by courier: only released, in date, and of its present fill."""
    if CLINIC in roles_of(session, doing.by.code):
        for code in taken:
            refuse_unless(judge(LEAVE, leaving(session, known(session, code), doing.at)))


def refuse_hand_over(session: Session, who: Who, *, hand_over: str, seen: str | None = None) -> str:
    """Another person does not take it, with the reason; the giver holds it still."""
    with act(session, "refuse hand-over", on=hand_over, **who.how) as doing:
        row = load_hand_over(session, hand_over)
        doing.within = row.within
        fresh(row, seen)
        row.state = MOVES.after("refuse hand-over", row.state)
        _another(row, doing)
        row.refused_by, row.refused_at, row.refused_why = doing.by.code, doing.at, doing.how.reason
        doing.signs({"hand_over": row.code, "why": row.refused_why})
        doing.result = row.code
    return doing.result


def _another(row: HandOver, doing: Doing) -> None:
    if row.given_by == doing.by.code:
        raise Refused(f"{doing.by.printed_name} handed it over. Another person has to take it or refuse it.",
                      kind="not allowed")


def not_stopped(session: Session, things: Iterable[str], *, back: bool) -> None:
    """Refuses a bag of a stopped dose that does not go back; asked when it is given, and again when it is taken."""
    for code in things:
        held_up = stopped(session, code)
        if held_up is not None:
            refuse_unless(judge(GOING, Going(held_up, back)))


# --- what hand-overs and shipments share -------------------------------------------------------------------------


def with_words(good: bool, words: str) -> None:
    """A condition that is not good needs words."""
    if not good and not words:
        raise Refused("Its condition is not good. Say what is wrong with it.", kind="input",
                      fields={"words": ["Say what is wrong."]})


def ordered_limits(ordered: str) -> Limits:
    """The limits of an ordered condition, or a refusal."""
    if ordered not in CONDITIONS:
        raise Refused(f"“{ordered}” is not a condition of transport. Choose one of: {', '.join(CONDITIONS)}.",
                      kind="input")
    return CONDITIONS[ordered].limits


def instrument_scanned(session: Session, text: str) -> str | None:
    """The instrument a temperature was read with, if it was scanned."""
    return equipment(session, wanted(text, "equipment")[0].content).code if text else None


def offered(session: Session, given: Iterable[Thing], giver: str) -> list[Finding]:
    """Refuses what is under way already; what the giver does not hold by the records is told as a finding."""
    found: list[Finding] = []
    for one in given:
        names = names_of(session, one.code)
        facts = Offered(one.code, under_way(session, names), holder_of(session, names), giver)
        refuse_unless(judge(OFFER, facts))
        found += judge(HELD, facts)
    return found


def breaches(session: Session, doing: Doing, found: Iterable[Finding], on: str, things: Iterable[Thing]) -> None:
    """A deviation for each finding that does not pass, on every batch or donor it touches, in this act."""
    withins = dict.fromkeys(one.within for one in things)
    for one in found:
        if one.verdict is Verdict.PASS:
            continue
        for within in withins:
            draft(session, within=within, on=on, kind="custody gap" if one.rule in GAPS else "limit breach",
                  severity="major", what=f"{on}: {one.why}"[:2000], by=doing.by.code, at=doing.at,
                  requirement=one.title)
            session.flush()
