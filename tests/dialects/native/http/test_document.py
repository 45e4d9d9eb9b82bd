"""The OpenAPI document is complete and consistent."""

import re

import pytest

from backchannel.dialects.native.http.routes import TAGS
from backchannel.http import tus
from tests.support.api import Operation, check_value, document, operations

ALL = operations()
IDS = [each.id for each in ALL]


@pytest.mark.parametrize("operation", ALL, ids=IDS)
def test_operation_is_described(operation: Operation) -> None:
    described = operation.described
    assert described["summary"]
    assert described["tags"]
    statuses = set(described["responses"])
    assert any(status.startswith("2") for status in statuses)
    if operation.path.startswith("/v1"):
        assert {"400", "500", "503"} <= statuses
        assert ("401" in statuses) or not operation.needs_login
        assert all(each["description"] for each in described["responses"].values())


@pytest.mark.parametrize("operation", ALL, ids=IDS)
def test_examples_are_valid(operation: Operation) -> None:
    bodies = [
        operation.described.get("requestBody", {}),
        *operation.described["responses"].values(),
    ]
    contents = (each for body in bodies for each in body.get("content", {}).values())
    for content in (each for each in contents if each["schema"].get("format") != "binary"):
        values = [each["value"] for each in content.get("examples", {}).values()]
        values += [content["example"]] if "example" in content else []
        assert values
        for value in values:
            check_value(value, content["schema"])


def test_every_group_is_introduced() -> None:
    groups = {tag for each in ALL for tag in each.described["tags"]}
    assert groups == {*TAGS, "Health"}


def test_every_reference_has_a_target() -> None:
    names = set(document()["components"]["schemas"])
    assert set(re.findall(r"#/components/schemas/([^'\"]+)", str(document()))) <= names


def test_login_is_a_bearer_token() -> None:
    scheme = document()["components"]["securitySchemes"]["bearer"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert all(each.described["security"] == [{"bearer": []}] for each in ALL if each.needs_login)


def test_operation_ids_are_unique() -> None:
    names = [each.described["operationId"] for each in ALL]
    assert len(names) == len(set(names))


def test_lengths_that_the_core_checks_are_described() -> None:
    schema = operation_of("POST /v1/register").body_schema["properties"]
    assert (schema["username"]["minLength"], schema["username"]["maxLength"]) == (1, 64)
    assert (schema["password"]["minLength"], schema["password"]["maxLength"]) == (8, 128)
    name = operation_of("PATCH /v1/sessions/{conversation_id}").body_schema["properties"]["name"]
    assert (name["minLength"], name["maxLength"]) == (1, 200)


def test_a_file_may_be_of_any_type() -> None:
    responses = operation_of("GET /v1/files/{file_id}").described["responses"]
    assert [list(responses[status]["content"]) for status in ("200", "206")] == [["*/*"], ["*/*"]]


def test_the_schema_of_a_form_is_as_strict_as_the_form() -> None:
    content = operation_of("POST /v1/files").described["requestBody"]["content"]
    schema = content["multipart/form-data"]["schema"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["file"]["minLength"] == 1


def test_the_headers_that_an_upload_needs_are_described() -> None:
    headers = {
        each["name"]: each for each in operation_of("POST /v1/uploads").described["parameters"]
    }
    assert headers["Tus-Resumable"]["required"]
    assert headers["Tus-Resumable"]["schema"]["pattern"] == f"^{re.escape(tus.VERSION)}$"
    assert headers["Upload-Length"]["required"]
    assert headers["Upload-Length"]["schema"]["pattern"] == "^[0-9]{1,15}$"


def operation_of(operation_id: str) -> Operation:
    return next(each for each in ALL if each.id == operation_id)
