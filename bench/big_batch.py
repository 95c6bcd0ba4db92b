"""A batch as large as they come, made quickly: 60 steps, 600 entries, all performed and verified but the last step.

For measurements and for tests that count statements. The rows are put in by a handful of acts, so that the ledger
knows them and every net holds; the last step is done by the verbs people use, so that its history is a real one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from secrets import randbelow
from unittest.mock import patch

from sqlalchemy.engine import Engine

from mfg import ledger
from mfg.batches import runner
from mfg.batches.acts import first_steps
from mfg.batches.records import Batch, Container, Step, StepEntry
from mfg.codes.own import new_coi
from mfg.db import desk
from mfg.documents.records import Document
from mfg.donors.records import Collection, Donor, Pairing
from mfg.identity import Proof, Signing
from mfg.ledger import Who, act
from mfg.places import PACKAGE
from mfg.recipes.reading import example, read_master_record
from mfg.trial.records import Recipient

BATCH = "NK-26-001"
PROTOCOL = PACKAGE / "trial/protocols/nct06835140.yaml"
BEGUN = datetime(2026, 11, 1, 8, tzinfo=UTC)
PHASE = 10


@dataclass(frozen=True)
class Crew:
    """Codes of the people it is made by: one may open batches, one perform steps, one verify them."""

    supervisor: str
    operator: str
    verifier: str


def recipe(steps: int = 60, fields: int = 10, more: tuple[str, str] = ("", "")) -> str:
    """A master record of so many steps in phases of ten, with so many fields a step, as YAML. `more` is what else it
    says, and phases at its end."""
    text = ["key: BIG", "title: A large process", more[0], "phases:"]
    for number in range(steps):
        if number % PHASE == 0:
            text += [f"- id: phase_{number // PHASE}", f"  title: Phase {number // PHASE}", "  steps:"]
        text += [f"  - id: step_{number}", f"    title: Step {number}", "    instruction: Do it as the procedure says.",
                 "    fields:"]
        text += [f'    - {{id: value_{one}, label: Value {one}, kind: number, unit: mL, low: "0", high: "100"}}'
                 for one in range(fields)]
    return "\n".join([*text, more[1]]) + "\n"


def big_batch(engine: Engine, crew: Crew, *, steps: int = 60, fields: int = 10,
              more: tuple[str, str] = ("", "")) -> str:
    """Make it in an installation that has its people and no batch. Returns the code of the batch. `more`: see
    `recipe`; steps it adds are still to do."""
    text = recipe(steps, fields, more)
    with signed_unasked():
        with desk(engine) as session, act(session, "open batch", on=BATCH, within=BATCH, **who(crew.supervisor).how):
            session.add_all(_documents(text))
            session.flush()
            for rows in _chain(crew):
                session.add_all(rows)
                session.flush()
            made = first_steps(session.get_one(Batch, BATCH), read_master_record(text))
            done = [step for step in made if step.stage == 0][:-1]
            for step in done:
                _done(step, crew)
            session.add_all(made)
            session.flush()
            session.add_all(_entry(step, number, crew) for step in done for number in range(fields))
        _last_step(engine, crew, f"{BATCH}/step_{steps - 1}", fields)
    return BATCH


def _documents(text: str) -> list[Document]:
    texts = {"protocol": ("NCT06835140", PROTOCOL.read_text("utf-8")), "master record": ("BIG", text),
             "specification": ("NK-RELEASE", example("specification"))}
    return [Document(code=f"{key}/1", kind=kind, key=key, number=1, title=key, state="effective", text=written,
                     text_hash=sha256(written.encode()).hexdigest(), author="P-0001", written_at=BEGUN,
                     approved_by="P-0002", approved_at=BEGUN, effective_at=BEGUN)
            for kind, (key, written) in texts.items()]


def _chain(crew: Crew) -> Iterator[list[object]]:
    """Recipient, donor, collection, batch, the first container: what has to be there before there are steps."""
    yield [Recipient(code="SUB-0001", coi=new_coi("A9999", 2026, randbelow), protocol="NCT06835140/1", cohort="1",
                     slot=1, enrolled_at=BEGUN, eligible_by="P-0001", eligible_at=BEGUN),
           Donor(code="DON-0001", relation="sibling", registered_at=BEGUN)]
    yield [Pairing(donor="DON-0001", recipient="SUB-0001", listed_at=BEGUN)]
    yield [Collection(code="COL-0001", din="A999926000001", donor="DON-0001", recipient="SUB-0001", started_at=BEGUN,
                      ended_at=BEGUN + timedelta(hours=4), device="1", volume_ml=Decimal(200), anticoagulant="ACD-A",
                      anticoagulant_ml=Decimal(20), tnc=Decimal("2e10"), state="accepted")]
    yield [Batch(code=BATCH, recipient="SUB-0001", donor="DON-0001", collection="COL-0001", protocol="NCT06835140/1",
                 master_record="BIG/1", specification="NK-RELEASE/1", opened_at=BEGUN, opened_by=crew.supervisor,
                 state="open")]
    yield [Container(code=f"{BATCH}-C01", kind="collection bag", recipient="SUB-0001", donor="DON-0001",
                     collection="COL-0001", batch=BATCH, made_at=BEGUN, made_by=crew.supervisor)]


def _done(step: Step, crew: Crew) -> None:
    at = BEGUN + timedelta(hours=step.ordinal)
    step.state, step.done_at = "verified", at
    step.performed_by, step.performed_at = crew.operator, at
    step.verified_by, step.verified_at = crew.verifier, at


def _entry(step: Step, number: int, crew: Crew) -> StepEntry:
    return StepEntry(code=f"{step.code}/value_{number}.1", step=step.code, field=f"value_{number}", value="50",
                     amount=Decimal(50), unit="mL", how="typed", verdict="PASS", entered_by=crew.operator,
                     entered_at=BEGUN + timedelta(hours=step.ordinal, seconds=number), reason="")


def _last_step(engine: Engine, crew: Crew, step: str, fields: int) -> None:
    """By the verbs: every value an act, then the two signatures."""
    for number in range(fields):
        with desk(engine) as session:
            runner.enter_value(session, who(crew.operator), step=step, field=f"value_{number}", value="50", unit="mL")
    with desk(engine) as session:
        runner.perform_step(session, who(crew.operator), step=step, done_at=ledger.now())
    with desk(engine) as session:
        runner.verify_step(session, who(crew.verifier), step=step)


def who(person: str) -> Who:
    """A person who signs; the password is not looked at within `signed_unasked`."""
    return Who(person, signing=Signing(person, "not looked at here"))


@contextmanager
def signed_unasked() -> Iterator[None]:
    """Signatures without the password hash, which is slow by design and is not what is measured."""
    with patch.object(ledger, "prove", lambda _engine, user_id, *_args, **_more: Proof(user_id)):
        yield
