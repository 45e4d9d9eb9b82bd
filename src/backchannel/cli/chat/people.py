"""Who is who, and what was said with whom."""

from backchannel.cli.chat.api import Api
from backchannel.dialects.native.bodies import ConversationBody, MessageBody, UserBody
from backchannel.domain.ids import direct_conversation_id

HISTORY = 20


class People:
    """The users this client has met, and its conversations, by the users' ids."""

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
        """Everybody but oneself with what is unread: those one last wrote with come first."""
        return [
            (user, view.unread if (view := self._conversations.get(user.id)) else 0)
            for user in self._users.values()
            if user.id != self.own_id
        ]

    async def find(self, name: str) -> UserBody:
        """The user with this id or username. Raises `Refused`."""
        if name not in self._users:
            user = await self._api.user(name)
            self._users[user.id] = user
            return user
        return self._users[name]

    def conversation_id(self, user_id: str) -> str:
        """The conversation with a user; its id follows from the two."""
        return direct_conversation_id(self.own_id, user_id)

    async def history(self, user_id: str) -> list[MessageBody]:
        """The newest messages with a user; none if nothing was said yet."""
        await self.refresh()
        if user_id not in self._conversations:
            return []
        return await self._api.messages(self.conversation_id(user_id), HISTORY)
