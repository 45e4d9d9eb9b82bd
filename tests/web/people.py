"""Users who chat over the API, so that a page has something to show."""

import itertools
import json
from base64 import b64encode
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
from websockets.sync.client import connect

from tests.support import media

PASSWORD = "a river with two beds"
TIMEOUT = 90.0
"""Seconds that an answer may take on a busy machine."""
_numbers = itertools.count(1)


@dataclass
class Person:
    """A user with a token."""

    http: httpx.Client
    id: str
    username: str

    def send(self, to: "Person", body: str, **more: Any) -> dict[str, Any]:
        answer = self.http.post("/v1/messages", json={"to": to.id, "body": body, **more})
        answer.raise_for_status()
        return dict(answer.json())

    def send_all(self, to: "Person", bodies: Sequence[str]) -> None:
        """Send many messages at once, in order."""
        address = str(self.http.base_url).replace("http", "ws", 1).rstrip("/")
        path = f"{address}/v1/ws"
        with connect(path, compression=None, open_timeout=TIMEOUT, ping_timeout=TIMEOUT) as socket:
            token = self.http.headers["authorization"].removeprefix("Bearer ")
            socket.send(json.dumps({"type": "hello", "token": token}))
            for body in bodies:
                key = str(uuid4())
                socket.send(
                    json.dumps({"type": "send", "to": to.id, "body": body, "client_id": key})
                )
            waiting = len(bodies)
            while waiting:
                waiting -= json.loads(socket.recv())["type"] == "ack"

    def react(self, message: dict[str, Any], emoji: str) -> None:
        self.http.put(f"{_path(message)}/reactions/{quote(emoji)}").raise_for_status()

    def edit(self, message: dict[str, Any], body: str) -> None:
        self.http.patch(_path(message), json={"body": body}).raise_for_status()

    def delete(self, message: dict[str, Any]) -> None:
        self.http.delete(_path(message)).raise_for_status()

    def read(self, message: dict[str, Any]) -> None:
        path = f"/v1/conversations/{message['conversation_id']}/read"
        self.http.put(path, json={"seq": message["seq"]}).raise_for_status()

    def upload(self, name: str, content: bytes) -> str:
        answer = self.http.post("/v1/files", files={"file": (name, content)})
        answer.raise_for_status()
        return str(answer.json()["id"])

    def record(self, seconds: float, loud: bytes) -> str:
        """Upload a sound with a waveform, as a client that has recorded it; return its id."""
        metadata = {"filename": b"voice.wav", "waveform": loud}
        pairs = [f"{key} {b64encode(value).decode()}" for key, value in metadata.items()]
        content = media.wav(seconds)
        headers = {
            "tus-resumable": "1.0.0",
            "upload-length": str(len(content)),
            "upload-metadata": ",".join(pairs),
            "content-type": "application/offset+octet-stream",
        }
        answer = self.http.post("/v1/uploads", content=content, headers=headers)
        answer.raise_for_status()
        return str(answer.headers["location"]).rpartition("/")[2]

    def messages(self, other: "Person") -> list[dict[str, Any]]:
        found = self.http.get("/v1/conversations").json()["items"]
        direct = next((each for each in found if each["peer_id"] == other.id), None)
        if direct is None:
            return []
        page = self.http.get(f"/v1/conversations/{direct['id']}/messages", params={"limit": 200})
        return list(page.json()["items"])


def register(address: str, username: str, display_name: str | None = None) -> Person:
    """A new account, logged in."""
    with httpx.Client(base_url=address, timeout=TIMEOUT) as stranger:
        body = {"username": username, "password": PASSWORD}
        if display_name:
            body["display_name"] = display_name
        stranger.post("/v1/register", json=body).raise_for_status()
        credentials = {"identifier": username, "password": PASSWORD}
        tokens = stranger.post("/v1/login", json=credentials).raise_for_status().json()
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    http = httpx.Client(base_url=address, headers=bearer, timeout=TIMEOUT)
    return Person(http, str(tokens["user"]["id"]), username)


@contextmanager
def people_of(address: str) -> Generator[Callable[[str], Person]]:
    """Makes users on a server, with the given display names."""
    with ExitStack() as closing:

        def make(name: str) -> Person:
            made = register(address, f"{name.lower()}{next(_numbers)}", name)
            closing.callback(made.http.close)
            return made

        yield make


def _path(message: dict[str, Any]) -> str:
    return f"/v1/conversations/{message['conversation_id']}/messages/{message['seq']}"
