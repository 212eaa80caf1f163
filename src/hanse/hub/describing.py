"""The OpenAPI document: what Litestar finds out, and what holds for every address.

Handlers say what they take and give. What they need not repeat is added here: that a
refusal is a problem (RFC 9457), how a caller makes itself known, which addresses are
open to everybody, and that a POST may carry an `Idempotency-Key`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_type_hints

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.routes import HTTPRoute

from hanse import __version__
from hanse.hub.problems import MEDIA_TYPE
from hanse.storage.once import MAX_KEY_CHARS

_PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457; `code` is stable, `pointer` (RFC 6901) says where",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "pointer": {"type": "string"},
    },
}
_REFUSAL = {
    "description": "Refused; `code` says why",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_ONCE = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same request gets the first answer again.",
    "schema": {
        "type": "string",
        "maxLength": MAX_KEY_CHARS,
        "pattern": "^[ -~]*$",
    },
}
_VERBS = ("get", "put", "post", "delete", "patch")


def config() -> OpenAPIConfig:
    """What Litestar is told of the document."""
    return OpenAPIConfig(
        title="Hanse hub",
        version=__version__,
        path="/openapi",
        render_plugins=[],
        description=(
            "Report once, everyone is protected. Refusals are problem+json (RFC 9457)"
            " with a stable `code`. POST takes an `Idempotency-Key`. Lists take"
            " `cursor` and `limit`."
        ),
        components=Components(
            security_schemes={
                "key": SecurityScheme(
                    type="http", scheme="bearer", bearer_format="hanse_..."
                ),
                "basic": SecurityScheme(type="http", scheme="basic"),
            }
        ),
        security=[{"key": []}, {"basic": []}],
    )


def document(app: Litestar) -> dict[str, Any]:
    """The whole document of `app`."""
    described: dict[str, Any] = app.openapi_schema.to_schema()
    schemas = described.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = _PROBLEM
    closed = {each.__name__ for each in _closed_structs(app)}
    for schema in schemas.values():
        if schema.get("title") in closed:
            schema["additionalProperties"] = False
    open_ones = _open_operations(app)
    for path, verb, operation in _operations(described["paths"]):
        responses = operation.setdefault("responses", {})
        responses.pop("400", None)  # the framework's own form, which nobody is sent
        responses["default"] = _REFUSAL
        if (path, verb) in open_ones:
            operation["security"] = []
        if verb == "post":
            operation["parameters"] = [*operation.get("parameters", []), _ONCE]
    return described


def _operations(
    paths: Mapping[str, Any],
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in paths.items():
        for verb in _VERBS:
            if verb in item:
                yield path, verb, item[verb]


def _open_operations(app: Litestar) -> set[tuple[str, str]]:
    return {
        (route.path_format, method.lower())
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if handler.opt.get("hanse.open")
        for method in handler.http_methods
    }


def _closed_structs(app: Litestar) -> Iterator[type[msgspec.Struct]]:
    """The structs of bodies that refuse what they do not know."""
    for handler in _handlers(app):
        body = handler.parsed_data_field
        if body is not None:
            yield from _closed_within(body.annotation)


def _closed_within(kind: Any) -> Iterator[type[msgspec.Struct]]:
    for inner in get_args(kind):
        yield from _closed_within(inner)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        if kind.__struct_config__.forbid_unknown_fields:
            yield kind
        for inner in get_type_hints(kind).values():
            yield from _closed_within(inner)


def _handlers(app: Litestar) -> Iterator[HTTPRouteHandler]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            yield from route.route_handlers
