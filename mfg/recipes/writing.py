"""A master record or specification as canonical YAML: what is read from it again equals what was written.

An export hands out the text exactly as it was drafted, comments and all; this writes one that was made otherwise.
"""

from __future__ import annotations

from dataclasses import MISSING
from dataclasses import fields as attributes_of
from decimal import Decimal
from typing import Any

import yaml
from marshmallow import fields

from mfg.facts import plain
from mfg.recipes.master import MasterRecord, Setting
from mfg.recipes.shapes import MasterShape, Parameter, Shape, SpecificationShape, shape_of
from mfg.recipes.specification import Specification


class _Quoted(str):
    """An exact number, which always stands in quotes."""


class _Writer(yaml.SafeDumper):
    """Never a reference (&a, *a), and numbers in quotes."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Writer.add_representer(_Quoted, lambda writer, value: writer.represent_scalar(
    "tag:yaml.org,2002:str", str(value), style='"'))


def written(record: MasterRecord | Specification) -> str:
    """The whole record as YAML; what is at its default is left out."""
    shape = MasterShape() if isinstance(record, MasterRecord) else SpecificationShape()
    return yaml.dump(_shaped(shape, record), Dumper=_Writer, sort_keys=False, allow_unicode=True, width=110)


def _shaped(shape: Shape, value: Any) -> dict[str, Any]:
    """The keys of the shape with what the value holds for them."""
    defaults = {one.name: one.default for one in attributes_of(shape.makes) if one.default is not MISSING}
    found = {}
    for name, field in shape.fields.items():
        attribute = field.attribute or name
        held = getattr(value, attribute)
        if not field.required and (held == defaults.get(attribute, MISSING) or held == ()):
            continue
        found[field.data_key or name] = _part(field, held)
    return found


def _part(field: Any, held: Any) -> Any:
    if isinstance(field, fields.Nested):
        return _shaped(shape_of(field), held)
    if isinstance(field, fields.List):
        return [_part(field.inner, one) for one in held]
    if isinstance(field, Parameter):
        return _setting(held)
    if isinstance(held, Decimal):
        return _Quoted(plain(held))
    return list(held) if isinstance(held, tuple) else held


def _setting(held: Setting) -> Any:
    value = None if held.value is None else _Quoted(plain(held.value))
    return {"value": value, "because": held.because} if held.assumed else value
