"""A bridge from HTTP to `/v1/ws`, for test programs that speak HTTP only: a path for each frame."""

import contextlib
import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

Json = dict[str, Any]
VOLATILE = ("position", "previous", "last_seen_at", "created_at", "edited_at", "seq", "revision")
"""Fields that differ each time; test programs compare answers."""


def frames(known: Mapping[str, str]) -> dict[str, Json]:
    """An example of each frame that has a field, by its type."""
    message = {"conversation_id": known["conversation"], "seq": 1}
    return {
        "hello": {"token": known["token"], "epoch": "8Jx2mQ", "position": 0},
        "send": {"to": "grace", "body": "One", "client_id": "k-1", "reply_to": 1},
        "edit": {**message, "body": "Two"},
        "react": {**message, "emoji": "👍"},
        "read": message,
        "typing": {"conversation_id": known["conversation"]},
        "stop": {"conversation_id": known["session"]},
        "watch": {"user_ids": ["grace"]},
        "sync": {"position": 0, "epoch": "8Jx2mQ"},
        "renew": {"token": known["token"]},
    }


def described(examples: Mapping[str, Json]) -> Json:
    """An OpenAPI document of the bridge."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Frames", "version": "1"},
        "paths": {f"/{kind}": {"post": _operation(fields)} for kind, fields in examples.items()},
    }


def _operation(fields: Json) -> Json:
    content = {"application/json": {"schema": {"type": "object"}, "example": fields}}
    return {
        "requestBody": {"content": content, "required": True},
        "responses": {"200": {"description": "The frames that came in answer"}},
    }


@contextmanager
def frame_bridge(socket_address: str, token: str) -> Generator[str]:
    """A running bridge, whose frames come from the user of this token; its address."""

    class Bridge(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            fields = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            kind = self.path.strip("/")
            with connect(f"{socket_address}/v1/ws", compression=None) as socket:
                if kind != "hello":
                    socket.send(json.dumps({"type": "hello", "token": token}))
                socket.send(json.dumps({"type": kind, **fields}))
                answer = json.dumps(_answers(socket)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Bridge) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _answers(socket: ClientConnection) -> list[Json]:
    """Every frame up to the answer to a ping, which comes last; or up to the end."""
    socket.send('{"type":"ping"}')
    answers = []
    with contextlib.suppress(ConnectionClosed):
        while (frame := json.loads(socket.recv()))["type"] != "pong":
            if frame["type"] != "presence":  # a user came or went: not an answer
                answers.append({name: each for name, each in frame.items() if name not in VOLATILE})
    return answers
