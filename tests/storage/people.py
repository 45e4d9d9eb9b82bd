"""Users and drafts for the tests of storage."""

from collections.abc import Sequence
from dataclasses import dataclass

from backchannel.domain.errors import ChatError
from backchannel.domain.events import Event
from backchannel.domain.ids import RESPONDER_ID, direct_conversation_id, new_id
from backchannel.domain.ids import session_conversation_id as session_id
from backchannel.domain.messages import Draft, Message
from backchannel.domain.users import Account, Login, User
from backchannel.ports.storage import Storage, Stored

AT = 1_700_000_000_000
PASSWORD_HASH = "a hash"


@dataclass(frozen=True)
class Pair:
    """Two users and the id of their conversation."""

    ada: str
    bob: str
    id: str

    def draft(
        self, body: str, *, client_id: str | None = None, reply_to: int | None = None
    ) -> Draft:
        """From Ada to Bob."""
        return Draft(self.id, self.ada, self.bob, client_id or new_id(), body, reply_to=reply_to)

    def answer(self, body: str, *, client_id: str | None = None) -> Draft:
        """From Bob to Ada."""
        return Draft(self.id, self.bob, self.ada, client_id or new_id(), body)


def make_account(username: str, *, email: str | None = None) -> Account:
    user = User(
        id=new_id(),
        username=username,
        email=email,
        display_name=username.title(),
        created_at=AT,
        updated_at=AT,
    )
    return Account(user=user, password_hash=PASSWORD_HASH)


async def make_user(storage: Storage, username: str | None = None) -> str:
    account = make_account(username or f"user-{new_id()}")
    await storage.create_user(account)
    return account.user.id


async def make_pair(storage: Storage) -> Pair:
    ada, bob = await make_user(storage), await make_user(storage)
    return Pair(ada, bob, direct_conversation_id(ada, bob))


def make_login(user_id: str, *, created_at: int = AT) -> Login:
    return Login(
        id=new_id(),
        user_id=user_id,
        agent="test",
        address="192.0.2.1",
        created_at=created_at,
        last_used_at=created_at,
        expires_at=created_at + 1000,
    )


async def add_login(storage: Storage, login: Login) -> None:
    """Store a login of a user whose password is that of `make_account`."""
    assert await storage.create_login(login, password_hash=PASSWORD_HASH)


async def usage(storage: Storage, user_id: str) -> int:
    """Bytes of the user's files and unfinished uploads."""
    files = await storage.owned_files(user_id, after="", limit=1_000, given_up=True)
    uploads = await storage.owned_uploads(user_id, after="", limit=1_000)
    return sum(each.size + each.thumbnail_size for each in files) + sum(
        each.size for each in uploads
    )


def session_draft(user_id: str, key: str, body: str, *, client_id: str | None = None) -> Draft:
    return Draft(session_id(user_id, key), user_id, RESPONDER_ID, client_id or new_id(), body)


async def send(storage: Storage, *drafts: Draft, at: int = AT) -> list[Stored]:
    """Append drafts that must all be stored."""
    outcomes = await storage.append(drafts, at=at)
    stored = [outcome for outcome in outcomes if isinstance(outcome, Stored)]
    assert len(stored) == len(drafts), outcomes
    return stored


async def refusals(storage: Storage, *drafts: Draft) -> list[type[ChatError] | None]:
    """The kind of refusal of each draft, None where it is stored."""
    outcomes = await storage.append(drafts, at=AT)
    return [None if isinstance(outcome, Stored) else type(outcome) for outcome in outcomes]


async def bodies(storage: Storage, conversation_id: str) -> list[str]:
    """The text of every message, page by page."""
    texts: list[str] = []
    after = 0
    while page := await storage.history(conversation_id, after=after, limit=10_000):
        texts += [message.body for message in page]
        after = page[-1].seq
    return texts


async def whole_log(storage: Storage, user_id: str) -> list[Event]:
    page = await storage.log(user_id, after=0, limit=100_000)
    assert page.complete
    return list(page.events)


def messages_of(events: Sequence[Event]) -> list[Message]:
    return [event.payload.content for event in events if isinstance(event.payload.content, Message)]
