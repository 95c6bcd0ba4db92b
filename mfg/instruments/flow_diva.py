"""An experiment exported by BD FACSDiva as XML: the counts of every population of every tube, by whole path.

The file holds counts only; shares are worked out from them here. Names of experiments, owners, specimens and patients
stay in the file.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from mfg import __version__
from mfg.instruments.flow_found import Counted, Paths, clean, moment, values_of
from mfg.instruments.found import InstrumentFile, Measurement, Place
from mfg.instruments.gates import ALL
from mfg.instruments.xml_tree import begins_with, read_tree, refused

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

KIND = "facsdiva"
MOST_TUBES, MOST_GATES, DEEPEST = 500, 500, 60
_ROOT = "EventSource_Classifier"
#: the frame of a set of quadrants: it counts nothing, its quadrants are populations of their own
_FRAME = "Composite_Classifier"


def recognises_diva(content: bytes) -> bool:
    """XML that begins as an export of FACSDiva does."""
    return begins_with(content, b"<bdfacs")


def read_diva(name: str, content: bytes) -> InstrumentFile:
    """Every tube of the experiment that was recorded, with its populations."""
    root = read_tree(name, content)
    if root.tag != "bdfacs":
        raise refused(name, f"it is no experiment of FACSDiva (it begins with {clean(root.tag)[:40]})")
    tubes = [tube for specimen in root.iter("specimen") for tube in specimen.iter("tube")
             if _text(tube, "data_filename")]
    if not 0 < len(tubes) <= MOST_TUBES:
        raise refused(name, f"it has {len(tubes)} recorded tubes; 1 to {MOST_TUBES} were expected")
    return InstrumentFile(
        name=name, sha256=sha256(content).hexdigest(), kind=KIND, maker="BD",
        measurements=tuple(_measurement(name, one) for one in tubes), model=_same(tubes, "data_instrument_name"),
        serial=_same(tubes, "data_instrument_serial_number"),
        software=f"FACSDiva {clean(root.get('version', '')) or 'of unknown version'}; shares worked out by mfg "
                 f"{__version__}")


def _text(element: Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def _same(tubes: list[Element], path: str) -> str:
    """What all tubes say alike; blank where they differ."""
    said = {_text(one, path) for one in tubes}
    return clean(said.pop()) if len(said) == 1 else ""


def _measurement(file: str, tube: Element) -> Measurement:
    words = {one.get("name", "").upper(): _text(one, "value") for one in tube.findall("keywords/keyword")}
    tube_name = clean(tube.get("name", ""))
    began = moment(_text(tube, "data_begin_date"))
    return Measurement(
        sample=clean(words.get("SAMPLE ID", "")) or tube_name, values=values_of(_counted(file, tube_name, tube)),
        place=Place(None, f"tube {tube_name}"), at=began.at, local=began.local, at_text=began.text,
        operator=clean(_text(tube, "record_user")),
        warnings=tuple(_warnings(tube, words)),
        channels=tuple((clean(one.get("name", "")), clean(_text(one, "label")))
                       for one in tube.findall("instrument_settings/parameter")))


def _warnings(tube: Element, words: dict[str, str]) -> list[str]:
    """What the cytometer says of the run, other than that it is in order."""
    said = [f"The cytometer says {tag}." for tag in ("AcqObjInError", "AspiratedError")
            if _text(tube, tag).lower() not in ("", "false")]
    status = words.get("CST SETUP STATUS", "")
    if status and status.upper() != "SUCCESS":
        said.append(f"The check of the cytometer (CST) says {clean(status, 40)}.")
    return said


def _counted(file: str, tube: str, element: Element) -> tuple[Counted, ...]:
    """The populations in the order of the file; parents are looked up by their full names, wherever they stand."""
    gates = element.findall("gates/gate")
    by_name = {one.get("fullname", ""): one for one in gates}
    if len(gates) > MOST_GATES or len(by_name) != len(gates) or "" in by_name:
        raise refused(file, f"tube {tube} has a population without a name, twice, or more than {MOST_GATES}")
    paths: dict[str, str] = {}
    taken = Paths(file)
    for full in by_name:
        _place(file, tube, full, by_name, paths, taken)
    return tuple(Counted(paths[full], _above(one, paths), _text(one, "num_events"), f"tube {tube}, {clean(full)}")
                 for full, one in by_name.items() if one.get("type") != _FRAME)


def _above(gate: Element, paths: dict[str, str]) -> str:
    return "" if gate.get("type") == _ROOT else paths[_text(gate, "parent")]


def _place(file: str, tube: str, full: str, by_name: dict[str, Element], paths: dict[str, str],
           taken: Paths) -> None:
    """Give a population its whole path, its parents first."""
    chain: list[str] = []
    while full not in paths:
        gate = by_name.get(full)
        if gate is None or full in chain or len(chain) > DEEPEST:
            raise refused(file, f"in tube {tube} the parents of {clean(chain[0]) if chain else clean(full)} lead to "
                                "no root")
        chain.append(full)
        if gate.get("type") == _ROOT:
            break
        full = _text(gate, "parent")
    for one in reversed(chain):
        gate = by_name[one]
        if gate.get("type") == _ROOT:
            paths[one] = ALL
        else:
            parent = paths[_text(gate, "parent")]
            paths[one] = taken.add("" if parent == ALL else parent, _text(gate, "name") or one)[0]
