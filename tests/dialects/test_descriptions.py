"""The description at `/docs` of all dialects together agrees with what the edge refuses."""

import re
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

import pytest
from litestar import Litestar

from backchannel.app.endpoints import ERRORS, documentation, mount_dialects
from backchannel.brokers.in_process import InProcessBus
from backchannel.chat.core import Core, Policy
from backchannel.delivery.connection_manager import ConnectionManager
from backchannel.http.application import http_app
from backchannel.http.docs.document import completed
from backchannel.http.edge import Edge, EdgePolicy

Json = dict[str, Any]


@cache
def document() -> Json:
    core = SimpleNamespace(policy=Policy(), bus=InProcessBus())
    connections = SimpleNamespace(core=core)
    endpoints = mount_dialects(cast("ConnectionManager", connections))
    app = http_app(
        cast("Core", None),
        endpoints.http,
        edge=EdgePolicy(),
        errors=ERRORS,
        docs=documentation("1"),
    )
    return completed(cast("Litestar", cast("Edge", app)._app).openapi_schema.to_schema())


OPERATIONS = [
    pytest.param(operation, id=f"{method.upper()} {path}")
    for path, methods in sorted(document()["paths"].items())
    for method, operation in methods.items()
]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_patterns_of_path_and_query_texts_exclude_nul(operation: Json) -> None:
    for parameter in operation.get("parameters", ()):
        schema = parameter["schema"]
        for kind in (schema, *schema.get("oneOf", ())):
            if kind.get("type") == "string" and parameter["in"] != "header":
                assert "enum" in kind or not re.search(kind["pattern"], "a\0")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_errors_are_described_in_the_format_of_their_dialect(operation: Json) -> None:
    """The framework adds its own 400 to a route with parameters that describes none."""
    for response in operation["responses"].values():
        for content in response.get("content", {}).values():
            assert "status_code" not in content["schema"].get("properties", {})
