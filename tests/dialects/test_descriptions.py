"""The description at `/docs` of all dialects together agrees with what the edge refuses."""

import re
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

import pytest
from litestar import Litestar

from backchannel.app.doors import ERRORS, documentation, open_doors
from backchannel.chat.core import Core, Policy
from backchannel.delivery.switchboard import Switchboard
from backchannel.dialects.shared.application import http_app
from backchannel.dialects.shared.docs.document import completed
from backchannel.dialects.shared.edge import Edge, EdgePolicy

Json = dict[str, Any]


@cache
def document() -> Json:
    desk = SimpleNamespace(core=SimpleNamespace(policy=Policy()))
    doors = open_doors(cast("Switchboard", desk))
    core = cast("Core", None)
    app = http_app(core, doors.http, edge=EdgePolicy(), errors=ERRORS, docs=documentation("1"))
    return completed(cast("Litestar", cast("Edge", app)._app).openapi_schema.to_schema())


OPERATIONS = [
    pytest.param(operation, id=f"{method.upper()} {path}")
    for path, methods in sorted(document()["paths"].items())
    for method, operation in methods.items()
]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_texts_in_the_path_and_the_query_hold_no_nul(operation: Json) -> None:
    for parameter in operation.get("parameters", ()):
        schema = parameter["schema"]
        for kind in (schema, *schema.get("oneOf", ())):
            if kind.get("type") == "string" and parameter["in"] != "header":
                assert "enum" in kind or not re.search(kind["pattern"], "a\0")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_errors_are_told_in_the_words_of_their_dialect(operation: Json) -> None:
    """The framework describes a 400 of its own where a route with parameters names none."""
    for response in operation["responses"].values():
        for content in response.get("content", {}).values():
            assert "status_code" not in content["schema"].get("properties", {})
