"""The secret that signs tokens: given by the operator, or made once and kept (rule S19)."""

import base64
import hmac
import os
import secrets
import stat
from hashlib import sha256
from pathlib import Path

SECRET_BYTES = 32
"""256 bits, the least for HS256 (RFC 7518, section 3.2)."""
FILE_NAME = "token.key"

_PLACEHOLDERS = (
    "changeit",
    "changeme",
    "changethis",
    "default",
    "example",
    "placeholder",
    "replaceme",
    "replacethis",
    "supersecret",
    "yourjwt",
    "yoursecret",
    "yoursuper",
    "your256bit",
)
"""Found in the settings files of tutorials, letters and digits only."""
_DISTINCT_MINIMUM = 10
"""Different characters in a secret; 32 random hexadecimal digits practically always have more."""

PURPOSE = b"backchannel seal"
"""The prefix that separates the key from that of tokens: neither can be used as the other."""


class SecretRefused(Exception):
    """The secret cannot be used; the text is one line and never contains it."""


def secret_from(setting: str | None, data_dir: Path, *, production: bool) -> bytes:
    """The key for tokens. Raises `SecretRefused`.

    In production the setting must be there and strong. Elsewhere a weak one is stretched to
    the length that is needed, and without one a key is made and kept in `data_dir`.
    """
    secret = (setting or "").encode()
    fault = weakness(secret)
    if production and fault:
        raise SecretRefused(f"JWT_SECRET {fault}; make one with: openssl rand -hex {SECRET_BYTES}")
    if not secret:
        return _kept_secret(data_dir / FILE_NAME)
    return secret if len(secret) >= SECRET_BYTES else sha256(secret).digest()


def weakness(secret: bytes) -> str | None:
    """The weakness of a secret, worded to follow its name; None if it is strong enough."""
    letters = "".join(filter(str.isalnum, secret.decode("ascii", "ignore").lower()))
    if not secret:
        return "is missing"
    if len(secret) < SECRET_BYTES:
        return f"is shorter than {SECRET_BYTES} bytes"
    if any(placeholder in letters for placeholder in _PLACEHOLDERS):
        return "is a well-known default"
    if len(set(secret)) < _DISTINCT_MINIMUM:
        return "is too regular to be a secret"
    return None


def _kept_secret(path: Path) -> bytes:
    if not path.exists():
        _make(path)
    if stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        raise SecretRefused(f"{path} can be read by others; run: chmod 600 {path}")
    secret = path.read_bytes()
    if len(secret) < SECRET_BYTES:
        raise SecretRefused(f"{path} is damaged; remove it to make a new one")
    return secret


def _make(path: Path) -> None:
    """Write a new secret aside and link it into place: complete, and by one process only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(SECRET_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        return  # another process was first: its secret counts
    finally:
        draft.unlink()


class HmacSeals:
    """Implements `ports.security.Seals`."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, PURPOSE, "sha256")

    def seal(self, statement: bytes) -> str:
        code = hmac.digest(self._key, statement, "sha256")
        return base64.urlsafe_b64encode(code).rstrip(b"=").decode()

    def is_genuine(self, statement: bytes, seal: str) -> bool:
        return hmac.compare_digest(self.seal(statement).encode(), seal.encode("utf-8", "replace"))
