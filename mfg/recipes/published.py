"""The published schema of the master record file (JSON Schema 2020-12), made from the shapes that read it.

It says what a file may look like; what has to hold together (units, formulas, branches) the program checks itself.
"""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from mfg.fields import Choice
from mfg.recipes.master import UNITS
from mfg.recipes.shapes import MasterShape, Shape, shape_of

ADDRESS = "/schemas/master-record.json"


def master_record_schema() -> dict[str, Any]:
    """The schema as plain data."""
    parts: dict[str, Any] = {}
    whole = _object(MasterShape(), parts)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"/api/v1{ADDRESS}",
            "title": "Master record", **whole, "$defs": parts}


def _object(shape: Shape, parts: dict[str, Any]) -> dict[str, Any]:
    named = {field.data_key or name: field for name, field in shape.fields.items()}
    return {"type": "object", "description": " ".join((type(shape).__doc__ or "").split()),
            "properties": {name: _property(name, field, parts) for name, field in named.items()},
            "required": [name for name, field in named.items() if field.required], "additionalProperties": False}


def _property(name: str, field: Any, parts: dict[str, Any]) -> dict[str, Any]:
    told = {"description": hint} if (hint := field.metadata.get("hint")) else {}
    found = _kind(field, parts)
    if name == "unit":
        found = {"enum": sorted(UNITS | {""})}
    return found | told


def _kind(field: Any, parts: dict[str, Any]) -> dict[str, Any]:
    if isinstance(field, fields.Nested):
        shape = shape_of(field)
        name = type(shape).__name__.removesuffix("Shape").lower()
        if name not in parts:
            parts[name] = {}  # its place is taken before its own parts are asked
            parts[name] = _object(shape, parts)
        link = {"$ref": f"#/$defs/{name}"}
        return {"oneOf": [{"type": "null"}, link]} if field.allow_none else link
    if isinstance(field, fields.List):
        return {"type": "array", "items": _kind(field.inner, parts)}
    if isinstance(field, Choice):
        return {"enum": list(field.choices)}
    return dict(field.wire)
