"""Names with a slash, which older accounts have and sessions may have, are reached as `%2F`."""

import httpx
import pytest

from backchannel.chat import sessions
from tests.storage.people import make_account
from tests.support.chat_server import ChatServer
from tests.support.plain_socket import Person

NAMES = ["a/b", "a/b/c", "/", "a%2Fb", "a b/ü"]


def quoted(name: str) -> str:
    return name.replace("%", "%25").replace("/", "%2F").replace(" ", "%20")


@pytest.mark.parametrize("name", NAMES)
async def test_an_older_account_with_a_slash_can_be_addressed(
    server: ChatServer, ada: Person, name: str
) -> None:
    account = make_account(name)
    await server.core.storage.create_user(account)
    async with httpx.AsyncClient(base_url=server.address, headers=ada.headers) as http:
        found = await http.get(f"/v1/users/{quoted(name)}")
        assert (found.status_code, found.json()["username"]) == (200, name)
        assert (await http.put(f"/v1/blocks/{quoted(name)}")).status_code == 204
        assert await server.core.storage.blocked(ada.id) == [account.user.id]
        assert (await http.get(f"/users/{quoted(name)}")).status_code == 200


@pytest.mark.parametrize("key", NAMES)
async def test_a_session_key_with_a_slash_can_be_addressed(
    server: ChatServer, ada: Person, key: str
) -> None:
    await sessions.open_session(server.core, ada.id, key=key)
    path = f"/api/sessions/{quoted(key)}"
    async with httpx.AsyncClient(base_url=server.address, headers=ada.headers) as http:
        assert (await http.get(f"{path}/messages")).status_code == 200
        renamed = await http.patch(path, json={"name": "Another name"})
        assert renamed.status_code == 200, renamed.text
        assert (await http.delete(path)).is_success


@pytest.mark.parametrize("path", ["/v1%2Fme", "/v1/users%2Fada", "/api%2Fsessions"])
async def test_an_encoded_slash_does_not_separate_path_segments(
    server: ChatServer, ada: Person, path: str
) -> None:
    async with httpx.AsyncClient(base_url=server.address, headers=ada.headers) as http:
        assert (await http.get(path)).status_code == 404
