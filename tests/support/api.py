"""The native HTTP API. Every response is compared with the OpenAPI document."""

import itertools
import re
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import httpx
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from litestar import Litestar

from backchannel.chat.core import Core
from backchannel.dialects.native.http.problems import problem
from backchannel.dialects.native.http.routes import PREFIX, routes
from backchannel.http.application import http_app
from backchannel.http.docs.config import Docs
from backchannel.http.docs.document import completed
from backchannel.http.edge import Edge, EdgePolicy

PASSWORD = "mist over the harbour"

Json = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """One method of one path, as in the OpenAPI document."""

    method: str
    path: str
    described: Json

    @property
    def id(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def needs_login(self) -> bool:
        return bool(self.described.get("security"))

    @property
    def body(self) -> Json | None:
        """The example body, if the operation takes one."""
        content = self.described.get("requestBody", {}).get("content", {})
        return cast("Json | None", content.get("application/json", {}).get("example"))

    @property
    def body_schema(self) -> Json:
        """The shape of the body."""
        schema = self.described["requestBody"]["content"]["application/json"]["schema"]
        return resolve(schema)


@cache
def document() -> Json:
    """The OpenAPI document of the native dialect."""
    app = http_app(
        cast("Core", None),
        routes(),
        edge=EdgePolicy(),
        errors={PREFIX: problem},
        docs=Docs("0"),
    )
    litestar = cast("Litestar", cast("Edge", app)._app)
    return completed(litestar.openapi_schema.to_schema())


@cache
def operations() -> tuple[Operation, ...]:
    """Everything the document describes."""
    return tuple(
        Operation(method.upper(), path, described)
        for path, methods in document()["paths"].items()
        for method, described in methods.items()
    )


def resolve(schema: Json) -> Json:
    """A schema, with a reference at its top followed."""
    if "$ref" not in schema:
        return schema
    return cast("Json", document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]])


def check_value(value: object, schema: Json) -> None:
    """Fail unless `value` conforms to `schema`."""
    rooted = {**schema, "components": document()["components"]}
    Draft202012Validator(rooted).validate(value)


def check_answer(response: httpx.Response) -> None:
    """Fail unless the document describes this response and its body."""
    request = response.request
    operation = next((each for each in operations() if _is_of(request, each)), None)
    described = operation.described["responses"] if operation else {}
    assert operation is None or str(response.status_code) in described, response.text
    if response.status_code == 204:
        assert response.content == b""
        return
    media_type = response.headers["content-type"].partition(";")[0]
    if operation is None:
        assert media_type == "application/problem+json"
        check_value(response.json(), {"$ref": "#/components/schemas/Problem"})
    else:
        content = described[str(response.status_code)]["content"]
        check_value(response.json(), content[media_type]["schema"])


def _is_of(request: httpx.Request, operation: Operation) -> bool:
    pattern = re.sub(r"\{\w+\}", "[^/]+", operation.path)
    path = request.url.path.rstrip("/")  # a trailing one makes no difference
    return request.method == operation.method and bool(re.fullmatch(pattern, path))


_addresses = itertools.count(1)


def new_address_header() -> dict[str, str]:
    """The header of a client behind a trusted proxy, at an address that was not used before."""
    number = next(_addresses)
    return {"x-forwarded-for": f"198.18.{number // 256}.{number % 256}"}


class Caller:
    """A client of the API; without tokens, a client at another address each time."""

    def __init__(self, address: str, tokens: Json | None = None) -> None:
        self.tokens = tokens or {}
        headers: dict[str, str] = {}
        if tokens is not None:
            headers = {"authorization": f"Bearer {tokens['access_token']}", **new_address_header()}
        self._http = httpx.Client(base_url=address, headers=headers)

    @property
    def id(self) -> str:
        return cast("str", self.tokens["user"]["id"])

    @property
    def username(self) -> str:
        return cast("str", self.tokens["user"]["username"])

    def ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        """Send a request; return the response, which must conform to the document."""
        if not self.tokens:
            given["headers"] = new_address_header() | given.get("headers", {})
        response = self._http.request(method, path, **given)
        check_answer(response)
        return response

    def get(self, path: str, **query: Any) -> Json:
        return self.done("GET", path, params=query)

    def post(self, path: str, **body: Any) -> Json:
        return self.done("POST", path, json=body)

    def done(self, method: str, path: str, **given: Any) -> Json:
        """The body of a response that must be a success."""
        response = self.ask(method, path, **given)
        assert response.is_success, response.text
        return cast("Json", response.json()) if response.content else {}

    def refused(self, status: int, method: str, path: str, **given: Any) -> Json:
        """The problem details of a response that must be this refusal."""
        response = self.ask(method, path, **given)
        assert response.status_code == status, response.text
        body = cast("Json", response.json())
        assert body["status"] == status
        return body

    def send(self, to: "Caller", body: str, **more: Any) -> Json:
        """Send a message; return it as stored."""
        return self.post("/v1/messages", to=to.id, body=body, **more)

    def close(self) -> None:
        self._http.close()


class Api:
    """A running server and its users."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.anonymous = Caller(address)
        self._callers = [self.anonymous]
        self._numbers = itertools.count(1)

    def login(self, identifier: str, password: str = PASSWORD) -> Caller:
        tokens = self.anonymous.post("/v1/login", identifier=identifier, password=password)
        self._callers.append(Caller(self.address, tokens))
        return self._callers[-1]

    def new_user(self, name: str = "person", **more: Any) -> Caller:
        """A new user, logged in; the name gets a number."""
        username = f"{name}{next(self._numbers)}"
        self.anonymous.post("/v1/register", username=username, password=PASSWORD, **more)
        return self.login(username)

    def close(self) -> None:
        for caller in self._callers:
            caller.close()
