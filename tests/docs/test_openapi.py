"""The OpenAPI document: complete for each operation, and accepted by validators."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from tests.docs.conftest import NPM, Documents, Json, run


def operations(document: Json) -> Iterator[tuple[str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


@pytest.mark.service
@pytest.mark.parametrize(
    "command",
    [
        ["redocly", "lint", "--extends=recommended", "--max-problems=1000"],
        ["spectral", "lint", "--fail-severity=hint", f"--ruleset={NPM / 'spectral.yaml'}"],
    ],
    ids=["redocly", "spectral"],
)
def test_openapi_linters_report_nothing(
    documents: Documents, node_programs: Path, command: list[str]
) -> None:
    said = run(node_programs / command[0], *command[1:], documents.folder / "openapi.json")
    assert "warning" not in said, said


def test_schema_names_are_unique_and_in_camel_case(documents: Documents) -> None:
    schemas = documents.openapi["components"]["schemas"]
    titles = [schema.get("title", name) for name, schema in schemas.items()]
    assert titles == list(schemas)
    assert [name for name in schemas if not re.fullmatch(r"([A-Z][a-z0-9]+)+", name)] == []
    names = Counter(each["operationId"] for _, each in operations(documents.openapi))
    assert [name for name, times in names.items() if times > 1] == []
    assert [name for name in names if not re.fullmatch(r"[a-z]+([A-Z][a-z]*)*", name)] == []


def test_each_operation_is_described_completely(documents: Documents) -> None:
    for name, operation in operations(documents.openapi):
        assert operation["summary"], name
        assert operation["description"].endswith("."), name
        assert operation["security"] in ([], [{"bearer": []}]), name
        statuses = set(operation["responses"])
        assert any(status.startswith("2") for status in statuses), name
        assert any(status.startswith("4") for status in statuses), name
        assert not operation["security"] or "401" in statuses, name
        for parameter in operation.get("parameters", ()):
            assert parameter["description"], f"{name}: {parameter['name']}"


def test_tags_separate_the_native_api_from_the_compatible_ones(documents: Documents) -> None:
    groups = {each["name"]: set(each["tags"]) for each in documents.openapi["x-tagGroups"]}
    assert list(groups) == ["Native API", "Compatible APIs", "Operation"]
    described = {tag["name"] for tag in documents.openapi["tags"] if tag["description"]}
    assert described == set().union(*groups.values())
    assert sum(map(len, groups.values())) == len(described)
    for name, operation in operations(documents.openapi):
        (tag,) = operation["tags"]
        is_native = name.partition(" ")[2].startswith("/v1/")
        assert (tag in groups["Native API"]) == is_native, name


def examples(operation: Json) -> Iterator[tuple[str, Any, Json]]:
    """Each value of an operation by its place, with its example and its schema."""
    for each in operation.get("parameters", ()):
        if "example" in each or "examples" in each:
            yield from _shown(each["name"], each)
    bodies = {"body": operation.get("requestBody", {}), **operation["responses"]}
    for place, body in bodies.items():
        for media_type, content in body.get("content", {}).items():
            if "json" in media_type or place == "body":
                yield from _shown(place, content)


def _shown(place: str, holder: Json) -> Iterator[tuple[str, Any, Json]]:
    values = [each["value"] for each in holder.get("examples", {}).values()]
    values += [holder["example"]] if "example" in holder else []
    assert values, f"{place} has no example"
    for value in values:
        yield place, value, holder["schema"]


def test_examples_fit_their_schemas(documents: Documents) -> None:
    components = documents.openapi["components"]
    for name, operation in operations(documents.openapi):
        for place, value, schema in examples(operation):
            errors = list(
                Draft202012Validator({**schema, "components": components}).iter_errors(value)
            )
            assert errors == [], f"{name}: {place}"


@pytest.mark.parametrize(
    ("schema", "field", "limits"),
    [
        ("NewReport", "messages", {"minimum": 1, "maximum": (1 << 53) - 1}),
        ("FileIds", "file_ids", {"maxLength": 64}),
        ("Snippet", "highlights", {"minItems": 2, "maxItems": 2}),
    ],
)
def test_items_of_lists_have_their_limits(
    documents: Documents, schema: str, field: str, limits: dict[str, int]
) -> None:
    items = documents.openapi["components"]["schemas"][schema]["properties"][field]["items"]
    assert limits.items() <= items.items()


def test_examples_of_errors_have_the_status_of_their_response(documents: Documents) -> None:
    for name, operation in operations(documents.openapi):
        if name.partition(" ")[2].startswith("/v1/"):
            for place, value, _ in examples(operation):
                if place.isdigit() and place >= "400":
                    assert value["status"] == int(place), name
