"""S22: an account is erased by the command line while the server runs."""

import asyncio
import json
import os
import sys
from pathlib import Path

from tests.support.api import PASSWORD, Api
from tests.support.native import Device, register
from tests.support.process import server_process


async def test_S22_S1_an_account_deleted_by_the_operator_is_erased_on_a_running_server(
    tmp_path: Path,
) -> None:
    with server_process(tmp_path, trusted_proxies="127.0.0.1") as server:
        ada, api = await register(server.address, "ada"), Api(server.address)
        bob = api.new_user("bob")
        old = bob.post("/v1/messages", to="ada", body="Bob's own words")
        device = Device(server.socket_address, ada)
        await device.open()
        command = [sys.executable, "-m", "backchannel", "user", "delete", "ada", "--yes"]
        deleting = await asyncio.create_subprocess_exec(
            *command,
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "BACKCHANNEL_DATA_DIR": str(server.data)},
            stdout=asyncio.subprocess.PIPE,
        )
        code, _ = await device.gone()
        assert code == 4001
        async with asyncio.timeout(60):
            printed, _ = await deleting.communicate()
        assert deleting.returncode == 0
        receipt = api.anonymous.get(f"/v1/erasures/{json.loads(printed)['id']}")
        assert receipt["status"] == "done"
        assert receipt["signature"] == json.loads(printed)["signature"]
        api.anonymous.post("/v1/register", username="ada", password=PASSWORD)
        new = bob.post("/v1/messages", to="ada", body="hello again")
        assert new["conversation_id"] != old["conversation_id"]
        api.close()
