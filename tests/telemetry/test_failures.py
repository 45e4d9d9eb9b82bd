"""The reasons of failed connections, as real connections give them."""

import asyncio
import socket

import pytest

from backchannel.telemetry.failures import CHECK, causes, reason


async def test_a_refused_connection_says_what_to_check() -> None:
    with pytest.raises(OSError) as failed:  # noqa: PT011 - the text is the system's
        await asyncio.open_connection("127.0.0.1", 1)
    assert reason(failed.value) == f"the connection was refused; {CHECK}"
    # A driver wraps the error into another one.
    wrapped = RuntimeError("Error 111 connecting to 127.0.0.1:1.")
    wrapped.__cause__ = failed.value
    assert reason(wrapped) == reason(failed.value)


async def test_an_unknown_host_is_named_as_the_cause() -> None:
    with pytest.raises(socket.gaierror) as failed:
        await asyncio.open_connection("nohost.invalid", 1)
    assert reason(failed.value).startswith("the name of the host cannot be resolved (")


def test_errors_that_cause_each_other_have_a_reason() -> None:
    first, second = RuntimeError("the connection was reset"), RuntimeError("closed")
    first.__cause__, second.__cause__ = second, first
    assert reason(first) == "the connection was reset"


def test_the_causes_of_a_group_are_those_of_each_attempt() -> None:
    first, second, hidden = OSError("the first"), OSError("the second"), OSError("hidden")
    first.__context__ = hidden
    group = ExceptionGroup("two attempts", [first, second])
    failure = RuntimeError("no connection")
    failure.__cause__ = group
    second.__context__ = failure
    assert list(causes(failure)) == [failure, group, first, hidden, second]


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (TimeoutError(), f"no answer; {CHECK}"),
        (RuntimeError(1049, "Unknown database 'chat'"), "Unknown database 'chat'"),
        (RuntimeError("no certificate\nHINT:  Name one."), "no certificate HINT: Name one"),
        (RuntimeError(), "RuntimeError"),
    ],
)
def test_a_reason_is_one_line(error: Exception, text: str) -> None:
    assert reason(error) == text
