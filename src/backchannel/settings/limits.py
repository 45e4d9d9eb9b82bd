"""Limits for one client, for one address and for all of them together (rule S18)."""

from typing import Annotated

from pydantic import Field

from backchannel.settings.groups import Bytes, Group, Seconds, Unit

Sockets = Annotated[int, Unit("sockets")]
Requests = Annotated[int, Unit("requests per second")]
Messages = Annotated[int, Unit("messages per second")]
BytesPerSecond = Annotated[int, Unit("bytes per second")]
PerMinute = Annotated[int, Unit("a minute")]


class Limits(Group):
    """A client that exceeds a limit gets a clear error; other clients are not affected."""

    frame_size: Bytes = Field(
        default=524_288,
        ge=1_024,
        le=16_777_216,
        description="The largest message on a socket, as transmitted. The text of a chat message "
        "is also limited to 65,536 bytes; JSON can make it up to six times longer.",
        examples=[1_048_576],
    )
    body_size: Bytes = Field(
        default=1_048_576,
        ge=1_024,
        le=67_108_864,
        description="The largest HTTP request body, except of files. The text of a chat message is "
        "also limited to 65,536 bytes; JSON can make it up to six times longer.",
        examples=[524_288],
    )
    header_deadline: Seconds = Field(
        default=10,
        gt=0,
        le=300,
        description="The time in which a client must send a request's headers, and before them "
        "complete the TLS handshake.",
        examples=[5],
    )
    body_deadline: Seconds = Field(
        default=10,
        gt=0,
        le=3_600,
        description="The time in which a client must send a request's body.",
        examples=[60],
    )
    login_deadline: Seconds = Field(
        default=10,
        gt=0,
        le=300,
        description="The time for which a socket may stay open without a login.",
        examples=[5],
    )
    sockets_per_user: Sockets | None = Field(
        default=None,
        ge=1,
        le=1_000_000,
        description="Open sockets of one user, all devices together. Unset: 32, or as "
        "many as the process may have in development on a loopback address.",
        examples=[8],
    )
    sockets_per_address: Sockets | None = Field(
        default=None,
        ge=1,
        le=1_000_000,
        description="Open sockets from one network address. An office behind one router is "
        "one address. Unset: 1,000, or as many as the process may have in development on a "
        "loopback address.",
        examples=[200],
    )
    sockets_per_process: Sockets = Field(
        default=50_000,
        ge=1,
        le=1_000_000,
        description="Open sockets of the whole server. The open-file limit must be higher: see "
        "`backchannel doctor`.",
        examples=[10_000],
    )
    send_rate: Messages | None = Field(
        default=None,
        ge=1,
        le=1_000_000,
        description="The sustained rate at which one user may send messages, over all sockets and "
        "HTTP; bursts may reach twice that number. A message counts once for each 4 KiB of its "
        "text. Edits, deletions, reactions, read marks, typing and profile changes count too, by "
        "the bytes they send to other devices. Unset: 100 in production, 5,000 in development.",
        examples=[50],
    )
    read_rate: BytesPerSecond = Field(
        default=8_388_608,
        ge=65_536,
        le=1_073_741_824,
        description="The sustained rate at which one user may read messages, in pages and when "
        "catching up; bursts may reach eight times that number.",
        examples=[1_048_576],
    )
    request_rate: Requests | None = Field(
        default=None,
        ge=1,
        le=1_000_000,
        description="The sustained rate of HTTP requests and socket handshakes from one network "
        "address, and of HTTP requests of one user; bursts may reach ten times that number. Each "
        "piece of 16 KiB or more of a body counts as a request. A client above the rate is not "
        "refused: its requests wait until those of others have begun. An office behind one router "
        "is one address, and so are all users behind a reverse proxy that is missing in "
        "`trusted_proxies`. Each process counts for itself. Unset: 500, or 100,000 in development "
        "on a loopback address.",
        examples=[1_000],
    )
    logins_per_address: PerMinute = Field(
        default=300,
        ge=1,
        le=1_000_000,
        description="Failed logins allowed from one network address. For a single account, an "
        "address is also limited to 10 a minute.",
        examples=[60],
    )
    registrations_per_address: PerMinute | None = Field(
        default=None,
        ge=1,
        le=1_000_000,
        description="Accounts that may be created from one network address. Unset: 30 in "
        "production, 600 in development. An address also learns of at most 20 names or e-mail "
        "addresses that are taken, and of one more every 30 seconds.",
        examples=[5],
    )
