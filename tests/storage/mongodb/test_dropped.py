"""S1, R9: a read notices a dropped database before a login is reported as ended."""

from collections.abc import Awaitable, Callable

import pytest

from backchannel.domain.errors import Unavailable
from backchannel.domain.users import Login
from backchannel.storage.mongodb.opening import open_mongodb
from backchannel.storage.mongodb.storage import MongoStorage
from tests.storage.mongodb.conftest import FORGOTTEN_SOCKETS
from tests.storage.people import AT, Pair, add_login, make_login, make_pair, send
from tests.support import mongod
from tests.support.mongod import Mongod

pytestmark = [pytest.mark.service, pytest.mark.filterwarnings(FORGOTTEN_SOCKETS)]

Use = Callable[[MongoStorage, Pair, Login], Awaitable[object]]
USES: dict[str, Use] = {
    "a login": lambda storage, _, login: storage.login(login.id),
    "a token that is renewed": lambda storage, _, login: storage.rotate_login(
        login.id, generation=0, at=AT, until=AT + 1
    ),
    "a user": lambda storage, pair, _: storage.account(pair.ada),
    "a history": lambda storage, pair, _: storage.history(pair.id, limit=10),
    "a log": lambda storage, pair, _: storage.log(pair.bob, after=0, limit=10),
    "ended logins": lambda storage, *_: storage.logins_ended_since(0),
    "a message": lambda storage, pair, _: storage.append([pair.draft("late")], at=AT),
    "readiness": lambda storage, *_: storage.check(),
}


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Mongod:
    return mongod.shared(replicated=request.param)


@pytest.mark.parametrize(
    "server",
    [
        pytest.param(False, id="one server"),
        pytest.param(True, id="replica set", marks=pytest.mark.nightly),
    ],
    indirect=True,
)
@pytest.mark.parametrize("use", USES)
async def test_S1_R9_a_dropped_database_is_noticed_by_every_request(
    use: str, server: Mongod, caplog: pytest.LogCaptureFixture
) -> None:
    storage = await open_mongodb(server.url("dropped"))
    pair = await make_pair(storage)
    login = make_login(pair.ada)
    await add_login(storage, login)
    await send(storage, pair.draft("hello"))
    assert await storage.account_by_username("nobody") is None
    with server.client() as client:
        client.drop_database("dropped")
    with pytest.raises(Unavailable, match="no longer uses its database"):
        await USES[use](storage, pair, login)
    with pytest.raises(Unavailable, match="no longer uses its database"):
        await storage.users([pair.ada])
    assert [each.levelname for each in caplog.records] == ["CRITICAL"]
    assert "restart this server" in caplog.text
    await storage.close()
