"""Sessions with the assistant, whose answers grow and do not end."""

import json
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from playwright.sync_api import Page

LONGEST = 300
"""Seconds for which an answer waits for its end."""
ANSWER = """Here is one for the wall. Each line is **one person's job**.

| When | What | Who |
|------|------|----:|
| 18:00 | Lights, yard swept, the blue one in the window | Ada |
| 18:30 | Three flasks filled, cups counted | Lin |
| 19:00 | Doors | Kim |

For the page, one line decides what it says:

```python
def sign(now):
    return "open" if opens(now) else next_opening(now)
```

If it rains, two things change:

- [x] The yard queue moves inside, so keep the left wall clear
- [ ] Put the wet coats"""


@contextmanager
def endless_answers() -> Generator[str]:
    """The address of a language model whose answer does not end until it is stopped."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("connection", "close")
            self.end_headers()
            choice = {"index": 0, "delta": {"content": ANSWER}}
            with suppress(OSError):  # it was stopped
                self.wfile.write(f"data: {json.dumps({'choices': [choice]})}\n\n".encode())
                for _ in range(LONGEST):
                    time.sleep(1)
                    self.wfile.write(b": \n\n")

        def log_message(self, *_: object) -> None:
            """Do not log requests."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()


def sessions(page: Page, address: str) -> None:
    page.goto(address)
    page.locator(".row").first.wait_for()
    page.get_by_role("button", name="Assistants").click()


def begun(page: Page, address: str) -> None:
    sessions(page, address)
    page.get_by_role("button", name="New session").first.click()
    page.get_by_label("Message Assistant").wait_for()


def growing(page: Page, address: str) -> None:
    begun(page, address)
    field = page.get_by_label("Message Assistant")
    field.fill("Make me a plan for the evening, short enough to tape to a wall.")
    field.press("Enter")
    page.locator(".answer input[type=checkbox]").last.wait_for()


def answered(page: Page, address: str) -> None:
    """The answer that grew before has been stopped."""
    sessions(page, address)
    page.locator(".row", has_text="Make me a plan").first.click()
    page.get_by_role("button", name="Stop answering").click()
    page.get_by_role("button", name="Copy answer").wait_for()


def listed(page: Page, address: str) -> None:
    sessions(page, address)
    page.locator(".session-head").wait_for()


def deletion(page: Page, address: str) -> None:
    listed(page, address)
    page.locator(".row").first.click()
    page.get_by_role("button", name="Details").click()
    page.get_by_role("button", name="Delete session").click()


SESSION_STATES: dict[str, Callable[[Page, str], None]] = {
    "session-new": begun,
    "session-growing": growing,
    "session-answered": answered,
    "sessions": listed,
    "session-details": deletion,
}
