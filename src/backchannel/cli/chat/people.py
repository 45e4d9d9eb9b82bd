"""The users this client knows, and its conversations with them."""

from backchannel.cli.chat.api import Api
from backchannel.cli.chat.http import Refused
from backchannel.dialects.native.bodies import ConversationBody, MessageBody, UserBody
from backchannel.domain.ids import direct_conversation_id

PAGE = 20
"""Messages shown at once."""


class People:
    """Users and conversations by the users' ids."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._users: dict[str, UserBody] = {}
        self._conversations: dict[str, ConversationBody] = {}

    @property
    def own_id(self) -> str:
        return self._api.session.user.id

    async def refresh(self) -> None:
        """Fetch them anew."""
        views = await self._api.conversations()
        self._conversations = {view.peer_id: view for view in views if view.kind == "direct"}
        peers = [view.peer for view in self._conversations.values() if view.peer]
        self._users = {user.id: user for user in [*peers, *await self._api.users()]}

    def others(self) -> list[tuple[UserBody, int]]:
        """All other users with the number of unread messages; the latest conversation first."""
        return [
            (user, view.unread if (view := self._conversations.get(user.id)) else 0)
            for user in self._users.values()
            if user.id != self.own_id
        ]

    def usernames(self) -> list[str]:
        """The other users that are known so far."""
        return [user.username for user, _ in self.others()]

    async def find(self, name: str) -> UserBody:
        """The user with this id or username. Raises `Refused`."""
        if name not in self._users:
            user = await self._api.user(name)
            self._users[user.id] = user
            return user
        return self._users[name]

    async def find_by_any_name(self, name: str) -> UserBody:
        """The user with this id, username or display name. Raises `Refused`."""
        try:
            return await self.find(name)
        except Refused as refusal:
            if refusal.answer != 404:
                raise
        named = [
            user
            for user in await self._api.users(name)
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

    async def history(self, user_id: str, before: int | None = None) -> list[MessageBody]:
        """The newest messages with a user, or those before a number; none if there are none."""
        await self.refresh()
        if user_id not in self._conversations:
            return []
        return await self._api.messages(self.conversation_id(user_id), PAGE, before)
