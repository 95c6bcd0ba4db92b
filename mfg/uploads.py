"""A file somebody hands in: its bytes, and what they are by their content, whatever the name says.

Pure: it keeps nothing (`files.py` does) and knows no form (`fields.Attached` does).
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from hashlib import sha256

from mfg.facts import Refused, shown

LARGEST = 10 * 1024 * 1024
#: an image of more pixels is refused before it is unpacked
MOST_PIXELS = 50_000_000
#: what is kept -> the endings its name may have
KINDS: dict[str, tuple[str, ...]] = {
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg"),
    "application/pdf": ("pdf",),
    "text/csv": ("csv",),
    "text/plain": ("txt", "log"),
}
WORDS = "PNG, JPEG, PDF, CSV or plain text"


@dataclass(frozen=True, slots=True)
class Upload:
    """A checked file: its name without folders, its bytes, and the kind its content shows."""

    name: str
    content: bytes
    media_type: str

    @property
    def code(self) -> str:
        """SHA-256 of the bytes in hexadecimal; the file is kept under it."""
        return sha256(self.content).hexdigest()


def read_upload(name: str, content: bytes) -> Upload:
    """Check a file that arrives, or refuse it with a sentence (Refused, kind "input")."""
    bare = _bare(name)
    _sized(bare, content)
    found = _kind(content)
    ending = bare.rpartition(".")[2].lower()
    if found is None:
        raise Refused(f"The content of {shown(bare)} is none of: {WORDS}. Save it as one of these and hand it in "
                      "again.", kind="input")
    if found == "text/plain" and ending == "csv":
        found = "text/csv"
    if ending not in KINDS[found]:
        raise Refused(f"The file {shown(bare)} is {found} by its content; its name ends in {shown(ending)}. "
                      "Hand in the file as the device wrote it.", kind="input")
    return Upload(bare, content, found)


def raw_upload(name: str, content: bytes) -> Upload:
    """A file of an instrument, byte for byte: what it is, its reader tells, and nothing else opens it.

    Refused when it is empty or larger than what is kept.
    """
    bare = _bare(name)
    _sized(bare, content)
    return Upload(bare, content, "application/octet-stream")


def _sized(bare: str, content: bytes) -> None:
    if not content:
        raise Refused(f"The file {shown(bare)} is empty. Choose the right one.", kind="input")
    if len(content) > LARGEST:
        raise Refused(f"The file {shown(bare)} has {len(content) / 1e6:.1f} MB; at most {LARGEST // 2**20} MB are "
                      "kept. Hand in a smaller one.", kind="input")


def _bare(name: str) -> str:
    """The name without folders, control characters or more than 120 characters."""
    last = re.split(r"[\\/]", name)[-1]
    clean = "".join(char for char in last if char.isprintable()).strip()
    stem, dot, ending = clean.rpartition(".")
    return f"{stem[:110]}{dot}{ending[:9]}" if dot else clean[:120]


def _kind(content: bytes) -> str | None:
    """What the bytes are; None when they are nothing that is kept."""
    if content.startswith(b"%PDF-"):
        return "application/pdf" if b"%%EOF" in content[-2048:] else None
    if content.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        return _image(content)
    return "text/plain" if _is_text(content) else None


def _image(content: bytes) -> str | None:
    """PNG or JPEG, if it really is one: whole, readable, and not a bomb."""
    from PIL import Image  # costs 40 ms and most commands need none

    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return None
            kind = picture.format
            picture.load()
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None
    return {"PNG": "image/png", "JPEG": "image/jpeg"}.get(kind or "")


def _is_text(content: bytes) -> bool:
    # a logger's software may write UTF-16; its mark at the beginning says so
    coding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(coding)
    except UnicodeDecodeError:
        return False
    return not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text)
