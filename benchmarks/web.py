"""The web client in Chromium: `python -m benchmarks.web`.

How soon it can be used, how fast it scrolls, types and switches, and its memory with a long
conversation. The server, the browser and the other user's client share this machine.
"""

import argparse
import asyncio
import json
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from playwright.sync_api import BrowserType, Page, sync_playwright
from websockets.sync.client import connect

from backchannel.app import open_core
from backchannel.domain.ids import direct_conversation_id, new_id
from backchannel.domain.messages import Draft
from backchannel.settings import Settings
from benchmarks import programs

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
PAGE = Path(__file__).with_name("web_page.js")
PASSWORD = "a river with two beds"  # noqa: S105 - of a user who lives for a minute
NAMES = ("ada", "grace", "joan")
PACE = 50
"""Messages a second that arrive while the user types."""
BODY = "Line {}: shall we meet at the station at half past eight, or is that too late? "
WITHOUT_DISPLAY = ["--disable-frame-rate-limit", "--disable-gpu-vsync"]
"""A frame is painted when it is ready, so that a key does not wait for a display's next one."""
PARTS = ("cold", "scrolling", "switching", "shifts", "memory", "typing")
BLOCKS = 4
"""Parts of the simulated hour, after each of which the memory is measured."""


class Server:
    """A server whose Ada has a long conversation with Grace, and a short one with Joan."""

    def __init__(self, folder: Path, messages: int) -> None:
        self.folder = folder
        self.port = programs.free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        with self.running():
            self.ids = {name: self._register(name) for name in NAMES}
        asyncio.run(self._fill(messages))

    @contextmanager
    def running(self) -> Generator[None]:
        with programs.backchannel(
            self.folder, self.port, BACKCHANNEL_LIMITS_SEND_RATE=str(4 * PACE)
        ):
            yield

    def _register(self, name: str) -> str:
        body = {"username": name, "display_name": name.title(), "password": PASSWORD}
        httpx.post(f"{self.address}/v1/register", json=body).raise_for_status()
        return str(self.login(name)["user"]["id"])

    def login(self, name: str) -> dict[str, dict[str, str]]:
        body = {"identifier": name, "password": PASSWORD}
        answer = httpx.post(f"{self.address}/v1/login", json=body).raise_for_status()
        tokens: dict[str, dict[str, str]] = answer.json()
        return tokens

    async def _fill(self, messages: int) -> None:
        async with open_core(Settings(data_dir=self.folder)) as core:
            for sender, count in (("grace", messages), ("joan", 200)):
                for start in range(0, count, 1_000):
                    numbers = range(start, min(start + 1_000, count))
                    drafts = [self._draft(sender, number) for number in numbers]
                    await core.storage.append(drafts, at=core.clock.now())

    def read_all(self) -> None:
        """Mark everything as read by Ada, so that her conversations open at their ends."""
        bearer = {"authorization": f"Bearer {self.login('ada')['access_token']}"}
        with httpx.Client(base_url=self.address, headers=bearer) as client:
            for each in client.get("/v1/conversations").json()["items"]:
                path = f"/v1/conversations/{each['id']}/read"
                client.put(path, json={"seq": each["last_seq"]}).raise_for_status()

    def _draft(self, sender: str, number: int) -> Draft:
        one, other = self.ids["ada"], self.ids[sender]
        return Draft(
            conversation_id=direct_conversation_id(one, other),
            sender_id=other if number % 3 else one,
            recipient_id=one if number % 3 else other,
            client_id=new_id(),
            body=BODY.format(number) * (1 + number % 4),
        )

    @contextmanager
    def talking(self, count: int) -> Generator[threading.Event]:
        """Let Grace write to Ada `count` times, `PACE` a second, or until the event is set."""
        token, enough = self.login("grace")["access_token"], threading.Event()
        thread = threading.Thread(target=self._talk, args=(str(token), count, enough))
        thread.start()
        yield enough
        thread.join()

    def _talk(self, token: str, count: int, enough: threading.Event) -> None:
        with connect(f"ws://127.0.0.1:{self.port}/v1/ws", compression=None) as socket:
            socket.send(json.dumps({"type": "hello", "token": token}))
            began, sent, acks = time.monotonic(), 0, 0
            for number in range(count):
                if enough.is_set():
                    break
                frame = {"type": "send", "to": self.ids["ada"], "body": BODY.format(number)}
                socket.send(json.dumps({**frame, "client_id": str(uuid4())}))
                sent += 1
                time.sleep(max(0.0, began + number / PACE - time.monotonic()))
            while acks < sent:
                acks += json.loads(socket.recv())["type"] == "ack"


def percentile(values: Sequence[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def sign_in(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/sign-in")
    page.get_by_label("Email or username").fill("ada")
    page.keyboard.press("Enter")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator("a.row", has_text="Grace").wait_for()


def cold(page: Page, server: Server, rounds: int) -> dict[str, float]:
    """Milliseconds until the client can be used, with only the login in the browser."""
    found: dict[str, list[float]] = {"input": [], "a.row": [], ".message": []}
    page.goto(f"{server.address}/sign-in")
    for _ in range(rounds):
        _empty(page, server)
        page.goto(f"{server.address}/sign-in")
        page.locator("input").wait_for()
        found["input"].append(page.evaluate("bench.first['input']"))
    sign_in(page, server)
    page.locator("a.row", has_text="Joan").click()
    page.locator(".message").first.wait_for()
    for _ in range(rounds):
        _empty(page, server)
        page.reload()
        page.locator(".message").first.wait_for()
        for each in ("a.row", ".message"):
            found[each].append(page.evaluate(f"bench.first['{each}']"))
    names = ("sign-in page", "list of conversations", "conversation")
    return dict(zip(names, map(statistics.median, found.values()), strict=True))


def _empty(page: Page, server: Server) -> None:
    """Remove everything but the login."""
    session: Any = page.context.new_cdp_session(page)
    kinds = "indexeddb,cache_storage,service_workers"
    session.send("Storage.clearDataForOrigin", {"origin": server.address, "storageTypes": kinds})
    session.send("Network.clearBrowserCache")
    session.detach()


def scrolling(page: Page, pixels: int) -> dict[str, float]:
    """Scroll back through the long conversation, as fast as a wheel allows."""
    page.evaluate("bench.open('Grace')")
    page.wait_for_timeout(500)
    page.evaluate("bench.watch()")
    session: Any = page.context.new_cdp_session(page)
    gesture = {"x": 800, "y": 450, "yDistance": pixels, "speed": 3_000}
    session.send("Input.synthesizeScrollGesture", gesture)
    session.detach()
    result = page.evaluate("(bench.scroll.on = false, bench.scroll)")
    frames = result["frames"]
    return {
        "frames a second": 1_000 * len(frames) / sum(frames),
        "longest frame of a hundred, ms": percentile(frames, 0.99),
        "nodes in the list": result["nodes"],
    }


def typing(page: Page, server: Server, keys: int) -> dict[str, float]:
    """Type while another user's messages arrive in the same conversation."""
    page.evaluate("bench.open('Grace')")
    page.get_by_label("Message Grace").focus()
    with server.talking(keys * PACE) as enough:
        time.sleep(0.5)
        page.evaluate("bench.keys.length = 0")
        for number in range(keys):
            page.keyboard.press("abcdefghij "[number % 11])
            time.sleep(0.03)
        times = page.evaluate("bench.keys")
        enough.set()
    return {"key painted, p50 ms": percentile(times, 0.5), "p99 ms": percentile(times, 0.99)}


def switching(page: Page, rounds: int) -> dict[str, float]:
    """Switch between two conversations that the browser has stored."""
    for name in ("Grace", "Joan", "Grace"):
        page.evaluate(f"bench.open('{name}')")
        page.wait_for_timeout(500)
    times = [
        page.evaluate(f"bench.open('{name}')") for _ in range(rounds) for name in ("Joan", "Grace")
    ]
    return {"switch, p50 ms": percentile(times, 0.5), "longest ms": max(times)}


def shifts(page: Page, server: Server) -> dict[str, float]:
    """The layout shift score while opening, scrolling back and receiving messages."""
    page.goto(server.address)
    page.locator("a.row", has_text="Grace").wait_for()
    page.evaluate("bench.open('Grace')")
    page.wait_for_timeout(500)
    page.mouse.move(800, 450)
    for _ in range(10):
        page.mouse.wheel(0, -400)
        page.wait_for_timeout(100)
    with server.talking(PACE):
        pass
    page.wait_for_timeout(500)
    return {"layout shift": page.evaluate("bench.shifted()")}


def memory(page: Page, server: Server, messages: int) -> dict[str, float]:
    """The memory after an hour of chat, without its pauses."""
    page.evaluate("bench.open('Grace')")
    session: Any = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    found = {"heap at the beginning, MB": _heap(session)}
    for block in range(1, BLOCKS + 1):
        with server.talking(messages // BLOCKS):
            pass
        page.wait_for_timeout(1_000)
        found[f"after {block * messages // BLOCKS:,} messages"] = _heap(session)
    session.detach()
    return found


def _heap(session: Any) -> float:
    session.send("HeapProfiler.collectGarbage")
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(m["value"] for m in metrics if m["name"] == "JSHeapUsedSize")) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000, help="in the long conversation")
    parser.add_argument("--hour", type=int, default=3_600, help="messages of the simulated hour")
    parser.add_argument("--rounds", type=int, default=5, help="for the medians")
    parser.add_argument("--keys", type=int, default=300, help="that are typed")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS, help="some of the parts")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), given.messages)
        with server.running(), sync_playwright() as playwright:
            server.read_all()
            for part in given.only:
                options = WITHOUT_DISPLAY if part == "typing" else ()
                with browser(playwright.chromium, *options) as page:
                    tell(measured(part, page, server, given))


def measured(part: str, page: Page, server: Server, given: argparse.Namespace) -> dict[str, float]:
    if part == "cold":
        return cold(page, server, given.rounds)
    sign_in(page, server)
    if part == "scrolling":
        return scrolling(page, 30_000)
    if part == "switching":
        return switching(page, given.rounds)
    if part == "shifts":
        return shifts(page, server)
    if part == "memory":
        return memory(page, server, given.hour)
    return typing(page, server, given.keys)


@contextmanager
def browser(chromium: BrowserType, *options: str) -> Generator[Page]:
    """A page in a new browser, with the script that measures it."""
    if PROGRAM is None:
        raise SystemExit("chromium is needed (Debian: apt-get install chromium)")
    started = chromium.launch(executable_path=PROGRAM, args=["--no-sandbox", *options])
    page = started.new_page(viewport={"width": 1280, "height": 900}, locale="en-GB")
    page.add_init_script(path=PAGE)
    yield page
    started.close()


def tell(figures: dict[str, float]) -> None:
    for name, value in figures.items():
        print(f"  {name:34} {value:12,.2f}")


if __name__ == "__main__":
    main()
