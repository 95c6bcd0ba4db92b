"""Files that belong to records: a photograph of a step, a certificate. Kept byte for byte under their hash.

What a file is allowed to be is checked before, in `uploads.py`; which record it belongs to, that record says.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, LargeBinary, select
from sqlalchemy.orm import Mapped, Session, deferred, mapped_column

from mfg.db import Base, Code, Ref, When, Words
from mfg.facts import Refused
from mfg.uploads import Upload as Upload
from mfg.uploads import read_upload as read_upload


class KeptFile(Base):
    """One file. The same bytes are kept once, whoever hands them in again."""

    __tablename__ = "kept_file"
    #: SHA-256 of the content, in hexadecimal
    code: Mapped[Code]
    #: as it was first handed in
    name: Mapped[Words]
    media_type: Mapped[Ref]
    size: Mapped[int]
    #: the trail holds its hash; read only when the file itself is asked for
    content: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    by: Mapped[Ref]
    at: Mapped[When]
    __table_args__ = (CheckConstraint("size > 0", name="not_empty"),)


def keep_file(session: Session, upload: Upload, *, by: str, at: datetime) -> KeptFile:
    """Keep a checked file inside the act under way; returns the row, the earlier one for the same bytes."""
    row = session.get(KeptFile, upload.code)
    if row is None:
        row = KeptFile(code=upload.code, name=upload.name, media_type=upload.media_type, size=len(upload.content),
                       content=upload.content, by=by, at=at)
        session.add(row)
        session.flush()
    return row


def kept_file(session: Session, code: str) -> KeptFile:
    """The file with this hash, or a refusal."""
    row = session.scalar(select(KeptFile).where(KeptFile.code == code))
    if row is None:
        raise Refused(f"There is no file {code[:12]}….", kind="not found")
    return row
