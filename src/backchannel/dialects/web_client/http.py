"""The routes of the web client: its page, which has several addresses, and its files."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import Annotated, Any

from litestar import Request, Response, Router, get
from litestar.params import PathParameter

from backchannel.domain.errors import NotFound
from backchannel.http.downloads import is_same
from backchannel.http.headers import PAGE_POLICY

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
    """The assets by path, such as `index.html`; empty if the client has not been built."""
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


PAGES = ("/", "/sign-in", "/sign-up", "/c/{page:str}", "/to/{page:str}")
"""The paths that all serve the client's one page. No API uses any of them."""
SETTINGS_PAGES = ("/settings", "/settings/{page:str}")
SERVICE_WORKER = "/sw.js"
"""It has its own policy, as the page's does not apply to it (W3C Service Workers, 4.6)."""
ROOT_FILES = (
    SERVICE_WORKER,
    "/manifest.webmanifest",
    "/favicon.svg",
    "/app-icon.svg",
    "/app-icon-maskable.svg",
)
POLICY = f"{PAGE_POLICY}; require-trusted-types-for 'script'; trusted-types backchannel"
"""Only the one named policy can turn a string into script or markup (W3C Trusted Types)."""
FOREVER = "public, max-age=31536000, immutable"
REVALIDATED = "no-cache"
INDEX = "index.html"

AnyRequest = Request[Any, Any, Any]


def routes() -> Router:
    """The router of the web client, which the OpenAPI documents leave out."""
    handlers = [page, root_file, asset]
    return Router("/", route_handlers=handlers, include_in_schema=False)


@get([*PAGES, *SETTINGS_PAGES], sync_to_thread=False)
def page(request: AnyRequest) -> Response[bytes]:
    """The client's page, or instructions if it was not built."""
    found = _assets().get(INDEX)
    if found is None:
        return Response(NOT_BUILT, media_type="text/html")
    return _served(request, found, policy=POLICY)


@get([*ROOT_FILES], sync_to_thread=False)
def root_file(request: AnyRequest) -> Response[bytes]:
    """A file that browsers look for beside the page."""
    path = request.scope["path"]
    return _found(request, path.lstrip("/"), policy=POLICY if path == SERVICE_WORKER else None)


@get("/assets/{name:str}", sync_to_thread=False)
def asset(
    request: AnyRequest, name: Annotated[str, PathParameter(description="The file")]
) -> Response[bytes]:
    """A part of the client, under a name that changes with its content."""
    return _found(request, f"assets/{name}")


def _found(request: AnyRequest, path: str, *, policy: str | None = None) -> Response[bytes]:
    found = _assets().get(path)
    if found is None:
        raise NotFound("there is nothing at this address")
    return _served(request, found, policy=policy)


def _served(request: AnyRequest, found: Asset, *, policy: str | None = None) -> Response[bytes]:
    coding, body = found.best(request.headers.get("accept-encoding", ""))
    etag = found.etag if coding is None else f'{found.etag[:-1]}-{coding}"'
    headers = {
        "cache-control": FOREVER if found.immutable else REVALIDATED,
        "etag": etag,
        "vary": "Accept-Encoding",
    }
    if policy is not None:
        headers["content-security-policy"] = policy
    if is_same(request.headers.get("if-none-match"), etag):
        return Response(b"", status_code=304, headers=headers, media_type=found.media_type)
    if coding is not None:
        headers["content-encoding"] = coding
    return Response(body, headers=headers, media_type=found.media_type)


@lru_cache(maxsize=1)
def _assets() -> Mapping[str, Asset]:
    return built_assets()


NOT_BUILT = b"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Backchannel</title>
<h1>The web client was not built</h1>
<p>The server runs, and every API works: <a href="/docs">their description</a>.</p>
<p>To build the web client, install Node.js 20.19 or newer, or let pip reach its package index,
and run <code>make run</code> again. <code>make build-web</code> says what went wrong.</p>
</html>
"""
