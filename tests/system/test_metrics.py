"""Metrics for the operator."""

from pathlib import Path

import httpx

from tests.support.native import Device, register
from tests.support.process import server_process


async def test_metrics_count_messages_and_sockets(tmp_path: Path) -> None:
    with server_process(tmp_path) as server:
        ada, bob = await register(server.address, "ada"), await register(server.address, "bob")
        device = Device(server.socket_address, ada)
        await device.open()
        for number in range(3):
            await device.send(bob, "hello", str(number))
        async with httpx.AsyncClient(base_url=server.address) as client:
            text = (await client.get("/metrics")).text
        await device.close()
    assert "backchannel_messages_stored_total 3.0" in text
    assert "backchannel_sockets_live 1.0" in text


def test_S21_metrics_are_private_in_production(tmp_path: Path) -> None:
    secret = "0123456789abcdef0123456789abcdef-long-enough"
    with server_process(tmp_path, environment="production", jwt_secret=secret) as server:
        assert httpx.get(f"{server.address}/metrics").status_code == 404
        assert httpx.get(f"{server.address}/docs").status_code == 404
