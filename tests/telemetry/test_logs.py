"""The log contains no secrets, and has one entry per line."""

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog

from backchannel.telemetry import logs, metrics
from backchannel.telemetry.logs import request_scope

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"

Entries = Callable[[], list[dict[str, object]]]


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """The stream of the log; the configuration is restored afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def entries(stream: io.StringIO) -> Entries:
    logs.configure(level="info", as_json=True, stream=stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_logging_and_structlog_entries_have_the_same_form(entries: Entries) -> None:
    logging.getLogger("backchannel.a").info("stored %d", 3, extra={"batch": 7})
    structlog.stdlib.get_logger("backchannel.b").info("stored", batch=7)
    first, second = entries()
    assert (first["event"], first["batch"], first["logger"]) == ("stored 3", 7, "backchannel.a")
    assert (second["event"], second["batch"], second["logger"]) == ("stored", 7, "backchannel.b")


def test_the_log_level_is_respected(entries: Entries) -> None:
    logging.getLogger("backchannel.a").debug("not this")
    logging.getLogger("uvicorn.error").info("nor this")
    logging.getLogger("uvicorn.error").warning("but this")
    assert [entry["event"] for entry in entries()] == ["but this"]


def test_S21_the_entries_of_a_request_carry_its_id(entries: Entries) -> None:
    with request_scope() as request_id:
        logging.getLogger("backchannel.a").info("within")
    logging.getLogger("backchannel.a").info("after")
    within, after = entries()
    assert within["request_id"] == request_id
    assert "request_id" not in after


@pytest.mark.parametrize(
    "text",
    [
        f"GET /chat?token={TOKEN}",
        f"GET /chat?token={TOKEN}&limit=3",
        f"Authorization: Bearer {TOKEN}",
        f"got {TOKEN}",
        f"access_token: {TOKEN}",
        f"postgresql://ada:{TOKEN}@db/chat",
    ],
)
def test_S6_tokens_are_masked_anywhere_in_a_log_entry(entries: Entries, text: str) -> None:
    logging.getLogger("backchannel.a").info("%s", text)
    structlog.stdlib.get_logger("backchannel.a").info("request", url=text, headers=[text])
    assert TOKEN not in json.dumps(entries())


@pytest.mark.parametrize("name", ["password", "token", "body", "content", "Authorization"])
def test_S6_fields_with_private_names_are_left_out(entries: Entries, name: str) -> None:
    structlog.stdlib.get_logger("backchannel.a").info("request", inner={name: "canary"})
    structlog.stdlib.get_logger("backchannel.a").info("request", **{name: "canary"})
    assert "canary" not in json.dumps(entries())


def test_S6_a_traceback_shows_no_local_values(entries: Entries) -> None:
    def fail(body: str) -> None:
        raise ValueError(len(body))

    try:
        fail("canary" + "")
    except ValueError:
        logging.getLogger("backchannel.a").exception("failed")
    (entry,) = entries()
    assert "ValueError: 6" in str(entry["exception"])
    assert "canary'" not in str(entry["exception"])


@pytest.mark.parametrize("as_json", [True, False])
def test_S24_log_lines_cannot_be_forged(stream: io.StringIO, *, as_json: bool) -> None:
    logs.configure(level="info", as_json=as_json, stream=stream)
    logging.getLogger("backchannel.a").info("user %s", "ada\nforged \x1b[31m entry")
    assert len(stream.getvalue().splitlines()) == 1
    assert "\x1b[31m" not in stream.getvalue()


def test_the_metrics_are_readable_by_prometheus() -> None:
    text = metrics.render().decode()
    assert "# TYPE backchannel_messages_stored" in text
    assert "backchannel_commit_seconds_bucket" in text
