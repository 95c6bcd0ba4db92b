"""The OpenAPI 3.1 description, written from the doors and views themselves. It serves nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import fields as shapes

from mfg import fields as own
from mfg.doors import Door, View

PROBLEMS = {"401": "Not signed, or not signed in", "403": "Not allowed for this person", "404": "Not found",
            "409": "Refused by a rule, or changed meanwhile; all findings are in the answer",
            "412": "Not what If-Match says was read", "422": "A field cannot be used as it is"}


def describe(doors: Iterable[Door], views: Iterable[View], version: str) -> dict[str, Any]:
    """The whole description as plain data."""
    plugin = MarshmallowPlugin(schema_name_resolver=_schema_name)
    spec = APISpec("Batch record, QC and dose release", version, "3.1.0", plugins=[plugin])
    plugin.converter.add_attribute_function(_shape)  # type: ignore[union-attr]
    spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    spec.components.schema("Problem", PROBLEM)
    _sign_in(spec)
    for door in doors:
        spec.path(_openapi_path(f"/api/v1{door.path}/{door.slug}"), operations={"post": _post(door)},
                  parameters=_parameters(door.path))
    for view in views:
        spec.path(_openapi_path(f"/api/v1{view.path}"), operations={"get": _get(view)},
                  parameters=_parameters(view.path))
    return spec.to_dict()


PROBLEM = {
    "type": "object",
    "properties": {"type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
                   "detail": {"type": "string"}, "fields": {"type": "object"},
                   "findings": {"type": "array", "items": {"type": "object"}}},
    "required": ["title", "status", "detail"],
}
SIGNATURE = {"type": "object", "properties": {"user_id": {"type": "string", "maxLength": 200},
                                              "password": {"type": "string", "maxLength": 200}},
             "required": ["user_id", "password"], "additionalProperties": False}


def _schema_name(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__


def _shape(_converter: Any, field: shapes.Field[Any], **_more: Any) -> dict[str, Any]:
    """What each of our fields takes on the wire: decimals and times are text. A room's own field says it in `wire`."""
    if wire := getattr(field, "wire", None):
        return dict(wire)
    if isinstance(field, own.YesNo):
        return {"type": ["boolean", "string"]}
    if isinstance(field, own.Count):
        return {"type": ["integer", "string"]}
    if isinstance(field, own.Choice):
        return {"type": "string", "enum": list(field.choices) + ([] if field.required else [""])}
    return {"type": "string", "description": f"{field.metadata.get('label', '')} "
                                             f"{field.metadata.get('unit', '')}".strip()}


def _openapi_path(path: str) -> str:
    return path.replace("<", "{").replace(">", "}")


def _parameters(path: str) -> list[dict[str, Any]]:
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in re.findall(r"<(\w+)>", path)]


def _problems() -> dict[str, Any]:
    return {status: {"description": words, "content": {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
        for status, words in PROBLEMS.items()}


def _post(door: Door) -> dict[str, Any]:
    """A body's own fields, plus reason, signature and what was seen."""
    own_fields = {name: _field(field) for name, field in door.body().fields.items()}
    required = [name for name, field in door.body().fields.items() if field.required]
    outer: dict[str, Any] = {"reason": {"type": "string", "maxLength": 2000}, "signature": SIGNATURE,
                             "seen": {"type": ["string", "integer"]}}
    required += ["signature"] if door.row.meaning or door.row.proof else []
    required += ["reason"] if door.row.reason else []
    schema = {"type": "object", "properties": own_fields | outer, "required": required,
              "additionalProperties": False}
    return {"summary": door.title, "operationId": door.path.replace("<", "").replace(">", "") + "/" + door.slug,
            "description": f"Roles: {', '.join(door.row.roles)}.", "security": [{"bearer": []}],
            "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
            "responses": {"200": {"description": "Done", "content": {"application/json": {"schema": {
                "type": "object", "properties": {"code": {"type": "string"}, "url": {"type": "string"}},
                "required": ["code", "url"]}}}}, **_problems()}}


def _field(field: shapes.Field[Any]) -> dict[str, Any]:
    return _shape(None, field)


def _get(view: View) -> dict[str, Any]:
    return {"summary": view.title, "security": [{"bearer": []}],
            "responses": {"200": {"description": "Found", "content": {"application/json": {"schema": {}}}},
                          **_problems()}}


def _sign_in(spec: APISpec) -> None:
    spec.path("/api/v1/sessions", operations={"post": {
        "summary": "Sign in", "requestBody": {"required": True,
                                              "content": {"application/json": {"schema": SIGNATURE}}},
        "responses": {"201": {"description": "Signed in", "content": {"application/json": {"schema": {
            "type": "object", "properties": {"token": {"type": "string"}}, "required": ["token"]}}}},
            **_problems()}}})
