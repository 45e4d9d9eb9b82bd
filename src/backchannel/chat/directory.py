"""The directory: a cache of names and memberships, which end only with their accounts."""

from collections.abc import Iterable

from backchannel.domain.accounts import EMAIL_LIMIT, normalise_username
from backchannel.domain.characters import is_text
from backchannel.domain.errors import NotFound
from backchannel.domain.ids import is_id
from backchannel.domain.users import Account, username_key
from backchannel.ports.storage import Storage

REMEMBERED = 50_000
"""Most entries of each kind; the oldest go first."""


class Directory:
    """Answers from its cache at once, and asks storage for the rest."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._ids: dict[str, str] = {}
        self._usernames: dict[str, str] = {}
        self._peers: dict[tuple[str, str], str] = {}

    def known_id(self, name: str) -> str | None:
        """The id of a user named by id or username, if it is remembered."""
        if name in self._usernames:
            return name
        return self._ids.get(username_key(name)) if len(name) <= EMAIL_LIMIT else None

    def known_username(self, user_id: str) -> str | None:
        return self._usernames.get(user_id)

    def known_peer(self, user_id: str, conversation_id: str) -> str | None:
        """The other member of a conversation of this user, if it is remembered."""
        return self._peers.get((user_id, conversation_id))

    def learn(self, user_id: str, username: str) -> None:
        _remember(self._usernames, user_id, username)
        _remember(self._ids, username_key(username), user_id)

    def forget(self, user_id: str) -> None:
        """Forget an erased user, whose name another user may take."""
        username = self._usernames.pop(user_id, None)
        if username is not None:
            self._ids.pop(username_key(username), None)

    async def find_id(self, name: str, *, field: str = "receiver") -> str:
        """The id of a user named by id or username. Raises `NotFound`."""
        known = self.known_id(name)
        if known is not None:
            return known
        account = await self._account(name) if is_text(name) else None
        if account is None:
            raise NotFound(f"{field} is not a user", field=field)
        self.learn(account.user.id, account.user.username)
        return account.user.id

    async def find_ids(self, names: Iterable[str], *, field: str) -> list[str]:
        """The ids of users named by id or username. A name with the form of an id counts as one.

        Raises `NotFound` for a username that no user has.
        """
        found: list[str] = []
        for name in names:
            known = self.known_id(name) or (name if is_id(name) else None)
            found.append(known or await self.find_id(name, field=field))
        return found

    async def _account(self, name: str) -> Account | None:
        by_id = await self._storage.account(name)
        return by_id or await self._storage.account_by_username(normalise_username(name))

    async def learn_all(self, user_ids: Iterable[str]) -> None:
        """Remember the usernames of the ids that exist."""
        unknown = [each for each in set(user_ids) if each not in self._usernames]
        if unknown:
            for user in (await self._storage.users(unknown)).values():
                self.learn(user.id, user.username)

    async def find_peer(self, user_id: str, conversation_id: str) -> str:
        """The other member of a conversation. Raises `NotFound`, to non-members too (S11)."""
        known = self.known_peer(user_id, conversation_id)
        if known is not None:
            return known
        view = await self._storage.conversation(user_id, conversation_id)
        if view is None:
            raise NotFound("conversation not found")
        self._peers[user_id, conversation_id] = view.peer_id
        if len(self._peers) > REMEMBERED:
            del self._peers[next(iter(self._peers))]
        return view.peer_id


def _remember(entries: dict[str, str], key: str, value: str) -> None:
    entries[key] = value
    if len(entries) > REMEMBERED:
        del entries[next(iter(entries))]
