"""The API's description of texts that the core validates with its own error messages."""

from typing import Any

from litestar.openapi.spec.enums import OpenAPIType
from msgspec import Meta


def checked_text(minimum: int, maximum: int, *, example: str, note: str = "") -> Meta:
    """A text of so many characters. The decoder lets any pass: the core's refusal says more."""
    return Meta(
        description=f"{minimum} to {maximum} characters{note}",
        examples=[example],
        extra_json_schema={"extra": {"min_length": minimum, "max_length": maximum}},
    )


TEXT: dict[str, Any] = {"extra": {"type": OpenAPIType.STRING}}
"""The `extra_json_schema` of a field that accepts anything, so that all faults are reported."""
