"""The operator opens or closes registration, for every dialect alike."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from backchannel.chat import invitations
from backchannel.chat.core import Policy
from backchannel.domain.accounts import Registration
from tests.support.chat_server import ChatServer, chat_server
from tests.support.core import PASSWORD, make_core, make_user

ACCOUNT = {"username": "eve", "email": "eve@example.org", "password": PASSWORD}
PATHS = (
    "/v1/register",
    "/register",
    "/auth/register",
    "/api/auth/signup",
    "/api/user/register",
)
"""The path of registration in each dialect."""


@asynccontextmanager
async def serving(
    folder: Path, registration: Registration, *, users_invite: bool = False
) -> AsyncGenerator[tuple[ChatServer, httpx.AsyncClient]]:
    policy = Policy(registration=registration, users_invite=users_invite)
    async with (
        make_core(folder, policy=policy) as core,
        chat_server(core) as server,
        httpx.AsyncClient(base_url=server.address) as http,
    ):
        yield server, http


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("registration", [Registration.INVITATION, Registration.CLOSED])
async def test_every_dialect_refuses_in_its_own_form(
    tmp_path: Path, path: str, registration: Registration
) -> None:
    async with serving(tmp_path, registration) as (server, http):
        refused = await http.post(path, json=ACCOUNT)
        assert refused.status_code == 403
        assert ("invitation" if registration == "invitation" else "closed") in refused.text
        assert await server.core.storage.account_by_username("eve") is None


async def test_an_invited_person_makes_an_account_once(tmp_path: Path) -> None:
    async with serving(tmp_path, Registration.INVITATION, users_invite=True) as (server, http):
        ada = await make_user(server.core, "ada")
        made = await invitations.invite(server.core, ada.id, uses=1, days=7)
        path = f"/v1/invitations/{made.code}"
        assert (await http.get(path)).json()["inviter"]["username"] == "ada"
        invited = {**ACCOUNT, "invitation": made.code}
        assert (await http.post("/v1/register", json=invited)).status_code == 201
        assert (await http.get(path)).status_code == 404
        again = await http.post("/v1/register", json={**invited, "username": "mallory"})
        assert (again.status_code, again.json()["code"]) == (403, "invitation_needed")


async def test_an_open_server_needs_no_invitation(tmp_path: Path) -> None:
    async with serving(tmp_path, Registration.OPEN) as (server, http):
        made = await invitations.invite_as_operator(server.core, uses=1, days=1)
        shown = (await http.get(f"/v1/invitations/{made.code}")).json()
        assert shown["inviter"] is None
        invited = {**ACCOUNT, "invitation": made.code}
        assert (await http.post("/v1/register", json=invited)).status_code == 201
        assert (await http.get(f"/v1/invitations/{made.code}")).status_code == 200


@pytest.mark.parametrize(
    ("registration", "expected"),
    [
        (Registration.OPEN, (True, False, True)),
        (Registration.INVITATION, (True, True, True)),
        (Registration.CLOSED, (False, False, False)),
    ],
)
async def test_the_configuration_shows_who_may_register_and_invite(
    tmp_path: Path, registration: Registration, expected: tuple[bool, ...]
) -> None:
    async with serving(tmp_path, registration, users_invite=True) as (_, http):
        config = (await http.get("/v1/config")).json()
        names = ("registration", "invitation_needed", "user_invitations")
        assert tuple(config[name] for name in names) == expected


async def test_users_invite_where_the_operator_lets_them(tmp_path: Path) -> None:
    async with serving(tmp_path, Registration.OPEN, users_invite=True) as (_, http):
        await http.post("/v1/register", json=ACCOUNT)
        login = {"identifier": "eve", "password": PASSWORD}
        token = (await http.post("/v1/login", json=login)).json()["access_token"]
        http.headers["authorization"] = f"Bearer {token}"
        made = [(await http.post("/v1/invitations", json={})).json() for _ in range(20)]
        assert (await http.post("/v1/invitations", json={})).status_code == 409
        listed = (await http.get("/v1/invitations?limit=200")).json()["items"]
        assert {each["code"] for each in listed} == {each["code"] for each in made}
        assert made[0]["path"] == f"/sign-up?invitation={made[0]['code']}"
        for wrong in ({"uses": 0}, {"uses": 101}, {"days": 366}):
            refused = await http.post("/v1/invitations", json=wrong)
            assert (refused.status_code, [refused.json()["field"]]) == (400, list(wrong))
        path = f"/v1/invitations/{made[0]['code']}"
        assert (await http.delete(path)).status_code == 204
        assert (await http.delete(path)).status_code == 404


async def test_users_do_not_invite_by_default(tmp_path: Path) -> None:
    async with serving(tmp_path, Registration.INVITATION) as (server, http):
        await make_user(server.core, "ada")
        login = {"identifier": "ada", "password": PASSWORD}
        token = (await http.post("/v1/login", json=login)).json()["access_token"]
        headers = {"authorization": f"Bearer {token}"}
        assert (await http.post("/v1/invitations", json={}, headers=headers)).status_code == 403
