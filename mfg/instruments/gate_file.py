"""A gate file (Gating-ML 2.0) as gates: rectangles, polygons, quadrants, and gates made of others. It counts nothing.

Small on purpose, and strict: whatever it does not know, an attribute too, is refused in words, because a bound that is
overlooked makes a wider gate without any sign. Ellipses, ratios of channels and bounded scales are such things.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from hashlib import sha256
from typing import TYPE_CHECKING

from mfg.facts import Refused, shown
from mfg.instruments.gate_scales import Scale
from mfg.instruments.gates import ALL, Dimension, Gate, GateFile, Matrix
from mfg.instruments.xml_tree import local, read_tree

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_BASE = "http://www.isac-net.org/std/Gating-ML/v2.0/"
GATING, TRANSFORMS, TYPES = (f"{{{_BASE}{one}}}" for one in ("gating", "transformations", "datatypes"))
MOST_GATES, MOST_VERTICES, MOST_DIMENSIONS, MOST_DYES = 200, 1000, 20, 60
_NUMBER = re.compile(r"[+-]?(\d{1,30}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,3})?\Z", re.ASCII)


def fault(name: str, wrong: str, expected: str) -> Refused:
    """What is wrong with the gate file, and what was expected."""
    return Refused(f"{name}: {wrong}; {expected}. Nothing was counted. Correct the gate file.", kind="input")


def read_gates(name: str, content: bytes) -> GateFile:
    """The gates of a Gating-ML 2.0 file, or a refusal that names what cannot be read."""
    root = read_tree(name, content)
    if root.tag != f"{GATING}Gating-ML":
        raise fault(name, f"it begins with {shown(local(root))}", "Gating-ML 2.0 was expected")
    return _Reader(name).read(root, sha256(content).hexdigest())


class _Reader:
    """Reads one file; what is needed at every turn is kept here."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.gates: dict[str, Gate] = {}
        self.scales: dict[str, Scale] = {}
        self.matrices: dict[str, Matrix] = {}
        self.groups: set[str] = set()
        self.vertices = 0

    def read(self, root: Element, digest: str) -> GateFile:
        for element in self.parts(root, TRANSFORMS):
            self.transformation(element)
        for element in self.parts(root, GATING):
            self.gate(element)
        if not self.gates:
            raise fault(self.name, "it holds no gate", "at least one was expected")
        self.references()
        return GateFile(self.name, digest, self.gates, self.matrices)

    # small steps through the tree

    def parts(self, element: Element, space: str = "") -> Iterator[Element]:
        """The elements inside, without remarks; of one namespace if asked. A namespace of others is refused."""
        for one in element:
            if not isinstance(one.tag, str) or one.tag == f"{TYPES}custom_info":
                continue
            if not one.tag.startswith((GATING, TRANSFORMS, TYPES)):
                raise fault(self.name, f"{shown(local(one))} is of another vocabulary", "Gating-ML 2.0 was expected")
            if not space or one.tag.startswith(space):
                yield one

    def told(self, element: Element, space: str, needed: str, allowed: str = "") -> dict[str, str]:
        """The attributes by name; one that is missing or unknown is refused."""
        known = {f"{space}{word}": word for word in f"{needed} {allowed}".split()}
        if unknown := next((key for key in element.attrib if key not in known), None):
            raise fault(self.name, f"{local(element)} has {shown(unknown.rpartition('}')[2])}",
                        "this is not supported here or not of the right namespace")
        found = {known[key]: value.strip() for key, value in element.attrib.items()}
        if missing := next((word for word in needed.split() if not found.get(word)), None):
            raise fault(self.name, f"{local(element)} has no {missing}", "it has to be given")
        return found

    def number(self, text: str | None, what: str) -> float:
        value = float(text) if text and _NUMBER.match(text.strip()) else math.nan
        if not math.isfinite(value):
            raise fault(self.name, f"{what} is {shown(text)}", "a number was expected")
        return value

    def only(self, element: Element, *tags: str) -> list[Element]:
        """The elements inside, each of which has to be one of these."""
        found = list(self.parts(element))
        if odd := next((one for one in found if one.tag not in tags), None):
            raise fault(self.name, f"{local(element)} holds {shown(local(odd))}", "this is not supported here")
        return found

    # scales and compensations

    def transformation(self, element: Element) -> None:
        if element.tag == f"{TRANSFORMS}spectrumMatrix":
            return self.matrix(element)
        if element.tag != f"{TRANSFORMS}transformation":
            raise fault(self.name, f"{shown(local(element))} is not supported here",
                        "transformations and square spectrum matrices were expected")
        key = self.told(element, TRANSFORMS, "id")["id"]
        inside = list(self.parts(element))
        needed = {"flin": "T A", "flog": "T M", "fasinh": "T M A", "logicle": "T W M A", "hyperlog": "T W M A"}
        kind = local(inside[0]) if len(inside) == 1 else ""
        if kind not in needed or inside[0].tag != TRANSFORMS + kind:
            raise fault(self.name, f"the transformation {shown(key)} is {shown(kind)}",
                        f"one of {', '.join(needed)} is supported here")
        given = self.told(inside[0], TRANSFORMS, needed[kind])
        scale = Scale(kind, **{one.lower(): self.number(given[one], f"{one} of {key}") for one in needed[kind].split()})
        if scale.fault or key in self.scales:
            raise fault(self.name, f"the transformation {shown(key)} cannot be",
                        scale.fault or "its id stands twice")
        self.scales[key] = scale

    def matrix(self, element: Element) -> None:
        key = self.told(element, TRANSFORMS, "id")["id"]
        inside = self.only(element, *(TRANSFORMS + one for one in ("fluorochromes", "detectors", "spectrum")))
        names = [[self.fcs_name(one) for one in part] for part in inside if local(part) != "spectrum"]
        rows = tuple(tuple(self.number(one.get(f"{TRANSFORMS}value"), f"a coefficient of {key}")
                           for one in self.only(part, f"{TRANSFORMS}coefficient"))
                     for part in inside if local(part) == "spectrum")
        square = len(names) == 2 and 0 < len(names[0]) == len(names[1]) == len(rows) <= MOST_DYES
        if not square or any(len(row) != len(rows) for row in rows) or any(len(set(one)) < len(one) for one in names):
            raise fault(self.name, f"the compensation {shown(key)} is not a table of as many dyes as detectors, each "
                                   "named once", f"a square one of at most {MOST_DYES} is supported here")
        if key in self.matrices or key in ("FCS", "uncompensated"):
            raise fault(self.name, f"the compensation {shown(key)} stands twice or has a reserved name",
                        "a name of its own was expected")
        self.matrices[key] = Matrix(tuple(names[0]), tuple(names[1]), rows)

    def fcs_name(self, element: Element) -> str:
        if element.tag != f"{TYPES}fcs-dimension":
            raise fault(self.name, f"{shown(local(element))} stands for a channel", "a channel of the file is the only "
                        "one supported here; ratios of channels are not")
        return self.told(element, TYPES, "name")["name"]

    # gates

    def gate(self, element: Element) -> None:
        kinds = {"RectangleGate": self.rectangle, "PolygonGate": self.polygon, "BooleanGate": self.boolean,
                 "QuadrantGate": self.quadrants}
        read = kinds.get(local(element))
        if read is None:
            raise fault(self.name, f"{shown(local(element))} is not supported here",
                        f"one of {', '.join(kinds)} was expected")
        given = self.told(element, GATING, "id", "parent_id")
        read(element, given["id"], given.get("parent_id", ""))

    def add(self, gate: Gate) -> None:
        if gate.id in self.gates or gate.id in self.groups:
            raise fault(self.name, f"the gate {shown(gate.id)} stands twice", "every gate has an id of its own")
        if "/" in gate.id or "\\" in gate.id or not gate.id.isprintable() or gate.id == ALL or len(gate.id) > 80:
            raise fault(self.name, f"the gate id {shown(gate.id)} cannot be part of a path",
                        f"at most 80 characters without slashes, other than “{ALL}”, were expected")
        if len(self.gates) >= MOST_GATES:
            raise fault(self.name, f"it has more than {MOST_GATES} gates", f"at most {MOST_GATES} were expected")
        self.gates[gate.id] = gate

    def dimension(self, element: Element, extra: str = "") -> Dimension:
        # the id of a divider is of no further use to the dimension
        given = self.told(element, GATING, "compensation-ref", f"transformation-ref {extra}")
        scale = given.get("transformation-ref", "")
        if scale and scale not in self.scales:
            raise fault(self.name, f"the transformation {shown(scale)} is not in the file", "it has to be there")
        inside = [one for one in self.parts(element) if one.tag != f"{GATING}value"]
        if len(inside) != 1:
            raise fault(self.name, f"an axis has {len(inside)} channels", "exactly one was expected")
        channel, how = self.fcs_name(inside[0]), given["compensation-ref"]
        if how not in ("FCS", "uncompensated") and (how not in self.matrices or
                                                    channel not in self.matrices[how].dyes):
            raise fault(self.name, f"{shown(channel)} with the compensation {shown(how)} is not in the file",
                        "FCS, uncompensated, or a dye of a compensation of the file was expected")
        low, high = (self.number(given[one], one) if one in given else None for one in ("min", "max"))
        return Dimension(channel, how, self.scales.get(scale), low, high)

    def rectangle(self, element: Element, key: str, parent: str) -> None:
        found = tuple(self.dimension(one, "min max") for one in self.only(element, f"{GATING}dimension"))
        if not 0 < len(found) <= MOST_DIMENSIONS:
            raise fault(self.name, f"the gate {shown(key)} has {len(found)} axes", f"1 to {MOST_DIMENSIONS} were "
                        "expected")
        for one in found:
            if (one.low is None and one.high is None) or (
                    one.low is not None and one.high is not None and one.low >= one.high):
                raise fault(self.name, f"the gate {shown(key)} has no bound, or no room between its bounds, on "
                                       f"{shown(one.channel)}", "a bound, or a lower below an upper, was expected")
        self.add(Gate(key, parent, "rectangle", found))

    def polygon(self, element: Element, key: str, parent: str) -> None:
        inside = self.only(element, f"{GATING}dimension", f"{GATING}vertex")
        axes = tuple(self.dimension(one) for one in inside if local(one) == "dimension")
        corners = [[self.number(point.get(f"{TYPES}value"), f"a corner of {key}")
                    for point in self.only(one, f"{GATING}coordinate")] for one in inside if local(one) == "vertex"]
        self.vertices += len(corners)
        if len(axes) != 2 or len(corners) < 3 or any(len(one) != 2 for one in corners):
            raise fault(self.name, f"the polygon {shown(key)} has {len(axes)} axes and {len(corners)} corners",
                        "two axes and at least three corners of two numbers each were expected")
        if self.vertices > MOST_VERTICES:
            raise fault(self.name, "its polygons have too many corners", f"at most {MOST_VERTICES} were expected")
        self.add(Gate(key, parent, "polygon", axes, tuple((x, y) for x, y in corners)))

    def quadrants(self, element: Element, key: str, parent: str) -> None:
        """Each quadrant becomes a gate of its own: between which dividing values of each axis does it lie?"""
        inside = self.only(element, f"{GATING}divider", f"{GATING}Quadrant")
        dividers: dict[str, tuple[Dimension, list[float]]] = {}
        for one in inside:
            if local(one) == "divider":
                name = one.attrib.pop(f"{GATING}id", "")
                values = [self.number(value.text, f"a value of {name}") for value in one.iter(f"{GATING}value")]
                if not name or name in dividers or not values or values != sorted(set(values)) or len(values) > 20:
                    raise fault(self.name, f"the divider {shown(name)} of {shown(key)} cannot be read",
                                "an id of its own and rising values were expected")
                dividers[name] = self.dimension(one), values
        if key in self.gates or key in self.groups:
            raise fault(self.name, f"the gate {shown(key)} stands twice", "every gate has an id of its own")
        self.groups.add(key)
        for one in inside:
            if local(one) == "Quadrant":
                self.quadrant(one, parent, dividers)

    def quadrant(self, element: Element, parent: str, dividers: dict[str, tuple[Dimension, list[float]]]) -> None:
        key = self.told(element, GATING, "id")["id"]
        found, used = [], set[str]()
        for one in self.only(element, f"{GATING}position"):
            given = self.told(one, GATING, "divider_ref location")
            name, at = given["divider_ref"], self.number(given["location"], f"a location of {key}")
            if name not in dividers or name in used:
                raise fault(self.name, f"the quadrant {shown(key)} names the divider {shown(name)}",
                            "each divider of its gate at most once was expected")
            used.add(name)
            axis, values = dividers[name]
            below = [value for value in values if value <= at]
            above = [value for value in values if value > at]
            found.append(Dimension(axis.channel, axis.compensation, axis.scale, below[-1] if below else None,
                                   above[0] if above else None))
        if not found:
            raise fault(self.name, f"the quadrant {shown(key)} has no position", "at least one was expected")
        self.add(Gate(key, parent, "rectangle", tuple(found)))

    def boolean(self, element: Element, key: str, parent: str) -> None:
        inside = self.only(element, *(GATING + one for one in ("and", "or", "not")))
        if len(inside) != 1:
            raise fault(self.name, f"the gate {shown(key)} has {len(inside)} operations", "exactly one was expected")
        found = []
        for one in self.only(inside[0], f"{GATING}gateReference"):
            given = self.told(one, GATING, "ref", "use-as-complement")
            turned = given.get("use-as-complement", "false")
            if turned not in ("true", "false", "1", "0"):
                raise fault(self.name, f"use-as-complement is {shown(turned)}", "true or false was expected")
            found.append((given["ref"], turned in ("true", "1")))
        kind = local(inside[0])
        if (kind == "not") != (len(found) == 1) or not found:
            raise fault(self.name, f"the gate {shown(key)} has {len(found)} gates in {shown(kind)}",
                        "one in “not”, two or more in “and” and “or” were expected")
        self.add(Gate(key, parent, kind, operands=tuple(found)))

    def references(self) -> None:
        """Every gate named is there, and none rests on itself."""
        done: set[str] = set()
        for gate in self.gates.values():
            self.follow(gate.id, gate.id, [], done)

    def follow(self, name: str, by: str, above: list[str], done: set[str]) -> None:
        if name not in self.gates:
            raise fault(self.name, f"the gate {shown(by)} rests on {shown(name)}, which is no gate of the file",
                        "a gate or a quadrant of the file was expected")
        if name in above:
            raise fault(self.name, f"the gate {shown(name)} rests on itself: {' -> '.join([*above, name][-6:])}",
                        "gates without a circle were expected")
        if name not in done:
            gate = self.gates[name]
            for one in (gate.parent, *(ref for ref, _ in gate.operands)):
                if one:
                    self.follow(one, name, [*above, name], done)
            done.add(name)
