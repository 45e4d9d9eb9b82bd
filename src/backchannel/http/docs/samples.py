"""The API's description of values: examples, and texts that the core validates."""

from collections.abc import Mapping
from typing import Any

from litestar.openapi.spec import Example
from litestar.openapi.spec.enums import OpenAPIType
from msgspec import Meta

Schema = Mapping[str, Any]

ID = "01970f3e-6b1c-7d2a-9c55-0a4f6b8e1d20"
"""An id as it may be, for examples."""


def shown(value: object) -> list[Example]:
    """The examples of a parameter: this value."""
    return [Example(value=value)]


def sample(schema: Schema, components: Mapping[str, Schema]) -> object:
    """A value that fits the schema; optional properties only where they have an example.

    Raises `LookupError` if none is given.
    """
    if "$ref" in schema:
        return sample(components[schema["$ref"].rpartition("/")[2]], components)
    for known in ("examples", "enum"):
        if schema.get(known):
            return schema[known][0]
    for known in ("const", "default"):
        if known in schema:
            return schema[known]
    for choice in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        if choice.get("type") != "null":
            return sample(choice, components)
    return _of_type(schema, components)


def _of_type(schema: Schema, components: Mapping[str, Schema]) -> object:
    match schema.get("type"):
        case "object":
            required = schema.get("required", ())
            return {
                name: sample(each, components)
                for name, each in schema.get("properties", {}).items()
                if name in required or "examples" in each
            }
        case "array":
            return [sample(schema["items"], components)]
        case "boolean":
            return True
        case "null":
            return None
        case None:
            return {}  # anything fits
        case _:
            raise LookupError(f"no example for {dict(schema)}")


def checked_text(minimum: int, maximum: int, *, example: str, note: str = "") -> Meta:
    """A text with a length limit. The decoder does not check it: the core's refusal says more."""
    return Meta(
        description=f"{minimum} to {maximum} characters{note}",
        examples=[example],
        extra_json_schema={"extra": {"min_length": minimum, "max_length": maximum}},
    )


TEXT: dict[str, Any] = {"extra": {"type": OpenAPIType.STRING}}
"""The `extra_json_schema` of a field that accepts anything, so that all faults are reported."""
