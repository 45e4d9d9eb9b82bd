"""The settings of the responder: each kind names the setting that it lacks."""

from collections.abc import Callable

import pytest

from backchannel.app.core import open_responder
from backchannel.responders.echo import Echo
from backchannel.responders.openai import OpenAi
from backchannel.responders.webhook import Webhook
from backchannel.security.clock import SystemClock
from backchannel.settings import load

PREFIX = "BACKCHANNEL_RESPONDER_"
WHOLE = {
    "KIND": "webhook",
    "URL": "http://127.0.0.1:9/answers",
    "KEY": "a key of the operator's choice",
    "MODEL": "tiny",
}


def environment(**given: str) -> dict[str, str]:
    return {PREFIX + name: value for name, value in given.items()}


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        (
            {"KIND": "webhook"},
            [
                f"{PREFIX}URL: is required when responder.kind is webhook",
                f"{PREFIX}KEY: is required when responder.kind is webhook",
            ],
        ),
        (
            {"KIND": "openai", "URL": "http://127.0.0.1:9/v1"},
            [f"{PREFIX}MODEL: is required when responder.kind is openai"],
        ),
    ],
)
def test_each_kind_of_responder_needs_its_settings(
    refused: Callable[..., list[str]], given: dict[str, str], lines: list[str]
) -> None:
    assert refused(**environment(**given)) == lines


@pytest.mark.parametrize(
    "url", ["answers.example.org", "ftp://a.org", "https://user:sk-1@a.org", "https://a.org?k=sk-1"]
)
def test_S6_a_url_with_a_key_is_refused_without_printing_it(
    refused: Callable[..., list[str]], url: str
) -> None:
    (line,) = refused(**environment(**{**WHOLE, "URL": url}))
    assert line.startswith(f"{PREFIX}URL (environment): ")
    assert "sk-1" not in line


@pytest.mark.parametrize(
    ("kind", "expected"), [("echo", Echo), ("webhook", Webhook), ("openai", OpenAi)]
)
async def test_the_configured_responder_is_opened(kind: str, expected: type) -> None:
    loaded = load(environment=environment(**{**WHOLE, "KIND": kind}))
    responder = open_responder(loaded.settings.responder, SystemClock())
    assert isinstance(responder, expected)
    await responder.close()
