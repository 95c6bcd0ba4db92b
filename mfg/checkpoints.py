"""Signed checkpoints of the ledger, as C2SP signed notes, that leave the database.

A checkpoint says: at this size the log had this root. Sealed at every release, daily, and every
SEAL_EVERY entries. Only what is sealed and kept elsewhere is protected against an owner of the database.
The note has room for a witness's cosignature: further lines of the same form.
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sqlalchemy import BigInteger, LargeBinary, Text, insert, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, mapped_column

from mfg.db import Base, Moment
from mfg.facts import Refused

SEAL_EVERY = 200
SEAL_DAILY = timedelta(days=1)
ED25519 = b"\x01"  # C2SP signed-note algorithm byte


class Checkpoint(Base):
    """A sealed size and root; append-only."""

    __tablename__ = "checkpoint"
    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(Moment)
    note: Mapped[str] = mapped_column(Text)


@dataclass(frozen=True)
class Sealer:
    """The key that seals, its name, and the folder where notes are left."""

    name: str
    key: Ed25519PrivateKey
    folder: Path

    @classmethod
    def at(cls, key_file: Path, folder: Path, name: str) -> Sealer:
        """Read the key, or make it once (readable by the owner alone)."""
        if not key_file.exists():
            key_file.parent.mkdir(parents=True, exist_ok=True)
            raw = Ed25519PrivateKey.generate().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
            with os.fdopen(os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(base64.b64encode(raw))
        raw = base64.b64decode(key_file.read_bytes())
        sealer = cls(name, Ed25519PrivateKey.from_private_bytes(raw), folder)
        public = key_file.with_suffix(".pub")
        if not public.exists():
            public.write_text(sealer.verifier + "\n")
        return sealer

    @property
    def public(self) -> bytes:
        """The raw public key."""
        return self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def verifier(self) -> str:
        """The public key as C2SP verifiers are written: name+hash+base64(algorithm || key)."""
        return f"{self.name}+{key_id(self.name, self.public).hex()}+{b64(ED25519 + self.public)}"

    def sign(self, body: str) -> str:
        """The note: text, an empty line, and one signature line."""
        mark = key_id(self.name, self.public) + self.key.sign(body.encode())
        return f"{body}\n— {self.name} {b64(mark)}\n"

    def publish(self, size: int, note: str) -> None:
        """Leave the note as a file beside the database; a lost file does not undo a committed act."""
        self.folder.mkdir(parents=True, exist_ok=True)
        target = self.folder / f"{size:010d}.txt"
        target.with_suffix(".part").write_text(note, encoding="utf-8")
        target.with_suffix(".part").replace(target)


def b64(data: bytes) -> str:
    """Standard base64 as text."""
    return base64.b64encode(data).decode()


def key_id(name: str, public: bytes) -> bytes:
    """First four bytes of SHA-256(name || newline || algorithm || key), as signed notes have it."""
    return sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]


def body_of(origin: str, size: int, root: bytes, at: datetime) -> str:
    """The signed text: origin, size, root; the time is an extension line."""
    return f"{origin}\n{size}\n{b64(root)}\n{at:%Y-%m-%dT%H:%M:%SZ}\n"


def seal(connection: Connection, sealer: Sealer, size: int, root: bytes, at: datetime) -> str:
    """Insert the signed checkpoint of this size; it is committed with the act that caused it."""
    note = sealer.sign(body_of(sealer.name, size, root, at))
    connection.execute(insert(Checkpoint.__table__),  # type: ignore[arg-type]
                       {"size": size, "root": root, "at": at, "note": note})
    return note


def due(connection: Connection, size: int, at: datetime) -> bool:
    """Is it time: SEAL_EVERY entries since the last, or a day?"""
    last = connection.execute(
        select(Checkpoint.size, Checkpoint.at).order_by(Checkpoint.size.desc()).limit(1)).first()
    if last is None:
        return size >= SEAL_EVERY
    return bool(size - last.size >= SEAL_EVERY or at - last.at >= SEAL_DAILY)


def open_note(note: str, verifier: str) -> tuple[int, bytes]:
    """Size and root of a note whose signature by this verifier holds; else a refusal that says why."""
    name, _hash, key = verifier.strip().split("+", 2)
    body, _, lines = note.partition("\n\n")
    public = base64.b64decode(key)[1:]
    for line in lines.splitlines():
        dash, _, rest = line.partition(" ")
        signer, _, mark = rest.partition(" ")
        if dash == "—" and signer == name and base64.b64decode(mark)[:4] == key_id(name, public):
            try:
                Ed25519PublicKey.from_public_bytes(public).verify(base64.b64decode(mark)[4:], (body + "\n").encode())
            except InvalidSignature:
                break
            _origin, size, root, *_more = body.splitlines()
            return int(size), base64.b64decode(root)
    raise Refused(f"The checkpoint is not signed by {name}, or was changed after it was signed.")
