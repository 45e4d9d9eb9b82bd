"""Socket.IO's own client in a real browser, on a page of another origin."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.support import chromium
from tests.support.native import Device, register
from tests.support.process import ServerProcess, server_process

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(chromium.PROGRAM is None, reason="Chromium is not installed"),
]

PAGE = """<!doctype html>
<script src="%(server)s/socket.io/socket.io.js"></script>
<script>
const seen = [];
const socket = io("%(server)s", {auth: {token: "%(token)s"}, transports: %(transports)s});
const tell = () => fetch("/", {method: "POST", body: JSON.stringify(
  {seen, transport: socket.io.engine.transport.name, recovered: socket.recovered})});
socket.on("connect_error", (error) => { seen.push(["error", error.message]); tell(); });
socket.on("connect", () => {
  socket.emit("chat message", {sender: "%(me)s", receiver: "%(peer)s", content: "from a browser"});
});
socket.on("chat message", (message) => {
  seen.push([message.sender, message.content]);
  const engine = socket.io.engine;
  if (engine.transport.name === "%(last)s") tell(); else engine.once("upgrade", tell);
});
</script>"""


@pytest.mark.parametrize(
    ("transports", "last"),
    [
        ('["polling"]', "polling"),
        ('["websocket"]', "websocket"),
        ('["polling", "websocket"]', "websocket"),
    ],
)
async def test_a_browser_chats_over_each_transport(
    tmp_path: Path, transports: str, last: str
) -> None:
    pages = chromium.PageServer()
    origin = await pages.start()
    with server_process(tmp_path, cors_origins=origin) as server:
        report, received = await _talk(server, pages, origin, tmp_path, transports, last)
    await pages.close()
    assert report["seen"] == [[received["peer"], "to a browser"]]
    assert report["transport"] == last
    assert received["texts"] == ["from a browser"]


async def _talk(
    server: ServerProcess,
    pages: chromium.PageServer,
    origin: str,
    folder: Path,
    transports: str,
    last: str,
) -> tuple[Any, dict[str, Any]]:
    """Let a browser and a native device write to each other; return what each received."""
    ada, bob = await register(server.address, "ada"), await register(server.address, "bob")
    device = Device(server.socket_address, bob)
    await device.open()
    pages.show(
        PAGE
        % {
            "server": server.address,
            "token": ada.token,
            "transports": transports,
            "me": ada.id,
            "peer": bob.id,
            "last": last,
        }
    )
    async with chromium.browsing(origin, folder / "profile"), asyncio.timeout(60):
        await device.until(1, within=50)
        await device.send(ada, "to a browser", "b1")
        report = await pages.report
    await device.close()
    return report, {"texts": device.texts, "peer": bob.id}
