"""The users known to this client, and its conversations with them."""

from backchannel.cli.chat.errors import Refused
from backchannel_client import (
    ApiError,
    BackchannelClient,
    Conversation,
    Message,
    User,
    direct_conversation_id,
)

PAGE = 20
"""Messages shown at once."""
USERS = 100


class People:
    """Users and conversations by the users' ids. Its methods raise `ApiError`."""

    def __init__(self, client: BackchannelClient, own_id: str) -> None:
        self.own_id = own_id
        self._client = client
        self._users: dict[str, User] = {}
        self._conversations: dict[str, Conversation] = {}

    async def refresh(self) -> None:
        """Fetch them again."""
        views = (await self._client.api.conversations(kind="direct")).items
        self._conversations = {view.peer_id: view for view in views}
        peers = [view.peer for view in self._conversations.values() if view.peer]
        users = (await self._client.api.users(limit=USERS)).items
        self._users = {user.id: user for user in [*peers, *users]}

    def others(self) -> list[tuple[User, int]]:
        """All other users with the number of unread messages; the latest conversation first."""
        return [
            (user, view.unread if (view := self._conversations.get(user.id)) else 0)
            for user in self._users.values()
            if user.id != self.own_id
        ]

    async def find(self, name: str) -> User:
        """The user with this id or username."""
        if name not in self._users:
            user = await self._client.api.user(name)
            self._users[user.id] = user
            return user
        return self._users[name]

    async def find_by_any_name(self, name: str) -> User:
        """The user with this id, username or display name. Raises also `Refused`."""
        try:
            return await self.find(name)
        except ApiError as error:
            if error.status != 404:
                raise
        named = [
            user
            for user in (await self._client.api.users(name, limit=USERS)).items
            if user.display_name.casefold() == name.casefold()
        ]
        if len(named) == 1:
            return named[0]
        if named:
            usernames = ", ".join(user.username for user in named)
            raise Refused(f'several users are called "{name}"; choose one of: {usernames}')
        raise Refused(f'there is no user "{name}"; /people lists the users')

    def conversation_id(self, user_id: str) -> str:
        """The conversation with a user; its id follows from the two."""
        return direct_conversation_id(self.own_id, user_id)

    async def history(self, user_id: str, before: int | None = None) -> list[Message]:
        """The newest messages with a user, or those before a number; none if there are none."""
        await self.refresh()
        if user_id not in self._conversations:
            return []
        conversation_id = self.conversation_id(user_id)
        page = await self._client.api.messages(conversation_id, before=before, limit=PAGE)
        return page.items
