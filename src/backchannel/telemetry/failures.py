"""Failed connections, described for the operator."""

import errno
import socket
from collections.abc import Iterator
from typing import cast

CHECK = "check the host and the port, and that the server is running"


def reason(error: BaseException) -> str:
    """The reason that a connection failed, in one line without a full stop."""
    for cause in causes(error):
        if isinstance(cause, socket.gaierror):
            return f"the name of the host cannot be resolved ({cause.strerror})"
        if isinstance(cause, OSError) and cause.errno == errno.ECONNREFUSED:
            return f"the connection was refused; {CHECK}"
        if isinstance(cause, TimeoutError):
            return f"no answer; {CHECK}"
    # MariaDB's driver puts the number of an error before its text.
    numbered = len(error.args) == 2 and isinstance(error.args[0], int)
    text = str(error.args[1] if numbered else error)
    return " ".join(text.split()).rstrip(".") or type(error).__name__


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error and its causes, with all errors of a group; each once.

    Drivers link errors in cycles.
    """
    seen = set[int]()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting.append(each.__cause__ or each.__context__)
        if isinstance(each, BaseExceptionGroup):
            waiting += reversed(cast("BaseExceptionGroup[BaseException]", each).exceptions)
