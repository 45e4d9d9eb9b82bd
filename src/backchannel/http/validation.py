"""Strict JSON: unknown and mistyped fields are refused, and the refusal names them (S12)."""

import json
import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Literal, TypeVar, cast, get_args, get_origin
from urllib.parse import parse_qsl

import msgspec

from backchannel.domain.errors import ChatError, Invalid
from backchannel.transports.json_values import MOST_VALUES, has_few_values

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
_CHOICE = re.compile(r"Invalid enum value ")
_TIME = "Invalid RFC3339 encoded datetime"
_RANGE = re.compile(r"Expected `(?:int|float)` (<=|>=|<|>) (-?\d+)$")
SHOWN = 64
"""Characters of a client's value that are repeated in an error."""
FORM_FIELDS = 64
"""Most fields of a URL-encoded form: more than any route knows."""


class UnsupportedMediaType(ChatError):
    """A body that is not JSON."""

    code = "unsupported_media_type"
    status = 415


_SURROGATE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})"
    rb"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
"""An escape of half a surrogate pair, which no UTF-8 can carry (RFC 8259, section 8.2)."""
_NEAR = 24
"""Bytes from the end in which it is looked for: the whole of a long body takes too long."""


def decode(payload: bytes, decoder: msgspec.json.Decoder[T], *, what: str = "body") -> T:
    """A request body as its type; `what` is its name in errors.

    Raises `Invalid`, naming the field.
    """
    require_few_values(payload, what=what)
    return decode_checked(payload, decoder, what=what)


def decode_checked(payload: bytes, decoder: msgspec.json.Decoder[T], *, what: str = "body") -> T:
    """The same of JSON whose values have been counted, or of a part of it."""
    try:
        return decoder.decode(payload)
    except msgspec.ValidationError as error:
        raise explain(str(error), decoder.type, what=what) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        if _is_half_surrogate(str(error), payload):
            raise Invalid(
                f"the {what} contains half a surrogate pair, which is not valid Unicode text"
            ) from None
        raise Invalid(f"the {what} is not valid JSON: {error}") from None
    except RecursionError:
        raise Invalid(f"the {what} is not valid JSON: it is nested too deeply") from None


def require_few_values(payload: bytes, *, what: str) -> None:
    """Raise `Invalid` if JSON has so many values that it would take long to read."""
    if not has_few_values(payload):
        raise Invalid(f"the {what} has more than {MOST_VALUES:,} JSON values")


def _is_half_surrogate(problem: str, payload: bytes) -> bool:
    """True if msgspec found an escape of half a pair; one near the end it takes for a cut text."""
    end = max(0, len(payload) - _NEAR)
    cut = "truncated" in problem and _SURROGATE.search(payload, end) is not None
    return cut or "surrogate" in problem


def require_distinct(payload: bytes) -> None:
    """Raise `Invalid` if an object in valid JSON has two members with one name.

    Parsers differ in which of them counts (RFC 8259, section 4).
    """
    json.loads(payload, object_pairs_hook=_require_distinct)


def read_form(body: bytes) -> dict[str, str]:
    """The fields of a URL-encoded form. Raises `Invalid` for too many, or for two of one name."""
    try:
        fields = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=FORM_FIELDS
        )
    except ValueError:
        raise Invalid(f"a form may have at most {FORM_FIELDS} fields") from None
    _require_distinct(fields)
    return dict(fields)


def _require_distinct(members: Sequence[tuple[str, object]]) -> None:
    if len(dict(members)) == len(members):
        return
    seen = set[str]()
    for name, _ in members:
        if name in seen:
            raise Invalid(f"{name[:SHOWN]} is given more than once", field=name[:SHOWN])
        seen.add(name)


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
    choices = _choices(_type_at(expected, path)) if _CHOICE.match(problem) else []
    demand = f"must be one of: {', '.join(choices)}" if choices else _demand(problem)
    return Invalid(f"{path or f'the {what}'} {demand}", field=path or None)


def _type_at(expected: object, path: str) -> object:
    """The type of a struct's field; a type that is not a struct is that of the value itself."""
    try:
        fields = msgspec.structs.fields(cast("type[msgspec.Struct]", expected))
    except TypeError:
        return expected
    return next((field.type for field in fields if field.encode_name == path), None)


def _choices(kind: object) -> list[str]:
    """The values of an enumeration or a literal type, or of those in a union."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [str(each.value) for each in kind]
    if get_origin(kind) is Literal:
        return [str(each) for each in get_args(kind)]
    return [value for part in get_args(kind) for value in _choices(part)]


def _demand(problem: str) -> str:
    if found := _MISTYPED.match(problem):
        kinds = " or ".join(_JSON_TYPES.get(kind, kind) for kind in found[1].split(" | "))
        return f"must be {kinds}, not {_JSON_TYPES.get(found[2], found[2])}"
    if found := _LENGTH.match(problem):
        unit = "character" if found[1] == "str" else "element"
        plural = "" if found[3] == "1" else "s"
        return f"must have at {'most' if found[2] == '<=' else 'least'} {found[3]} {unit}{plural}"
    if found := _RANGE.match(problem):
        return f"must be {found[1]} {found[2]}"
    if problem == _TIME:
        return "must be a time with its time zone, such as 2026-01-31T12:00:00Z"
    return f"is not valid: {problem[:SHOWN]}"


def _allowed(expected: object, path: str) -> str:
    names = getattr(expected, "__struct_encode_fields__", ())
    return f"; known are: {', '.join(names)}" if names and not path else ""


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
