"""Fields that clients of the document spell in two ways: `receiver_id` and `receiverId`."""

from typing import TypeVar

from backchannel.domain.errors import Invalid

T = TypeVar("T")


def either(snake: T | None, camel: T | None, field: str) -> T | None:
    """The value of a field that may come in either spelling; `field` is the one with underscores.

    Raises `Invalid` if both spellings are given and differ.
    """
    if snake is not None and camel is not None and snake != camel:
        raise Invalid(f"{field} is given in two spellings that differ", field=field)
    return camel if snake is None else snake


def required(snake: T | None, camel: T | None, field: str) -> T:
    """Like `either`; raises `Invalid` if neither is given."""
    value = either(snake, camel, field)
    if value is None:
        raise Invalid(f"{field} is missing", field=field)
    return value
