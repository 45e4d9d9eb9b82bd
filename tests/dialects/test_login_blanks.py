"""A space that a phone's keyboard adds after a name does not prevent a login, in any dialect."""

import httpx
import pytest

from tests.support.chat_server import ChatServer
from tests.support.core import PASSWORD, make_user

LOGINS = [
    ("/v1/login", "identifier", "ada"),
    ("/v1/login", "identifier", "ada@example.org"),
    ("/login", "username", "ada"),
    ("/auth/login", "email", "ada@example.org"),
    ("/api/auth/login", "email", "ada@example.org"),
    ("/api/user/login", "email", "ada@example.org"),
]


@pytest.mark.parametrize("blanks", ["{} ", " {}", "{}\t", "{}\u00a0", "{}\n"])
async def test_blanks_around_a_login_name_are_ignored(
    server: ChatServer, http: httpx.AsyncClient, blanks: str
) -> None:
    await make_user(server.core, "ada")
    for path, field, name in LOGINS:
        answer = await http.post(path, json={field: blanks.format(name), "password": PASSWORD})
        assert answer.status_code == 200, answer.text
