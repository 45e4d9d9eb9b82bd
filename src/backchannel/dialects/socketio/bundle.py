"""The client's library at `/socket.io/`, where the pages of a Socket.IO server look for it.

The files are those of the npm package `socket.io-client`, byte for byte; a test compares them.
The one without `min` in its name is the same code, but is served minified as well.
"""

import hashlib
from collections.abc import Mapping
from importlib.resources import files

import msgspec

_ASSETS = {
    "socket.io.js": "socket.io.min.js",
    "socket.io.min.js": "socket.io.min.js",
    "socket.io.esm.min.js": "socket.io.esm.min.js",
}


class Script(msgspec.Struct, frozen=True):
    """A file of the library, and the entity tag by which browsers ask for it again."""

    body: bytes
    etag: str

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Anybody's page may run it: it is no secret, and the same everywhere."""
        return (
            ("content-type", "text/javascript; charset=utf-8"),
            ("cache-control", "public, max-age=0"),
            ("cross-origin-resource-policy", "cross-origin"),
            ("etag", self.etag),
        )


def scripts() -> Mapping[str, Script]:
    """The library by file name."""
    folder = files("backchannel.dialects.socketio").joinpath("assets")
    return {name: _script(folder.joinpath(asset).read_bytes()) for name, asset in _ASSETS.items()}


def _script(body: bytes) -> Script:
    return Script(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
