"""Makes flow cytometry files and gate files byte by byte, so that tests need none of others."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

GATES_HEAD = ('<?xml version="1.0" encoding="UTF-8"?>'
              '<gating:Gating-ML xmlns:gating="http://www.isac-net.org/std/Gating-ML/v2.0/gating" '
              'xmlns:transforms="http://www.isac-net.org/std/Gating-ML/v2.0/transformations" '
              'xmlns:data-type="http://www.isac-net.org/std/Gating-ML/v2.0/datatypes">')


def fcs(rows: Sequence[Sequence[float]], names: Sequence[str], *, markers: Sequence[str] = (), kind: str = "F",
        version: str = "FCS3.1", little: bool = True, bits: Sequence[int] = (), mark: str = "|",
        words: Mapping[str, str] | None = None, header: Mapping[int, str] | None = None, tail: bytes = b"0") -> bytes:
    """An FCS file of these events; `words` replaces keywords, a blank one removes it; `header` writes over places."""
    bits = bits or [{"F": 32, "D": 64, "I": 16}[kind]] * len(names)
    codes = [{"F": "f", "D": "d"}.get(kind) or {8: "B", 16: "H", 32: "I", 64: "Q"}[one] for one in bits]
    data = b"".join(struct.pack(("<" if little else ">") + "".join(codes), *row) for row in rows)
    table: dict[str, str] = {"$MODE": "L", "$DATATYPE": kind, "$NEXTDATA": "0", "$PAR": str(len(names)),
                             "$BYTEORD": "1,2,3,4" if little else "4,3,2,1", "$TOT": str(len(rows))}
    # the tenth channel before the first, as most programs sort it
    for n in sorted(range(1, len(names) + 1), key=str):
        table |= {f"$P{n}N": names[n - 1], f"$P{n}B": str(bits[n - 1]), f"$P{n}R": "1024", f"$P{n}E": "0,0"}
        if markers and markers[n - 1]:
            table[f"$P{n}S"] = markers[n - 1]
    begin = 4096
    if version != "FCS2.0":
        table |= {"$BEGINDATA": str(begin), "$ENDDATA": str(begin + len(data) - 1), "$BEGINSTEXT": "0",
                  "$ENDSTEXT": "0"}
    table |= words or {}
    text = mark + "".join(f"{key}{mark}{value.replace(mark, mark * 2)}{mark}" for key, value in table.items() if value)
    raw = text.encode()
    assert len(raw) <= begin - 256, "too many words for the place they have here"
    head = f"{version}    {256:>8}{256 + len(raw) - 1:>8}{begin:>8}{begin + len(data) - 1:>8}{0:>8}{0:>8}"
    for at, put in (header or {}).items():
        head = head[:at] + put + head[at + len(put):]
    return head.encode().ljust(256) + raw.ljust(begin - 256) + data + tail


def gates(*parts: str) -> bytes:
    """A gate file around these elements."""
    return (GATES_HEAD + "".join(parts) + "</gating:Gating-ML>").encode()


def axis(channel: str, low: Any = None, high: Any = None, scale: str = "", how: str = "uncompensated",
         tag: str = "dimension", more: str = "") -> str:
    """One axis of a gate."""
    told = "".join(f' gating:{key}="{value}"' for key, value in
                   (("min", low), ("max", high), ("transformation-ref", scale or None)) if value is not None)
    return (f'<gating:{tag} gating:compensation-ref="{how}"{told}{more}>'
            f'<data-type:fcs-dimension data-type:name="{channel}"/></gating:{tag}>')


def _parent(parent: str) -> str:
    return f' gating:parent_id="{parent}"' if parent else ""


def rectangle(key: str, *axes: str, parent: str = "") -> str:
    """A rectangle gate."""
    return f'<gating:RectangleGate gating:id="{key}"{_parent(parent)}>{"".join(axes)}</gating:RectangleGate>'


def polygon(key: str, x: str, y: str, *corners: tuple[Any, Any], parent: str = "", scale: str = "") -> str:
    """A polygon gate."""
    told = "".join("<gating:vertex>" + "".join(f'<gating:coordinate data-type:value="{value}"/>' for value in corner)
                   + "</gating:vertex>" for corner in corners)
    return (f'<gating:PolygonGate gating:id="{key}"{_parent(parent)}>{axis(x, scale=scale)}{axis(y, scale=scale)}'
            f'{told}</gating:PolygonGate>')


def boolean(key: str, operation: str, *refs: str, parent: str = "") -> str:
    """A gate of other gates; a reference that begins with ! means the others."""
    told = "".join(f'<gating:gateReference gating:ref="{one.lstrip("!")}"'
                   f'{" gating:use-as-complement=" + chr(34) + "true" + chr(34) if one[0] == "!" else ""}/>'
                   for one in refs)
    return (f'<gating:BooleanGate gating:id="{key}"{_parent(parent)}><gating:{operation}>{told}</gating:{operation}>'
            f'</gating:BooleanGate>')


def scale(key: str, kind: str, **given: Any) -> str:
    """A transformation with its parameters."""
    told = "".join(f' transforms:{name}="{value}"' for name, value in given.items())
    return f'<transforms:transformation transforms:id="{key}"><transforms:{kind}{told}/></transforms:transformation>'


def matrix(key: str, dyes: Sequence[str], detectors: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A compensation."""
    def names(tag: str, found: Sequence[str]) -> str:
        inside = "".join(f'<data-type:fcs-dimension data-type:name="{one}"/>' for one in found)
        return f"<transforms:{tag}>{inside}</transforms:{tag}>"

    spectra = "".join("<transforms:spectrum>" + "".join(f'<transforms:coefficient transforms:value="{value}"/>'
                                                        for value in row) + "</transforms:spectrum>" for row in rows)
    return (f'<transforms:spectrumMatrix transforms:id="{key}">{names("fluorochromes", dyes)}'
            f'{names("detectors", detectors)}{spectra}</transforms:spectrumMatrix>')
