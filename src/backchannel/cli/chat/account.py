"""Where a server is, and where this client keeps what belongs to one account on it."""

import hashlib
import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server is, and how far it is trusted. `host` is its name, if not as in `url`."""

    url: str
    tls: ssl.SSLContext | None = None
    host: str | None = None


def state_folder() -> Path:
    """Where this client keeps what must outlive it (XDG Base Directory Specification)."""
    named = os.environ.get("XDG_STATE_HOME", "")
    home = Path(named) if Path(named).is_absolute() else Path("~/.local/state").expanduser()
    return home / "backchannel" / "chat"


def account_folder(url: str, user_id: str) -> Path:
    """The folder of one account on one server; no two of them share one."""
    # The id comes from the server, so it must not become a part of a path as it is.
    digest = hashlib.sha256(f"{url}\n{user_id}".encode()).hexdigest()[:16]
    return state_folder() / f"{quote(urlsplit(url).netloc, safe='')[:64]}-{digest}"
