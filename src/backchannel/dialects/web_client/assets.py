"""The built web client, read once: each file with its compressed forms."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath

BUILT = "built"
"""The folder beside this module that `web/build.py` writes."""
ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
"""Content codings by preference, and the ending of the file that holds each."""

_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served; `encoded` holds its compressed forms by content coding."""

    body: bytes
    media_type: str
    etag: str
    immutable: bool
    """Its name changes with its content."""
    encoded: Mapping[str, bytes]

    def best(self, accepted: str) -> tuple[str | None, bytes]:
        """The content coding and the bytes for an `Accept-Encoding` (RFC 9110, 12.5.3)."""
        offered = {
            name.strip().lower()
            for name, _, weight in (each.partition(";") for each in accepted.split(","))
            if weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
        }
        for coding, _ in ENCODINGS:
            if coding in offered and coding in self.encoded:
                return coding, self.encoded[coding]
        return None, self.body


def built_assets() -> dict[str, Asset]:
    """The assets by path, such as `index.html`; empty where the client has not been built."""
    folder = files("backchannel.dialects.web_client").joinpath(BUILT)
    if not folder.is_dir():
        return {}
    found = dict(_walk(folder, PurePosixPath()))
    compressed = tuple(ending for _, ending in ENCODINGS)
    return {
        path: _asset(path, body, found)
        for path, body in found.items()
        if not path.endswith(compressed) and PurePosixPath(path).suffix in _TYPES
    }


def _walk(folder: Traversable, at: PurePosixPath) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        path = at / entry.name
        if entry.is_dir():
            found += _walk(entry, path)
        else:
            found.append((str(path), entry.read_bytes()))
    return found


def _asset(path: str, body: bytes, found: Mapping[str, bytes]) -> Asset:
    return Asset(
        body=body,
        media_type=_TYPES[PurePosixPath(path).suffix],
        etag=f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        immutable=path.startswith("assets/"),
        encoded={
            coding: found[path + ending] for coding, ending in ENCODINGS if path + ending in found
        },
    )
