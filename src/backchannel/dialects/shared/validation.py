"""Strict JSON: unknown and mistyped fields are refused, and the refusal names them (S12)."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from backchannel.domain.errors import ChatError, Invalid

T = TypeVar("T")

_JSON_TYPES = {
    "str": "a string",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "null",
    "array": "a list",
    "object": "an object",
}
_WHERE = re.compile(r" - at `\$\.?([^`]*)`$")
_UNKNOWN = re.compile(r"Object contains unknown field `(.+)`$", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.+)`$")
_MISTYPED = re.compile(r"Expected `([^`]+)`, got `([^`]+)`$")
_LENGTH = re.compile(r"Expected `(str|array)` of length (<=|>=) (\d+)$")
_RANGE = re.compile(r"Expected `(?:int|float)` (<=|>=|<|>) (-?\d+)$")
SHOWN = 64
"""Characters of what a client sent that are repeated to it."""


class UnsupportedMediaType(ChatError):
    """A body that is something else than JSON."""

    code = "unsupported_media_type"
    status = 415


_SURROGATE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})"
    rb"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
"""An escape of half a surrogate pair, which no UTF-8 can carry (RFC 8259, section 8.2)."""


def decode(payload: bytes, decoder: msgspec.json.Decoder[T], *, what: str = "body") -> T:
    """A request body, or `what` else it is called, as its type.

    Raises `Invalid`, naming the field.
    """
    try:
        return decoder.decode(payload)
    except msgspec.ValidationError as error:
        raise explain(str(error), decoder.type, what=what) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        if _SURROGATE.search(payload) is not None:
            raise Invalid(f"the {what} has half a surrogate pair in it: it is no text") from None
        raise Invalid(f"the {what} is not valid JSON: {error}") from None
    except RecursionError:
        raise Invalid(f"the {what} is not valid JSON: it is nested too deeply") from None


def convert(data: object, expected: type[T]) -> T:
    """Decoded JSON, such as an event's argument, as its type. Raises `Invalid`."""
    try:
        return msgspec.convert(data, expected)
    except msgspec.ValidationError as error:
        raise explain(str(error), expected) from None


def decode_form(fields: Mapping[str, str], expected: Any) -> Any:
    """An HTML form's fields as a type; its numbers are text. Raises `Invalid`."""
    try:
        return msgspec.convert(fields, expected, strict=False)
    except msgspec.ValidationError as error:
        raise explain(str(error), expected) from None


def explain(text: str, expected: object = None, *, what: str = "body") -> Invalid:
    """The error that msgspec found in a value, in words for the client that sent it."""
    where = _WHERE.search(text)
    path = where[1] if where else ""
    problem = text[: where.start()] if where else text
    if found := _UNKNOWN.match(problem):
        name = _joined(path, found[1])
        place = "" if what == "body" else f" in {what}"
        text = f"unknown field {name[:SHOWN]!r}{place}{_allowed(expected, path)}"
        return Invalid(text, field=name[:SHOWN])
    if found := _MISSING.match(problem):
        name = _joined(path, found[1])
        return Invalid(f"{name} is missing", field=name)
    return Invalid(f"{path or f'the {what}'} {_demand(problem)}", field=path or None)


def _demand(problem: str) -> str:
    if found := _MISTYPED.match(problem):
        kinds = " or ".join(_JSON_TYPES.get(kind, kind) for kind in found[1].split(" | "))
        return f"must be {kinds}, not {_JSON_TYPES.get(found[2], found[2])}"
    if found := _LENGTH.match(problem):
        unit = "characters" if found[1] == "str" else "elements"
        return f"must have at {'most' if found[2] == '<=' else 'least'} {found[3]} {unit}"
    if found := _RANGE.match(problem):
        return f"must be {found[1]} {found[2]}"
    return f"is not valid: {problem[:SHOWN]}"


def _allowed(expected: object, path: str) -> str:
    names = getattr(expected, "__struct_encode_fields__", ())
    return f"; known are: {', '.join(names)}" if names and not path else ""


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
