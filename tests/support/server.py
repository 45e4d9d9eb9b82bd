"""An ASGI application on a real socket, served by uvicorn in a separate thread."""

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import uvicorn

from backchannel.transports.http.limits import HttpLimits
from backchannel.transports.http.protocol import http_protocol

TIMEOUT = 60.0


@contextmanager
def serving(app: Any, *, limits: HttpLimits | None = None) -> Generator[str]:
    """The application's address, such as `http://127.0.0.1:40123`."""
    config = uvicorn.Config(
        app,
        port=0,
        http=http_protocol(limits),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + TIMEOUT
    while not server.started:
        if not thread.is_alive() or time.monotonic() > until:
            raise RuntimeError("the server did not start")
        time.sleep(0.005)
    try:
        host, port = server.servers[0].sockets[0].getsockname()[:2]
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join(TIMEOUT)
