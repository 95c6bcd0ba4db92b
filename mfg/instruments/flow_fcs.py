"""A flow cytometry file and its gates as one measurement. What TEXT says of people stays in the file."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from mfg import __version__
from mfg.facts import Refused, shown
from mfg.instruments.fcs import Flow, read_flow
from mfg.instruments.flow_found import Counted, both, clean, moment, values_of
from mfg.instruments.found import InstrumentFile, Measurement, Place
from mfg.instruments.gate_file import read_gates
from mfg.instruments.gates import ALL, GateFile
from mfg.instruments.gating import Gated, populations

KIND = "fcs"


def recognises_fcs(content: bytes) -> bool:
    """Does it begin as every FCS file does?"""
    return content[:6] in (b"FCS2.0", b"FCS3.0", b"FCS3.1", b"FCS3.2")


def read_fcs_alone(name: str, content: bytes) -> InstrumentFile:
    """Without gates only the number of events can be told."""
    flow = read_flow(name, content)
    counted = (Counted(ALL, "", str(flow.events), "$TOT"),)
    return _file(flow, content, counted, None, "Read without a gate file: only the number of events is known.")


def read_fcs(name: str, content: bytes, gates_name: str, gates_content: bytes,
             apart: Sequence[tuple[str, str]] = ()) -> InstrumentFile:
    """The populations of a gate file in the events of an FCS file, each with its count and its share of its parent.

    `apart` names pairs of whole paths that must not overlap; how many events lie in both is counted too.
    """
    gates = read_gates(gates_name, gates_content)
    gated = Gated(read_flow(name, content), gates)
    flow = gated.flow
    counted = [Counted(ALL, "", str(flow.events), "$TOT")]
    counted += [Counted(one.path, one.parent, str(one.events), f"gate {one.path} of {gates_name}")
                for one in populations(gated)]
    counted += [Counted(both(*pair), "", str(_in_both(gated, *pair)), f"gates {both(*pair)} of {gates_name}")
                for pair in apart]
    return _file(flow, content, tuple(counted), gates, "")


def _in_both(gated: Gated, *paths: str) -> int:
    found = {gated.gates.path(one): one for one in gated.gates.gates}
    if unknown := [one for one in paths if one not in found]:
        raise Refused(f"{gated.gates.name}: {shown(unknown[0])} is no whole path of its gates. Nothing was counted. "
                      "Name a path such as Live/NK.", kind="input")
    one, other = (set(gated.members(found[path])) for path in paths)
    return len(one & other)


def _file(flow: Flow, content: bytes, counted: tuple[Counted, ...], gates: GateFile | None,
          warning: str) -> InstrumentFile:
    made = clean(flow.told("CREATOR"))
    gated = f"gated by mfg {__version__}, Gating-ML 2.0" if gates else ""
    return InstrumentFile(
        name=flow.name, sha256=sha256(content).hexdigest(), kind=KIND, measurements=(_measurement(flow, counted),),
        model=clean(flow.told("$CYT")), serial=clean(flow.told("$CYTSN", "CYTNUM")),
        software="; ".join(one for one in (made, gated) if one), warnings=(warning,) if warning else (),
        gates_name=gates.name if gates else "", gates_sha256=gates.sha256 if gates else "")


def _measurement(flow: Flow, counted: tuple[Counted, ...]) -> Measurement:
    whole = flow.told("$BEGINDATETIME")
    began = moment(whole) if whole else moment(flow.told("$DATE"), flow.told("$BTIM"))
    return Measurement(
        sample=clean(flow.told("$SMNO", "SAMPLE ID")), values=values_of(counted), place=Place(None, "TEXT"),
        at=began.at, local=began.local, at_text=began.text, operator=clean(flow.told("$OP")),
        channels=tuple((clean(one.name), clean(one.marker)) for one in flow.channels))
