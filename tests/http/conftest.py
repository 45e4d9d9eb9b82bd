"""A small application behind the real edge, on a real socket."""

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import ExitStack
from typing import Annotated, Any, Literal, cast

import httpx
import msgspec
import pytest
from litestar import Response, Router, delete, get, post
from litestar.params import FromQuery, JSONBody
from litestar.response import Stream
from litestar.types import ASGIApp
from msgspec import Meta

from backchannel.chat.core import Core
from backchannel.domain.errors import Blocked, Throttled, Unauthenticated, Unavailable
from backchannel.http import monitoring
from backchannel.http.application import http_app
from backchannel.http.docs.config import Docs
from backchannel.http.edge import EdgePolicy
from backchannel.http.errors import ErrorInfo, answer, handlers, plain
from backchannel.http.requests import FORMS, StrictRequest, client_address, require_login
from tests.support.server import serving

NO_POLICY = EdgePolicy(probes=monitoring.PROBES)


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    count: Annotated[int, Meta(examples=[3])]


class Thing(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(max_length=5, examples=["thing"])]
    size: int = 1
    tags: list[str] = []
    inner: Inner | None = None
    kind: Literal["a", "b"] | None = None


@get("/thing", sync_to_thread=False)
def get_thing(limit: FromQuery[int] = 1) -> dict[str, int]:
    return {"limit": limit}


@post("/thing", sync_to_thread=False)
def post_thing(data: JSONBody[Thing]) -> Thing:
    return data


@post("/form", opt=FORMS, sync_to_thread=False)
def post_form(data: JSONBody[Thing]) -> Thing:
    return data


@delete("/thing", sync_to_thread=False)
def delete_thing() -> None: ...


@get("/whoami", sync_to_thread=False)
def whoami(request: StrictRequest) -> dict[str, str]:
    return {"address": client_address(request), "scheme": request.scope["scheme"]}


@get("/page", media_type="text/html", sync_to_thread=False)
def page() -> str:
    return "<!doctype html><title>page</title>"


@get("/explode", sync_to_thread=False)
def explode() -> None:
    raise RuntimeError("the password of /srv/secret is swordfish")


@get("/throttled", sync_to_thread=False)
def throttled() -> None:
    raise Throttled("too many", retry_after=2.2)


@get("/blocked", sync_to_thread=False)
def blocked() -> None:
    raise Blocked("you are blocked", field="to")


@get("/cut", sync_to_thread=False)
def cut() -> Stream:
    async def body() -> AsyncGenerator[bytes]:
        yield b"begun"
        raise RuntimeError("too late to say so")

    return Stream(body())


@get("/private", guards=[require_login], sync_to_thread=False)
def private(request: StrictRequest) -> str:
    return request.user.username


@get("/own", sync_to_thread=False)
def own() -> None:
    raise Blocked("in other words")


def shouting(error: ErrorInfo) -> Response[Any]:
    return answer(error, {"SHOUT": error.text.upper()}, status=418)


ROUTES = [
    get_thing,
    post_thing,
    post_form,
    delete_thing,
    whoami,
    page,
    explode,
    throttled,
    blocked,
    cut,
    private,
]


class NoStorage:
    """A database that cannot be reached."""

    async def check(self) -> None:
        raise Unavailable("the database is away")


class NoCore:
    """A core that accepts no token."""

    storage = NoStorage()

    @property
    def tokens(self) -> "NoCore":
        return self

    def read_access(self, token: str) -> None:
        raise Unauthenticated(f"not a token: {len(token)} characters")


Client = Callable[..., httpx.Client]


@pytest.fixture(scope="module")
def client() -> Generator[Client]:
    """Makes a client of an application with this edge policy; equal policies share a server."""
    clients: dict[str, httpx.Client] = {}
    with ExitStack() as running:

        def give(policy: EdgePolicy = NO_POLICY, **choices: bool) -> httpx.Client:
            key = f"{policy} {choices}"
            if key not in clients:
                address = running.enter_context(serving(_application(policy, **choices)))
                clients[key] = running.enter_context(httpx.Client(base_url=address))
            return clients[key]

        yield give


_DOCS = Docs("1.2.3", {"extra.json": b"{}"}, {"Operation": {"Health": "Probes."}})


def _application(policy: EdgePolicy, *, docs: bool = False, draining: bool = False) -> ASGIApp:
    return http_app(
        cast("Core", NoCore()),
        [
            Router("/", route_handlers=ROUTES, exception_handlers=handlers(plain)),
            Router("/loud", route_handlers=[own], exception_handlers=handlers(shouting)),
        ],
        draining=lambda: draining,
        edge=policy,
        errors={"/loud": shouting},
        docs=_DOCS if docs else None,
        body_limit=1_000,
    )
