"""A login ends everywhere, also on sockets that are open."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.support.native import PASSWORD, Device, Person, register
from tests.support.process import ServerProcess, server_process

Devices = Callable[[Person], Device]


@pytest.mark.timed
async def test_S1_logout_ends_access_refresh_and_live_sockets_within_a_second(
    server: ServerProcess, ada: Person, devices: Devices
) -> None:
    device = devices(ada)
    await device.open()
    async with httpx.AsyncClient(base_url=server.address, headers=ada.headers) as http:
        assert (await http.get("/v1/me")).status_code == 200
        (await http.post("/v1/logout")).raise_for_status()
        began = time.monotonic()
        code, _ = await device.gone()
        took = time.monotonic() - began
        assert (await http.get("/v1/me")).status_code == 401
        renewed = await http.post("/v1/refresh", json={"refresh_token": ada.refresh_token})
    assert code == 4001
    assert took < 1.0
    assert renewed.status_code == 401


@pytest.mark.timed
async def test_S1_an_account_disabled_by_the_command_line_is_gone_within_a_second(
    tmp_path: Path,
) -> None:
    with server_process(tmp_path) as server:
        ada = await register(server.address, "ada")
        device = Device(server.socket_address, ada)
        await device.open()
        command = [sys.executable, "-m", "backchannel", "user", "disable", "ada"]
        environment = {
            "PATH": os.environ["PATH"],
            "BACKCHANNEL_DATA_DIR": str(tmp_path / "data"),
        }
        await asyncio.to_thread(subprocess.run, command, cwd=tmp_path, env=environment, check=True)
        code, _ = await device.gone(within=1.0)
        async with httpx.AsyncClient(base_url=server.address, headers=ada.headers) as http:
            assert (await http.get("/v1/me")).status_code == 401
    assert code == 4001


async def test_S2_a_changed_password_ends_all_logins(
    server: ServerProcess, ada: Person, devices: Devices
) -> None:
    device = devices(ada)
    await device.open()
    async with httpx.AsyncClient(base_url=server.address, headers=ada.headers) as http:
        change = {"old_password": PASSWORD, "new_password": "fog over the harbour"}
        changed = (await http.post("/v1/password", json=change)).raise_for_status().json()
        assert (await http.get("/v1/me")).status_code == 401
    code, _ = await device.gone()
    fresh = {"Authorization": f"Bearer {changed['access_token']}"}
    async with httpx.AsyncClient(base_url=server.address, headers=fresh) as http:
        assert (await http.get("/v1/me")).status_code == 200
    assert code == 4001


async def test_S3_a_refresh_token_works_once(server: ServerProcess, ada: Person) -> None:
    async with httpx.AsyncClient(base_url=server.address) as http:
        body = {"refresh_token": ada.refresh_token}
        fresh = (await http.post("/v1/refresh", json=body)).raise_for_status().json()
        newest = {"refresh_token": fresh["refresh_token"]}
        fresh = (await http.post("/v1/refresh", json=newest)).raise_for_status().json()
        assert (await http.post("/v1/refresh", json=body)).status_code == 401
        newest = {"refresh_token": fresh["refresh_token"]}
        assert (await http.post("/v1/refresh", json=newest)).status_code == 401


@pytest.mark.timed
async def test_S5_an_open_socket_ends_with_its_token_unless_it_is_renewed(tmp_path: Path) -> None:
    with server_process(tmp_path, tokens_access_life="8") as server:
        ada, bob = await register(server.address, "ada"), await register(server.address, "bob")
        renewing, idle = (Device(server.socket_address, each) for each in (ada, bob))
        await renewing.open()
        await idle.open()
        async with httpx.AsyncClient(base_url=server.address) as http:
            await asyncio.sleep(4.0)
            body = {"refresh_token": ada.refresh_token}
            fresh = (await http.post("/v1/refresh", json=body)).raise_for_status().json()
        await renewing.send_frame({"type": "renew", "token": fresh["access_token"], "ref": "r"})
        assert (await renewing.frame("done"))["ref"] == "r"

        code, _ = await idle.gone()
        assert code == 4002
        assert renewing.closed is None
        await renewing.close()


async def test_S18_a_socket_without_a_hello_is_closed(tmp_path: Path) -> None:
    with server_process(tmp_path, limits_login_deadline="0.5") as server:
        ada = await register(server.address, "ada")
        ada.token = "not a token"
        device = Device(server.socket_address, ada)
        with pytest.raises(ConnectionError):
            await device.open()
        code, _ = await device.gone()
        assert code == 4003


async def test_a_hello_that_waits_in_the_socket_of_a_stalled_server_counts(tmp_path: Path) -> None:
    with server_process(tmp_path, limits_login_deadline="2") as server:
        ada = await register(server.address, "ada")
        async with connect(f"{server.socket_address}/v1/ws") as socket:
            os.kill(server.pid, signal.SIGSTOP)
            await socket.send(json.dumps({"type": "hello", "token": ada.token}))
            await asyncio.sleep(3)
            os.kill(server.pid, signal.SIGCONT)
            assert json.loads(await asyncio.wait_for(socket.recv(), 60))["type"] == "welcome"


async def test_a_body_that_waits_in_the_socket_of_a_stalled_server_counts(tmp_path: Path) -> None:
    with server_process(tmp_path, limits_body_deadline="2") as server:
        path = "/socket.io/?EIO=4&transport=polling"
        async with httpx.AsyncClient(base_url=server.address) as http:
            sid = json.loads((await http.get(path)).text[1:])["sid"]
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        head = f"POST {path}&sid={sid} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        writer.write(head.encode() + b"Content-Length: 2\r\n\r\n4")
        await asyncio.sleep(1)
        os.kill(server.pid, signal.SIGSTOP)
        writer.write(b"0")
        await asyncio.sleep(3)
        os.kill(server.pid, signal.SIGCONT)
        answer = await asyncio.wait_for(reader.read(), 60)
        writer.close()
    assert answer.startswith(b"HTTP/1.1 200 "), answer


async def test_S12_an_upgrade_with_many_parameters_is_refused(server: ServerProcess) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"{server.socket_address}/v1/ws?{'a&' * 100}token=T")
    assert refused.value.response.status_code == 400
    assert b"at most 100 parameters" in refused.value.response.body
