"""XML of an instrument's software as a tree, or refused: bombs, outside entities, deep nesting, too many elements.

It knows no vocabulary. Names keep their namespace, `{uri}local`, so that no prefix can be taken for another.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from mfg.facts import Refused

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

LARGEST = 20_000_000
DEEPEST = 120
MOST_ELEMENTS = 200_000


def read_tree(name: str, content: bytes) -> Element:
    """The root element, or a refusal with the reason."""
    if len(content) > LARGEST:
        raise refused(name, f"it has {len(content) / 1e6:.0f} MB; at most {LARGEST / 1e6:.0f} MB are read")
    depth = count = 0
    root: Element | None = None
    try:
        for event, element in iterparse(io.BytesIO(content), ("start", "end"), forbid_dtd=True):
            depth += 1 if event == "start" else -1
            count += event == "start"
            root = element if root is None else root
            if depth > DEEPEST or count > MOST_ELEMENTS:
                raise refused(name, f"it is nested deeper than {DEEPEST} elements" if depth > DEEPEST else
                              f"it has more than {MOST_ELEMENTS} elements")
    except DefusedXmlException:
        raise refused(name, "it declares a document type or entities, which no instrument writes") from None
    except (ParseError, ValueError, LookupError) as broken:
        raise refused(name, f"it is no well-formed XML ({str(broken)[:80]}); it may be cut short") from None
    if root is None:
        raise refused(name, "it is empty")
    return root


def refused(name: str, why: str) -> Refused:
    """A refusal of the whole file."""
    return Refused(f"{name}: {why}. Nothing was read. Export the file again.", kind="input")


def local(element: Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def begins_with(content: bytes, *marks: bytes) -> bool:
    """Does one of the marks stand in the first kilobytes? For telling kinds of XML apart; UTF-16 is looked into."""
    start = content[:4096]
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        start = start.decode("utf-16", "ignore").encode()
    return start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") and any(mark in start for mark in marks)
