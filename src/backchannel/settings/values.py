"""The parsing and checking of single values; each error names the fault and the valid values."""

import ipaddress
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, BeforeValidator

from backchannel.storage.shared.urls import pool_size, require_escaped
from backchannel.transports.http.hosts import parse_entry

POSTGRESQL = {"postgresql", "postgres", "postgresql+asyncpg"}
MYSQL = {"mysql", "mariadb", "mysql+asyncmy", "mariadb+asyncmy"}
"""The schemes of URLs, in SQLAlchemy's spelling too."""
MONGODB = ("mongodb", "mongodb+srv")


def split_list(value: object) -> object:
    """Read `a, b` as a list of two, since environment variables have no lists."""
    if isinstance(value, str):
        return [item.strip() for item in value.split(",") if item.strip()]
    return value


def check_origin(origin: str) -> str:
    """An origin is scheme, host and port (RFC 6454); browsers send it without a path."""
    if origin == "*":
        return origin
    parts = urlsplit(origin)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "*" in origin:
        raise ValueError("an origin is a scheme and a host, such as https://chat.example.org")
    if parts.path not in {"", "/"} or parts.query or parts.fragment or parts.username:
        raise ValueError("an origin ends after its host or port: leave out what follows")
    return f"{parts.scheme}://{parts.netloc}".lower()


def check_address(host: str) -> str:
    """An address to listen on, without the brackets that it has in a URL."""
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if "/" in bare or any(each.isspace() for each in bare) or bare.count(":") == 1:
        raise ValueError("an address to listen on is one such as 0.0.0.0 or ::1; port is its own")
    return bare


def is_loopback(host: str) -> bool:
    """True for an address that only this machine can reach."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_host(host: str) -> str:
    """A host that the `Host` header may name, or `*.` and the end of its name."""
    parse_entry(host)
    return host


def check_network(network: str) -> str:
    """An address or a network in CIDR notation."""
    try:
        return str(ipaddress.ip_network(network, strict=False))
    except ValueError:
        raise ValueError("a proxy is an address or a network such as 10.0.0.0/8") from None


def check_database_url(url: str) -> str:
    """A database this version can open, in SQLAlchemy's spelling."""
    scheme, separator, rest = url.partition("://")
    if scheme in POSTGRESQL:
        return _check_named("PostgreSQL", f"postgresql://{rest}", port=5432)
    if scheme in MYSQL:
        kind = scheme.partition("+")[0]
        title = "MariaDB" if kind == "mariadb" else "MySQL"
        return _check_named(title, f"{kind}://{rest}", port=3306)
    if not separator:
        raise ValueError("a database URL starts with its scheme, such as sqlite:///data/chat.db")
    if scheme in MONGODB:
        return _check_server(scheme, rest)
    if scheme != "sqlite":
        raise ValueError(
            f"no database is called {scheme}://; use sqlite:///path/to/file.db, or"
            " user:password@host/name after postgresql://, mariadb://, mysql:// or mongodb://"
        )
    path = rest.removeprefix("/")
    if not path or path == ":memory:":
        raise ValueError("a database in memory would lose messages; name a file")
    # Other programs write a relative path after two slashes: sqlite://./chat.db
    if path == rest and not path.startswith(("./", "../")):
        raise ValueError(
            f"sqlite://{path[:80]} has two slashes, where a host would follow; write"
            f" sqlite:///{path[:80]} for that file in the current folder, or four slashes before a"
            " whole path: sqlite:////var/lib/chat.db"
        )
    return f"sqlite:///{path}"


def _check_server(scheme: str, rest: str) -> str:
    require_escaped(f"{scheme}://{rest}")
    hosts = rest.partition("/")[0].rpartition("@")[2]
    if not hosts:
        raise ValueError(
            f"{scheme}:// is followed by a host, such as {scheme}://db.example.org/chat"
        )
    return f"{scheme}://{rest}"


def _check_named(title: str, url: str, *, port: int) -> str:
    require_escaped(url)
    parts = urlsplit(url)
    try:
        is_port = parts.port != 0
    except ValueError:
        is_port = False
    if not is_port:
        raise ValueError("the port in the database URL is a number from 1 to 65535")
    # Not the URL itself: it may hold a password.
    if not parts.hostname or len(parts.path) < 2:
        raise ValueError(
            f"a {title} database is named by its host and name:"
            f" {url.partition(':')[0]}://user:password@host:{port}/backchannel"
        )
    pool_size(dict(parse_qsl(parts.query)).get("pool_size"))
    return url


Origins = Annotated[
    tuple[Annotated[str, AfterValidator(check_origin)], ...], BeforeValidator(split_list)
]
Hosts = Annotated[
    tuple[Annotated[str, AfterValidator(check_host)], ...], BeforeValidator(split_list)
]
Networks = Annotated[
    tuple[Annotated[str, AfterValidator(check_network)], ...], BeforeValidator(split_list)
]
Address = Annotated[str, AfterValidator(check_address)]
DatabaseUrl = Annotated[str, AfterValidator(check_database_url)]
