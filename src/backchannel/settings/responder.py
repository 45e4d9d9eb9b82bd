"""Settings for the responder, which answers in sessions."""

from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from backchannel.settings.groups import Group, Seconds, Unit


class ResponderKind(StrEnum):
    ECHO = "echo"
    WEBHOOK = "webhook"
    OPENAI = "openai"


def check_url(url: str) -> str:
    """Check a responder's URL. Credentials are kept out of it, because URLs appear in logs."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.fragment:
        raise ValueError("a responder has a URL such as https://answers.example.org/chat")
    if parts.username or parts.password or parts.query:
        raise ValueError("leave the query and credentials out; responder.key is for them")
    return url


class Responder(Group):
    """The responder answers in sessions. See docs/responder.md for the choices."""

    kind: ResponderKind = Field(
        default=ResponderKind.ECHO,
        description="`echo` repeats the message; `webhook` asks a program of yours; `openai` asks "
        "a language model at any OpenAI-compatible endpoint.",
        examples=["echo"],
    )
    url: Annotated[str, AfterValidator(check_url)] | None = Field(
        default=None,
        description="The webhook's address, or the base URL of the model's API.",
        examples=["http://127.0.0.1:11434/v1"],
    )
    key: SecretStr | None = Field(
        default=None,
        description="The key that signs a webhook's requests, or the API key of the model.",
        examples=["(64 hexadecimal digits)"],
    )
    model: str | None = Field(
        default=None,
        min_length=1,
        description="The language model's name.",
        examples=["llama3.2"],
    )
    prompt: str | None = Field(
        default=None,
        min_length=1,
        max_length=65_536,
        description="The system prompt of the language model, sent ahead of every conversation.",
        examples=["You are a helpful colleague. Be brief."],
    )
    max_tokens: Annotated[int, Unit("tokens")] | None = Field(
        default=None,
        ge=1,
        description="The maximum length of the language model's answer. Unset: its server's limit.",
        examples=[1_000],
    )
    timeout: Seconds = Field(
        default=60,
        gt=0,
        le=600,
        description="The time in which a webhook must answer, retries included, and the longest "
        "pause in a language model's answer.",
        examples=[120],
    )
    context: Annotated[int, Unit("messages")] = Field(
        default=20,
        ge=0,
        le=200,
        description="The number of earlier messages that the responder is sent.",
        examples=[50],
    )
    answers_at_once: Annotated[int, Unit("answers")] = Field(
        default=64,
        ge=1,
        le=10_000,
        description="Answers produced at the same time, at most two of them for one user.",
        examples=[4],
    )
    answers_per_user: Annotated[int, Unit("a minute")] = Field(
        default=120,
        ge=1,
        le=1_000_000,
        description="Answers that one user gets. Further questions wait.",
        examples=[10],
    )


NEEDED = {
    ResponderKind.ECHO: (),
    ResponderKind.WEBHOOK: ("url", "key"),
    ResponderKind.OPENAI: ("url", "model"),
}
"""The settings that each kind requires."""


def missing(responder: Responder) -> dict[str, str]:
    """The settings that the chosen kind lacks, by path."""
    lacking = [name for name in NEEDED[responder.kind] if getattr(responder, name) is None]
    return {
        f"responder.{name}": f"is required when responder.kind is {responder.kind}"
        for name in lacking
    }
