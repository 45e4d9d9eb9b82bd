"""Plain HTTP/1.1 responses, written below any framework: refusals and the 101 of an upgrade."""

import re
from collections.abc import Iterable
from http import HTTPStatus

Headers = Iterable[tuple[str, str]]

_CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def head(status: int, headers: Headers) -> bytes:
    """Return a response's status line and fields. Raises ValueError for control characters."""
    lines = [f"HTTP/1.1 {status} {_phrase(status)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    if _CONTROL_CHARACTERS.search("\t".join(lines)):
        raise ValueError("a header holds control characters")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def refusal(status: int, body: bytes = b"", headers: Headers = ()) -> bytes:
    """Return a whole response after which the connection closes.

    The body is the status in words unless one is given.
    """
    given = list(headers)
    names = {name.lower() for name, _ in given}
    if not body:
        body = _phrase(status).encode()
    if "content-type" not in names:
        given.append(("content-type", "text/plain; charset=utf-8"))
    given += [("content-length", str(len(body))), ("connection", "close")]
    return head(status, given) + body


def decoded(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    """Return headers as ASGI and uvicorn hold them, such as its default ones, as text."""
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Refused"
