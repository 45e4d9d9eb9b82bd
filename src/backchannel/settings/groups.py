"""Groups of settings, each a table in the TOML file."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from backchannel.settings.values import split_list

Port = Annotated[int, Field(ge=1, le=65_535)]


@dataclass(frozen=True, slots=True)
class Unit:
    """The unit of a number; printed by `config show` and in the reference."""

    name: str


Seconds = Annotated[float, Unit("seconds")]
Bytes = Annotated[int, Unit("bytes")]


class Group(BaseModel):
    """Unknown names are refused, and an error never repeats what was written: it may be secret."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class TlsMode(StrEnum):
    AUTO = "auto"
    OFF = "off"
    SELF_SIGNED = "self-signed"


class Tls(Group):
    """HTTPS and `wss://`, TLS 1.2 or newer."""

    mode: TlsMode = Field(
        default=TlsMode.AUTO,
        description="`auto` serves HTTPS when both files below exist; `self-signed` creates a "
        "certificate for development and keeps it in `data_dir`; `off` serves plain HTTP.",
        examples=["self-signed"],
    )
    certificate: Path = Field(
        default=Path("certificate/certificate.crt"),
        description="The certificate and its chain, PEM.",
        examples=["/etc/ssl/chat.example.org.crt"],
    )
    private_key: Path = Field(
        default=Path("certificate/private.key"),
        description="The certificate's private key, PEM, without a passphrase.",
        examples=["/etc/ssl/chat.example.org.key"],
    )


class Tokens(Group):
    """The signed tokens that a login returns."""

    access_life: Annotated[int, Unit("seconds")] = Field(
        default=3_600,
        ge=1,
        le=86_400,
        description="The time for which an access token is valid.",
        examples=[900],
    )
    refresh_life: Annotated[int, Unit("seconds")] = Field(
        default=30 * 86_400,
        ge=60,
        le=400 * 86_400,
        description="The time after which a login ends if its client does not return.",
        examples=[604_800],
    )


class PasswordAlgorithm(StrEnum):
    ARGON2ID = "argon2id"
    BCRYPT = "bcrypt"


class Passwords(Group):
    """The storage of passwords."""

    algorithm: PasswordAlgorithm = Field(
        default=PasswordAlgorithm.ARGON2ID,
        description="The hash for new passwords. Hashes of the other kind stay valid and are "
        "replaced at the next login.",
        examples=["bcrypt"],
    )
    concurrency: Annotated[int, Unit("hashes")] = Field(
        default=2,
        ge=1,
        le=64,
        description="Passwords hashed at the same time; each takes about 20 MB.",
        examples=[4],
    )


class Websocket(Group):
    """Open sockets of every kind."""

    ping_interval: Seconds = Field(
        default=25,
        ge=1,
        le=3_600,
        description="The interval at which an idle peer is pinged.",
        examples=[10],
    )
    ping_timeout: Seconds = Field(
        default=20,
        ge=1,
        le=3_600,
        description="The time in which a peer must answer a ping before the socket is closed.",
        examples=[10],
    )
    compression: bool = Field(
        default=False,
        description="Offer permessage-deflate. It saves bandwidth and costs memory and time "
        "for every socket.",
        examples=["true"],
    )


class LogFormat(StrEnum):
    AUTO = "auto"
    CONSOLE = "console"
    JSON = "json"


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Log(Group):
    """The server's log on standard error. It never contains tokens, passwords or messages."""

    format: LogFormat = Field(
        default=LogFormat.AUTO,
        description="`console` for people, `json` for programs; `auto` is `console` in "
        "development and `json` in production.",
        examples=["json"],
    )
    level: LogLevel = Field(
        default=LogLevel.INFO,
        description="The lowest level that is written.",
        examples=["warning"],
    )


def check_files_url(url: str) -> str:
    """Check a files URL. Credentials are kept out of it, because URLs appear in logs."""
    parts = urlsplit(url)
    if parts.username or parts.password or parts.query:
        raise ValueError("leave credentials out; they are read from AWS_ACCESS_KEY_ID and so on")
    if parts.scheme == "s3" and parts.netloc:
        return url
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
        return url
    raise ValueError("files are kept at file:///folder or s3://bucket/prefix")


class Files(Group):
    """The files that users send each other."""

    url: Annotated[str, AfterValidator(check_files_url)] | None = Field(
        default=None,
        description="The place where files are kept: a local folder (`file:///folder`) or a bucket "
        "(`s3://bucket/prefix`) of an S3-compatible service, whose region, endpoint and "
        "credentials come from `AWS_REGION`, `AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID` and "
        "`AWS_SECRET_ACCESS_KEY`. Unset: the folder `files` in `data_dir`.",
        examples=["s3://chat-files/production"],
    )
    uploads: Path | None = Field(
        default=None,
        description="The folder for uploads that are not finished. Servers that a bus joins need "
        "the same one, so that each can continue an upload. Unset: `uploads` in `data_dir`.",
        examples=["/srv/chat/uploads"],
    )
    max_size: Bytes = Field(
        default=100 << 20,
        ge=1_024,
        le=4 << 30,
        description="The largest file.",
        examples=[26_214_400],
    )
    quota: Bytes = Field(
        default=1 << 30,
        ge=1_024,
        le=1 << 50,
        description="The total size of one user's files, unfinished uploads included.",
        examples=[5_368_709_120],
    )


class LinkPreviews(Group):
    """Title, description and image of the web pages that messages link to."""

    enabled: bool = Field(
        default=False,
        description="Let the server fetch pages that users link to. It connects to public "
        "addresses only and reveals nothing about the user, but the owners of the pages see "
        "requests from this server.",
        examples=["true"],
    )
    ports: Annotated[tuple[Port, ...], BeforeValidator(split_list)] = Field(
        default=(80, 443),
        description="The TCP ports to which the server may connect.",
        examples=["80,443,8080"],
    )
