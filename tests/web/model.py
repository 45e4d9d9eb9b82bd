"""A language model that streams the words that a test sends, when it sends them."""

import json
import queue
import time
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

END = "\x04"
PAUSE = 0.15
"""Seconds between two words: the server tells of an answer every tenth of a second."""
TIMEOUT = 60.0
"""Seconds without a word, after which a test has failed anyway."""


class Model:
    """Streams the pieces of an answer one after the other, as OpenAI's API does."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/v1"
        self.pieces = queue.Queue[str]()

    def send(self, *pieces: str) -> None:
        """Send the next words of the answer."""
        for piece in pieces:
            self.pieces.put(piece)

    def end(self) -> None:
        """Complete the answer."""
        self.pieces.put(END)


@contextmanager
def language_model() -> Generator[Model]:
    """A model on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("connection", "close")
            self.end_headers()
            while (piece := model.pieces.get(timeout=TIMEOUT)) != END:
                for part in (piece[:-1], piece[-1:]):
                    time.sleep(PAUSE)
                    choice = {"index": 0, "delta": {"content": part}}
                    self._send(json.dumps({"choices": [choice]}))
            self._send("[DONE]")

        def log_message(self, *_: object) -> None:
            """Do not log requests."""

        def _send(self, data: str) -> None:
            self.wfile.write(f"data: {data}\n\n".encode())
            self.wfile.flush()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.block_on_close = False
        model = Model(server.server_port)
        Thread(target=server.serve_forever, daemon=True).start()
        yield model
        server.shutdown()
