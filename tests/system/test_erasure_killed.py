"""S22: a requested erasure is completed, however often the server is killed meanwhile."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import PASSWORD, Api, Caller
from tests.support.canaries import TIMEOUT, canary, completed, found, upload
from tests.support.process import server_process


def progressed(api: Api, url: str, kind: str) -> Callable[[], bool]:
    def is_so() -> bool:
        receipt = api.anonymous.get(url)
        return bool(receipt["status"] == "done" or receipt["erased"][kind] > 0)

    return is_so


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + TIMEOUT
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.002)


@pytest.mark.slow
def test_S22_kills_only_delay_an_erasure(tmp_path: Path) -> None:
    with server_process(tmp_path, trusted_proxies="127.0.0.1") as server:
        api = Api(server.address)
        ada, bob = api.new_user("ada"), api.new_user("bob")
        for number in range(450):
            ada.send(bob, f"{canary('body')} {number}", client_id=f"{number}{canary('key')}")
        for number in range(5):
            upload(ada, f"{canary('file')}{number}", f"{canary('content')} {number}".encode())
        assert {"body", "key", "file", "content"} <= found(server)
        url = ada.done("DELETE", "/v1/me", json={"password": PASSWORD})["url"]
        kills = 0
        for kind in ("", "events", "messages", "files"):
            if kind:
                wait_until(progressed(api, url, kind))
            server.kill()
            server.start()
            kills += 1
            assert api.anonymous.get(url)["status"] in {"pending", "done"}
            guess = {"identifier": ada.username, "password": PASSWORD}
            api.anonymous.refused(401, "POST", "/v1/login", json=guess)
        receipt = completed(api, url)
        assert kills == 4
        assert (receipt["erased"]["messages"], receipt["erased"]["files"]) == (450, 5)
        assert found(server) == set()
        history = f"/v1/conversations/{_only(bob)}/messages"
        page = bob.get(history, limit=200)["items"]
        assert [each["seq"] for each in page] == list(range(251, 451))
        api.close()


def _only(caller: Caller) -> str:
    (conversation,) = caller.get("/v1/conversations")["items"]
    found: Any = conversation["id"]
    return str(found)
