"""The place the demonstration plays in: a new installation in a folder, its people by role, and its clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Engine

from mfg.checkpoints import Sealer
from mfg.db import desk, open_engine
from mfg.facts import Refused
from mfg.identity import Signing
from mfg.ledger import Who, playing_at
from mfg.people import acts as people
from mfg.schema import migrate
from mfg.verbs import ADMINISTRATOR, ROLES

PASSWORD = "only for the demonstration"
BEGINS = datetime(2026, 10, 20, 8, 0, tzinfo=UTC)
FIN = "A9999"
PAIRS = {"operator", "verifier", "qa", "clinical coordinator"}
OWN = ("mfg.db", "mfg.db-wal", "mfg.db-shm", "checkpoint.key", "checkpoint.pub", "cookie.key")


@dataclass
class Plant:
    """One installation in play. Every act moves the clock on by some seconds."""

    folder: Path
    engine: Engine
    sealer: Sealer
    say: Callable[[str], None]
    now: datetime = BEGINS
    staff: dict[str, str] = field(default_factory=dict)
    password: str = PASSWORD
    #: the cell counter, from the first dose on
    counter: str = ""
    #: the stand-in label printer, while the demonstration plays
    printer: Any = None

    def who(self, role: str, number: int = 1, reason: str = "") -> Who:
        """The n-th person of a role, signing."""
        login = f"{role.replace(' ', '.')}.{number}"
        return Who(self.staff[login], reason=reason, signing=Signing(login, PASSWORD), workstation="demonstration")

    def present(self, role: str, number: int = 1) -> Who:
        """The same person signed in at the screen: what is recorded and not signed takes no password again."""
        return Who(self.staff[f"{role.replace(' ', '.')}.{number}"], workstation="demonstration")

    def do(self, verb: Callable[..., str], who: Who, **arguments: Any) -> str:
        """One act, a quarter of a minute later."""
        self.now += timedelta(seconds=15)
        with desk(self.engine, sealer=self.sealer, fin=FIN) as session:
            return verb(session, who, **arguments)

    def refused(self, verb: Callable[..., str], who: Who, **arguments: Any) -> Refused:
        """An act that must be refused; if it is done, the demonstration is wrong and stops."""
        try:
            self.do(verb, who, **arguments)
        except Refused as refused:
            return refused
        raise AssertionError("The demonstration expected a refusal, and the act was done.")

    def at(self, *moment: int) -> None:
        """Move the clock to a time in UTC; never back."""
        wanted = datetime(*moment, tzinfo=UTC)  # type: ignore[arg-type, misc]
        self.now = max(self.now, wanted)

    def wait(self, **delta: float) -> datetime:
        """Let time pass."""
        self.now += timedelta(**delta)
        return self.now

    def scene(self, title: str) -> None:
        """A line between two parts of the story."""
        self.say("")
        self.say(f"== {self.now:%Y-%m-%d %H:%M} UTC  {title}")


def found(folder: Path, say: Callable[[str], None]) -> Plant:
    """A new installation with its people by role. What an earlier demonstration left is replaced."""
    _clear(folder)
    url = f"sqlite:///{(folder / 'mfg.db').resolve()}"
    migrate(url)
    sealer = Sealer.at(folder / "checkpoint.key", folder / "checkpoints", f"{FIN.lower()}.mfg-ledger")
    plant = Plant(folder, open_engine(url), sealer, say)
    with playing_at(lambda: plant.now):
        _employ(plant)
    return plant


def _clear(folder: Path) -> None:
    """Only what a demonstration makes is taken away; a folder with anything else of ours in it is refused."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "mfg.db").exists() and not (folder / "demonstration.txt").exists():
        raise Refused(f"{folder} holds a database that is not a demonstration. Choose another folder.", kind="input")
    for name in OWN:
        (folder / name).unlink(missing_ok=True)
    for part in ("labels", "records", "checkpoints"):
        for file in (folder / part).glob("*") if (folder / part).is_dir() else ():
            file.unlink()
    (folder / "demonstration.txt").write_text("This folder is replaced by the next `mfg demo`.\n", encoding="utf-8")


def _employ(plant: Plant) -> None:
    with desk(plant.engine, sealer=plant.sealer) as session:
        admin = people.install(session, first=_administrator(1), second=_administrator(2))
    plant.staff |= {"administrator.1": admin, "administrator.2": "P-0002"}
    for role in ROLES:
        for number in () if role == ADMINISTRATOR else (1, 2) if role in PAIRS else (1,):
            _open(plant, admin, role, number)


def _administrator(number: int) -> people.Newcomer:
    return people.Newcomer(f"administrator.{number}", f"Administrator {number}", "demonstration, nobody real",
                           PASSWORD, ADMINISTRATOR)


def named(role: str) -> str:
    """How a person of a role is called on paper: QA 1, QC analyst 1, Operator 1."""
    first, _, rest = role.partition(" ")
    return " ".join([first.upper() if first in ("qa", "qc") else first.capitalize(), rest]).strip()


def _open(plant: Plant, admin: str, role: str, number: int) -> None:
    login, first = f"{role.replace(' ', '.')}.{number}", PASSWORD + ", first"
    code = plant.do(people.open_account, Who(admin), user_id=login, printed_name=f"{named(role)} {number}",
                    identity_verified="demonstration, nobody real", password=first, role=role)
    plant.staff[login] = code
    plant.do(people.choose_password, Who(code, signing=Signing(login, first)), person=code, password=PASSWORD)
    plant.do(people.confirm_account, plant.who(ADMINISTRATOR, 2), person=code)
