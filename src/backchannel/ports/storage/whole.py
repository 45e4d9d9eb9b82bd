"""The storage port as a whole."""

from typing import Protocol

from backchannel.ports.search import Search
from backchannel.ports.storage.accounts import Accounts
from backchannel.ports.storage.conversations import Conversations
from backchannel.ports.storage.erasures import Erasures
from backchannel.ports.storage.files import Files
from backchannel.ports.storage.invitations import Invitations
from backchannel.ports.storage.messages import Messages


class Storage(Accounts, Invitations, Messages, Conversations, Files, Search, Erasures, Protocol):
    """A database that is open and has the current schema."""

    async def check(self) -> None:
        """Answer a trivial query, or raise `Unavailable`."""
        ...

    async def close(self) -> None:
        """Finish what is queued and let go of the database. Further calls raise `Unavailable`."""
        ...
