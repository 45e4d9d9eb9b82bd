"""Users of an XMPP server: u0, u1, … whose password is their name."""

from base64 import b64encode
from pathlib import Path


def sasl_plain(folder: Path, clients: int) -> Path:
    """A file with the login message of each user (RFC 4616), one per line."""
    names = (f"u{number}" for number in range(clients))
    lines = (b64encode(f"\0{name}\0{name}".encode()).decode() for name in names)
    file = folder / "sasl"
    file.write_text("".join(f"{line}\n" for line in lines))
    return file
