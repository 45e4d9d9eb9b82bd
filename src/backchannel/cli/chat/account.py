"""The server, and this client's data for an account on it."""

import hashlib
import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit


@dataclass(frozen=True, slots=True)
class Server:
    """A server's URL and trusted certificate. `host` is its name, if it differs from `url`.

    `is_default` is true if the user has named no server.
    """

    url: str
    tls: ssl.SSLContext | None = None
    host: str | None = None
    is_default: bool = False


def state_folder() -> Path:
    """The folder of this client's persistent data (XDG Base Directory Specification)."""
    named = os.environ.get("XDG_STATE_HOME", "")
    home = Path(named) if Path(named).is_absolute() else Path("~/.local/state").expanduser()
    return home / "backchannel" / "chat"


def account_folder(url: str, user_id: str) -> Path:
    """The folder of one account on one server; no two of them share one."""
    # The id comes from the server, so it must not become a part of a path as it is.
    digest = hashlib.sha256(f"{url}\n{user_id}".encode()).hexdigest()[:16]
    return state_folder() / f"{quote(urlsplit(url).netloc, safe='')[:64]}-{digest}"
