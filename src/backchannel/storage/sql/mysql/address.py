"""The address of a database, as its URL has it."""

import ssl
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from backchannel.storage import CannotOpen
from backchannel.storage.shared.urls import pool_size

PORT = 3306
TLS_MODES = ("DISABLED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY")
"""The names that MySQL's own clients use."""


class Address(msgspec.Struct, frozen=True):
    """The address of the database, and the most connections that may be open to it."""

    scheme: str
    host: str
    port: int
    user: str
    password: str
    database: str
    pool_size: int
    tls_mode: str
    ca: str | None

    @property
    def name(self) -> str:
        """The name for people, without a password."""
        return f"{self.scheme}://{self.host}:{self.port}/{self.database}"

    def tls(self) -> ssl.SSLContext | None:
        """The TLS context of connections; None for plain ones. Raises `CannotOpen`."""
        if self.tls_mode == "DISABLED":
            return None
        try:
            context = ssl.create_default_context(cafile=self.ca)
        except OSError as error:
            raise CannotOpen(f"ssl-ca in the database URL cannot be read: {error}") from error
        context.check_hostname = self.tls_mode == "VERIFY_IDENTITY"
        if self.tls_mode == "REQUIRED":
            context.verify_mode = ssl.CERT_NONE
        return context


def address_of(url: str) -> Address:
    """Read a database URL. Its query may have `pool_size`, `ssl-mode` and `ssl-ca`.

    Raises `CannotOpen`.
    """
    parts = urlsplit(url)
    query = {name.replace("_", "-"): value for name, value in parse_qsl(parts.query)}
    try:
        size = pool_size(query.pop("pool-size", None))
    except ValueError as error:
        raise CannotOpen(str(error)) from None
    tls_mode = query.pop("ssl-mode", TLS_MODES[0]).upper()
    if tls_mode not in TLS_MODES:
        raise CannotOpen(f"ssl-mode in the database URL is one of {', '.join(TLS_MODES)}")
    ca = query.pop("ssl-ca", None)
    if query:
        raise CannotOpen(
            f"the database URL has an unknown option {min(query)[:40]!r}; the options are"
            " pool_size, ssl-mode and ssl-ca"
        )
    database = unquote(parts.path.removeprefix("/"))
    if not database:
        raise CannotOpen(
            f"the database URL names no database: {parts.scheme}://user:password@host:{PORT}/name"
        )
    return Address(
        scheme=parts.scheme,
        host=parts.hostname or "localhost",
        port=parts.port or PORT,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=database,
        pool_size=size,
        tls_mode=tls_mode,
        ca=ca,
    )
