"""The OpenAPI document of the web API, from the views and the types of their answers.

Answers are TypedDicts, so that what mypy checks is also what the document tells.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.http import require_safe
from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
)
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_array_type, resolve_type_hint
from drf_spectacular.utils import Direction

from projects.api.errors import ErrorShape

_PREFIX = "/api/0/"

_Schema = dict[str, Any]


@require_safe
def openapi(_request: HttpRequest) -> HttpResponse:
    """The document; it tells nothing that is secret, so anybody may have it."""
    return HttpResponse(_document(), content_type="application/json")


@cache
def _document() -> bytes:
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]  # Not typed there.
    # Kept for every later reader, whatever the first one's language is.
    with translation.override("en"):
        document = generator.get_schema(public=True)  # type: ignore[no-untyped-call]  # As above.
    return json.dumps(document).encode()


class Schema(AutoSchema):
    """Operations named by their address."""

    def get_operation_id(self) -> str:
        words = re.findall(r"\w+", self.path.removeprefix(_PREFIX))
        return "_".join((self.method.lower(), *(words or ["root"])))


def add_errors(*, result: _Schema, **_context: object) -> _Schema:
    """A hook of the generator: what every operation answers when it refuses."""
    properties = {name: {"type": "string"} for name in get_type_hints(ErrorShape)}
    error = {"type": "object", "properties": properties, "required": [*properties]}
    result["components"]["schemas"]["Error"] = error
    content = {"schema": {"$ref": "#/components/schemas/Error"}}
    answer = {
        "description": "What is wrong with the call.",
        "content": {"application/json": content},
    }
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"]["4XX"] = answer
    return result


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # Its base is not typed.
    """How calls are authorized."""

    target_class = "projects.tokens.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> _Schema:
        return {"type": "http", "scheme": "bearer"}


class ShapeComponent(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]  # Its base is not typed.
    """A TypedDict, or a list of one, as a named part of the document."""

    @classmethod
    def _matches(cls, target: Any) -> bool:
        return is_typeddict(_shape_of(target))

    def get_name(self, auto_schema: AutoSchema, direction: Direction) -> str:
        name: str = _shape_of(self.target).__name__.removesuffix("Shape")
        return f"{name}List" if _is_list(self.target) else name

    def get_identity(self, auto_schema: AutoSchema, direction: Direction) -> Any:
        return self.get_name(auto_schema, direction)

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> _Schema:
        if _is_list(self.target):
            return _schema_of(self.target, auto_schema, direction)
        return {
            "type": "object",
            "properties": {
                name: _schema_of(hint, auto_schema, direction)
                for name, hint in get_type_hints(self.target).items()
            },
            "required": _required(self.target),
        }


def _required(shape: Any) -> list[str]:
    """Keys that are always there.

    `__required_keys__` alone takes a NotRequired that is a string for required.
    """
    hints = get_type_hints(shape, include_extras=True)
    return [
        name
        for name, hint in hints.items()
        if name in shape.__required_keys__ and get_origin(hint) is not NotRequired
    ]


def _schema_of(hint: Any, auto_schema: AutoSchema, direction: Direction) -> _Schema:
    """The schema of a field's type; shapes in it become references."""
    schema: _Schema
    if is_typeddict(hint):
        schema = auto_schema.resolve_serializer(hint, direction).ref
        return schema
    if _is_list(hint):
        (item,) = get_args(hint)
        schema = build_array_type(_schema_of(item, auto_schema, direction))
        return schema
    if get_origin(hint) is dict:
        _, value = get_args(hint)
        values = {} if value is Any else _schema_of(value, auto_schema, direction)
        return {"type": "object", "additionalProperties": values}
    if type(None) in get_args(hint):
        (some,) = (arg for arg in get_args(hint) if arg is not type(None))
        schema = _schema_of(some, auto_schema, direction)
        return {"anyOf": [schema, {"type": "null"}]}
    schema = resolve_type_hint(hint)  # type: ignore[no-untyped-call]  # As above.
    return schema


def _shape_of(target: Any) -> Any:
    """The TypedDict that the target is, or is a list of."""
    return get_args(target)[0] if _is_list(target) else target


def _is_list(target: Any) -> bool:
    return get_origin(target) is list
