"""The routes of the web client: its page under every address it knows, and its files."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any

from litestar import Request, Response, Router, get
from litestar.params import PathParameter

from backchannel.dialects.shared.headers import PAGE_POLICY
from backchannel.dialects.web_client.assets import Asset, built_assets
from backchannel.domain.errors import NotFound

PAGES = ("/", "/sign-in", "/sign-up", "/c/{page:str}", "/to/{page:str}")
"""The client's addresses: each is its one page. None is an address of an API."""
SETTINGS_PAGES = ("/settings", "/settings/{page:str}")
SERVICE_WORKER = "/sw.js"
"""Its own policy, not the page's, says what it may fetch (W3C Service Workers, 4.6)."""
ROOT_FILES = (
    SERVICE_WORKER,
    "/manifest.webmanifest",
    "/favicon.svg",
    "/app-icon.svg",
    "/app-icon-maskable.svg",
)
POLICY = f"{PAGE_POLICY}; require-trusted-types-for 'script'; trusted-types backchannel"
"""No string becomes script or markup but by the one policy (W3C Trusted Types)."""
FOREVER = "public, max-age=31536000, immutable"
REVALIDATED = "no-cache"
INDEX = "index.html"

AnyRequest = Request[Any, Any, Any]


def routes() -> Router:
    """The router of the web client, outside of every API's description."""
    handlers = [page, root_file, asset]
    return Router("/", route_handlers=handlers, include_in_schema=False)


@get([*PAGES, *SETTINGS_PAGES], sync_to_thread=False)
def page(request: AnyRequest) -> Response[bytes]:
    """The client's page, or what to do where it was not built."""
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
    if request.headers.get("if-none-match") == etag:
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
