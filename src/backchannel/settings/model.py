"""All settings of the server."""

import os
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr

from backchannel.domain.accounts import Registration
from backchannel.settings.bus import OWN_DATABASE, Bus, Queue
from backchannel.settings.groups import (
    Files,
    Group,
    LinkPreviews,
    Log,
    LogFormat,
    Passwords,
    Tls,
    Tokens,
    Unit,
    Websocket,
)
from backchannel.settings.limits import Limits
from backchannel.settings.responder import Responder
from backchannel.settings.values import (
    Address,
    DatabaseUrl,
    Hosts,
    Networks,
    Origins,
    is_loopback,
)

LOOPBACK_ORIGINS = ("http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*")


class Environment(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


class UnknownUser(IntEnum):
    UNAUTHORIZED = 401
    NOT_FOUND = 404


class Settings(Group):
    """The settings of the server as a whole."""

    environment: Environment = Field(
        default=Environment.DEVELOPMENT,
        description="`production` refuses to start with settings that are only safe on your "
        "own machine.",
        examples=["production"],
    )
    host: Address = Field(
        default="127.0.0.1",
        min_length=1,
        description="The address to listen on. The default is reachable from this machine "
        "only; `0.0.0.0` from everywhere over IPv4, `::` over IPv6 as well.",
        examples=["0.0.0.0"],  # noqa: S104  # an example of what it means
    )
    port: int = Field(
        default=3_000,
        ge=0,
        le=65_535,
        description="The TCP port to listen on; 0 takes any free one.",
        examples=[8_443],
    )
    data_dir: Path = Field(
        default=Path("data"),
        description="The folder for all of the server's data. It is created if missing, "
        "readable by its owner only.",
        examples=["/var/lib/backchannel"],
    )
    database_url: DatabaseUrl | None = Field(
        default=None,
        description="The database: a SQLite file, or `postgresql://`, `mariadb://`, `mysql://`, "
        "`mongodb://` or `mongodb+srv://` with a host and the name of a database "
        "(docs/databases.md). Unset: the SQLite file `backchannel.db` in `data_dir`.",
        examples=["postgresql://backchannel:secret@db.example.org/backchannel"],
    )
    workers: Annotated[int, Unit("processes")] = Field(
        default=1,
        ge=0,
        le=256,
        description="The number of worker processes on one port; 0 is one for each core. More than "
        "one need PostgreSQL, or MariaDB or MongoDB with `bus.url` (docs/scaling.md).",
        examples=[1],
    )
    jwt_secret: SecretStr | None = Field(
        default=None,
        description="The key that signs tokens. Production requires at least 32 bytes: create it "
        "with `openssl rand -hex 32`. Development accepts a shorter one; without one, the server "
        "creates one and keeps it in `data_dir`.",
        examples=["(64 hexadecimal digits)"],
    )
    cors_origins: Origins = Field(
        default=(),
        description="The web origins whose pages may use this server, exactly as a browser "
        "sends them. Pages served by this server itself need no entry. In development, pages of "
        "`http://localhost` and `http://127.0.0.1` work as well, on any port. `*` is for "
        "development.",
        examples=["https://chat.example.org,https://app.example.org"],
    )
    allowed_hosts: Hosts = Field(
        default=(),
        description="The hosts that the server answers to, over HTTP and WebSocket: names, `*.` "
        "and the end of a name, or IP addresses. With a port (`chat.example.org:8443`) an entry "
        "covers that port only. Empty: all hosts.",
        examples=["chat.example.org,*.chat.example.org,[::1]"],
    )
    trusted_proxies: Networks = Field(
        default=(),
        description="The reverse proxies whose `X-Forwarded-For` and `X-Forwarded-Proto`, or "
        "`Forwarded` (RFC 7239), are trusted.",
        examples=["127.0.0.1,10.0.0.0/8"],
    )
    registration: Registration = Field(
        default=Registration.OPEN,
        description="`open` lets anyone create an account; `invitation` needs an invitation; "
        "`closed` leaves that to `backchannel user add`.",
        examples=["invitation"],
    )
    user_invitations: bool = Field(
        default=False,
        description="Let users give out invitations, up to 20 at a time. "
        "`backchannel user invite` always can.",
        examples=["true"],
    )
    login_unknown_user: UnknownUser = Field(
        default=UnknownUser.NOT_FOUND,
        description="The status with which `POST /login` answers an unknown username: 404, or 401 "
        "as for a wrong password.",
        examples=[401],
    )
    docs_public: bool | None = Field(
        default=None,
        description="Serve the API's description at `/docs`. Unset: only in development.",
        examples=["true"],
    )
    metrics_public: bool | None = Field(
        default=None,
        description="Serve `/metrics`, without a login. If unset, it is served only in development "
        "and only on a loopback address.",
        examples=["true"],
    )
    bus: Bus = Bus()
    queue: Queue = Queue()
    tls: Tls = Tls()
    tokens: Tokens = Tokens()
    passwords: Passwords = Passwords()
    websocket: Websocket = Websocket()
    responder: Responder = Responder()
    limits: Limits = Limits()
    files: Files = Files()
    link_previews: LinkPreviews = LinkPreviews()
    log: Log = Log()

    @property
    def production(self) -> bool:
        return self.environment is Environment.PRODUCTION

    @property
    def exposed(self) -> bool:
        """True if others can reach the server: in production, or on an address beyond loopback."""
        return self.production or not is_loopback(self.host)

    @property
    def web_origins(self) -> tuple[str, ...]:
        """The origins whose pages may use this server; `:*` at the end is any port."""
        return self.cors_origins if self.production else (*self.cors_origins, *LOOPBACK_ORIGINS)

    @property
    def storage_url(self) -> str:
        """The database to open: the configured one, or the file in the data folder."""
        return self.database_url or f"sqlite:///{self.data_dir / 'backchannel.db'}"

    @property
    def worker_count(self) -> int:
        """The number of worker processes."""
        return self.workers or os.cpu_count() or 1

    @property
    def bus_url(self) -> str | None:
        """The broker that joins the nodes; None where there is only one, as on SQLite."""
        on_postgresql = self.storage_url.startswith("postgresql:")
        url = self.bus.url
        if url is None and self.worker_count > 1 and on_postgresql:
            url = OWN_DATABASE
        if url is None or self.storage_url.startswith("sqlite:"):
            return None
        return self.storage_url if url == OWN_DATABASE else url

    @property
    def joined(self) -> bool:
        """True if other nodes may use the same database."""
        return self.bus_url is not None

    @property
    def files_url(self) -> str:
        """The location of files: the configured one, or a folder in the data folder."""
        return self.files.url or f"file://{self.data_dir.absolute() / 'files'}"

    @property
    def uploads_dir(self) -> Path:
        """The folder for uploads that are not finished."""
        return self.files.uploads or self.data_dir / "uploads"

    @property
    def show_docs(self) -> bool:
        return not self.production if self.docs_public is None else self.docs_public

    @property
    def user_sockets(self) -> int:
        """The number of sockets that one user may have open."""
        limits = self.limits
        unset = 32 if self.exposed else limits.sockets_per_process
        return limits.sockets_per_user or unset

    @property
    def user_send_rate(self) -> int:
        """The sustained rate, in messages per second, at which one user may send."""
        return self.limits.send_rate or (100 if self.production else 5_000)

    @property
    def address_sockets(self) -> int:
        """The number of sockets that may be open from one network address."""
        limits = self.limits
        unset = 1_000 if self.exposed else limits.sockets_per_process
        return limits.sockets_per_address or unset

    @property
    def client_request_rate(self) -> int:
        """The sustained rate of requests, per second, of one address or user."""
        return self.limits.request_rate or (500 if self.exposed else 100_000)

    @property
    def address_registrations(self) -> int:
        """Accounts that may be created from one network address in a minute."""
        return self.limits.registrations_per_address or (30 if self.exposed else 600)

    @property
    def show_metrics(self) -> bool:
        return not self.exposed if self.metrics_public is None else self.metrics_public

    @property
    def log_as_json(self) -> bool:
        automatic = self.log.format is LogFormat.AUTO
        return self.production if automatic else self.log.format is LogFormat.JSON
