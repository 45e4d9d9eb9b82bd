"""Names with a slash in a path, where it is written `%2F` (RFC 3986, section 2.2).

ASGI gives a path that is decoded already, in which such a slash looks like one that parts a path.
"""

from typing import Any, cast
from urllib.parse import unquote

from litestar import Request
from litestar.types import HTTPScope

_STAND_IN = "\ufdd0"
"""Stands for the slash while routes are matched: a noncharacter, which no text has in it."""
_ENCODED = _STAND_IN.encode()


def with_encoded_slashes(scope: HTTPScope) -> str:
    """The path of a request, each slash that was encoded replaced by its stand-in."""
    raw = scope["raw_path"]
    if b"%2f" not in raw.lower():
        return scope["path"]
    for encoded in (b"%2F", b"%2f"):
        raw = raw.replace(encoded, _ENCODED)
    return unquote(raw.decode("utf-8", "replace"))


def restore_slashes(request: Request[Any, Any, Any]) -> None:
    """Give the parameters of a matched path their slashes."""
    parameters = cast("dict[str, object]", request.scope["path_params"])
    for name, value in parameters.items():
        if isinstance(value, str) and _STAND_IN in value:
            parameters[name] = value.replace(_STAND_IN, "/")
