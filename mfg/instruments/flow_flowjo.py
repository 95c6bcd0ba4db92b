"""A workspace of FlowJo 10 (.wsp): the counts of every gate of every sample, by whole path.

The file holds counts only, as FlowJo last made them; shares are worked out from them here. Its gates are not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import TYPE_CHECKING

from mfg import __version__
from mfg.instruments.flow_found import Counted, Paths, clean, moment, values_of
from mfg.instruments.found import InstrumentFile, Measurement, Place, Unplaced
from mfg.instruments.gates import ALL
from mfg.instruments.xml_tree import begins_with, read_tree, refused

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

KIND = "flowjo"
MOST_SAMPLES, MOST_VALUES = 500, 40_000
_NODES = ("Population", "NotNode", "AndNode", "OrNode")


def recognises_flowjo(content: bytes) -> bool:
    """XML that begins with a workspace of FlowJo."""
    return begins_with(content, b"<Workspace") and begins_with(content, b"flowJoVersion")


def read_flowjo(name: str, content: bytes) -> InstrumentFile:
    """Every sample of the workspace with its populations."""
    root = read_tree(name, content)
    version = clean(root.get("flowJoVersion", ""))
    if root.tag != "Workspace" or not version.startswith("10"):
        raise refused(name, f"it is no workspace of FlowJo 10 (it begins with {clean(root.tag)[:40]}, version "
                            f"{version or 'unknown'})")
    samples = [one for one in root.findall("SampleList/Sample") if one.find("SampleNode") is not None]
    if not 0 < len(samples) <= MOST_SAMPLES:
        raise refused(name, f"it has {len(samples)} samples; 1 to {MOST_SAMPLES} were expected")
    words = [_keywords(one) for one in samples]
    found: list[Measurement] = []
    for sample, said in zip(samples, words, strict=True):
        found.append(_Sample(name, sample, said).measurement())
        if sum(len(one.values) for one in found) > MOST_VALUES:
            raise refused(name, f"it has more than {MOST_VALUES // 2} populations")
    return InstrumentFile(
        name=name, sha256=sha256(content).hexdigest(), kind=KIND, measurements=tuple(found), maker="FlowJo",
        model=_same(words, "$CYT"), serial=_same(words, "$CYTSN", "CYTNUM"),
        software=f"FlowJo {version}; shares worked out by mfg {__version__}")


def _keywords(sample: Element) -> dict[str, str]:
    return {one.get("name", "").upper(): one.get("value", "").strip()
            for one in sample.findall("Keywords/Keyword")}


def _same(words: list[dict[str, str]], *keywords: str) -> str:
    """What all samples say alike; blank where they differ."""
    said = {next((one[word] for word in keywords if one.get(word)), "") for one in words}
    return clean(said.pop()) if len(said) == 1 else ""


class _Sample:
    """One sample: the walk through its tree of populations."""

    def __init__(self, file: str, sample: Element, words: dict[str, str]) -> None:
        self.words = words
        node = sample.find("SampleNode")
        assert node is not None
        self.node = node
        self.warnings: list[str] = []
        self.left: list[Unplaced] = []
        self.paths = Paths(file)

    def measurement(self) -> Measurement:
        """The sample as FlowJo counted it."""
        sample = clean(self.node.get("name", ""))
        root = Counted(ALL, "", self.node.get("count", ""), f"SampleNode {sample}")
        counted = (root, *self.below(self.node, ""))
        whole = self.words.get("$BEGINDATETIME", "")
        began = moment(whole) if whole else moment(self.words.get("$DATE", ""), self.words.get("$BTIM", ""))
        return Measurement(sample=sample, values=values_of(counted), place=Place(None, f"SampleNode {sample}"),
                           at=began.at, local=began.local, at_text=began.text,
                           operator=clean(self.words.get("$OP", "")), warnings=tuple(self.warnings),
                           unplaced=tuple(self.left), channels=tuple(self.channels()))

    def below(self, node: Element, parent: str) -> Iterator[Counted]:
        """The populations under a node, each before its own; the depth is bounded by that of the tree."""
        for one in node.findall("Subpopulations/*"):
            if one.tag not in _NODES:
                self.left.append(Unplaced(Place(None, f"{parent or ALL}, {clean(str(one.tag), 40)}"),
                                          clean(f"{one.get('name', '')} {one.get('value', '')}")))
                continue
            path, numbered = self.paths.add(parent, one.get("name", ""))
            if numbered:
                self.warnings.append(f"Two gates have the same path; the later one is called {path} here.")
            yield Counted(path, parent or ALL, one.get("count", ""), f"{one.tag} {path}")
            yield from self.below(one, path)

    def channels(self) -> Iterator[tuple[str, str]]:
        """Channels by their number, with the markers the workspace names."""
        for number in range(1, 200):
            if channel := self.words.get(f"$P{number}N"):
                yield clean(channel), clean(self.words.get(f"$P{number}S", ""))
