"""Who answers in sessions, the conversations of a user with the server itself."""

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
    """Where a responder is asked. The key stands elsewhere: a URL ends up in logs."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.fragment:
        raise ValueError("a responder has a URL such as https://answers.example.org/chat")
    if parts.username or parts.password or parts.query:
        raise ValueError("leave the query and credentials out; responder.key is for them")
    return url


class Responder(Group):
    """Who answers in sessions. docs/responder.md tells how to choose."""

    kind: ResponderKind = Field(
        default=ResponderKind.ECHO,
        description="`echo` answers with what was said; `webhook` asks a program of yours; "
        "`openai` asks a language model behind any OpenAI-compatible endpoint.",
        examples=["echo"],
    )
    url: Annotated[str, AfterValidator(check_url)] | None = Field(
        default=None,
        description="Where it is asked: the webhook's address, or the base of the model's API.",
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
        description="What the language model is told ahead of every conversation.",
        examples=["You are a helpful colleague. Be brief."],
    )
    max_tokens: Annotated[int, Unit("tokens")] | None = Field(
        default=None,
        ge=1,
        description="The longest answer of the language model. Unset: what its server allows.",
        examples=[1_000],
    )
    timeout: Seconds = Field(
        default=60,
        gt=0,
        le=600,
        description="How long a webhook may take for an answer, repeated attempts included, and "
        "how long a language model may be silent.",
        examples=[120],
    )
    context: Annotated[int, Unit("messages")] = Field(
        default=20,
        ge=0,
        le=200,
        description="How many earlier messages the responder is sent.",
        examples=[50],
    )
    answers_at_once: Annotated[int, Unit("answers")] = Field(
        default=64,
        ge=1,
        le=10_000,
        description="How many answers are given at a time, two of them to one user.",
        examples=[4],
    )
    answers_per_user: Annotated[int, Unit("a minute")] = Field(
        default=120,
        ge=1,
        le=1_000_000,
        description="How many answers one user gets. More questions than that wait.",
        examples=[10],
    )


NEEDED = {
    ResponderKind.ECHO: (),
    ResponderKind.WEBHOOK: ("url", "key"),
    ResponderKind.OPENAI: ("url", "model"),
}
"""What each kind cannot do without."""


def missing(responder: Responder) -> dict[str, str]:
    """What the chosen kind lacks, by path."""
    lacking = [name for name in NEEDED[responder.kind] if getattr(responder, name) is None]
    return {
        f"responder.{name}": f"is required when responder.kind is {responder.kind}"
        for name in lacking
    }
