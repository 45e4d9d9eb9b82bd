"""The storage port over MongoDB."""

from collections.abc import Sequence

from backchannel.domain.errors import ChatError
from backchannel.domain.messages import Draft
from backchannel.ports.storage import Gather, Stored
from backchannel.storage.mongodb.accounts import AccountMethods
from backchannel.storage.mongodb.batch import append
from backchannel.storage.mongodb.blocks import BlockMethods
from backchannel.storage.mongodb.changes import ChangeMethods
from backchannel.storage.mongodb.conversations import ConversationMethods
from backchannel.storage.mongodb.erasure import ErasureMethods
from backchannel.storage.mongodb.files import FileMethods
from backchannel.storage.mongodb.invitations import InvitationMethods
from backchannel.storage.mongodb.log import LogMethods
from backchannel.storage.mongodb.logins import LoginMethods
from backchannel.storage.mongodb.messages import MessageMethods
from backchannel.storage.mongodb.profiles import ProfileMethods
from backchannel.storage.mongodb.receipt_times import ReceiptTimeMethods
from backchannel.storage.mongodb.receipts import ReceiptMethods
from backchannel.storage.mongodb.reports import ReportMethods
from backchannel.storage.mongodb.requests import RequestMethods
from backchannel.storage.mongodb.search import SearchMethods
from backchannel.storage.mongodb.sessions import SessionMethods
from backchannel.storage.mongodb.settings import SettingsMethods
from backchannel.storage.mongodb.transfer.storage import TransferMethods


class MongoStorage(
    AccountMethods,
    InvitationMethods,
    LoginMethods,
    ProfileMethods,
    MessageMethods,
    ChangeMethods,
    LogMethods,
    ReceiptMethods,
    ReceiptTimeMethods,
    ConversationMethods,
    RequestMethods,
    SettingsMethods,
    SessionMethods,
    BlockMethods,
    FileMethods,
    ErasureMethods,
    SearchMethods,
    ReportMethods,
    TransferMethods,
):
    """A storage over an open database of the current schema."""

    async def append(self, drafts: Sequence[Draft], *, at: int) -> list[Stored | ChatError]:
        return await append(self.database, lambda: (drafts, at))

    async def append_gathered(self, gather: Gather) -> list[Stored | ChatError]:
        return await append(self.database, gather)

    async def check(self) -> None:
        await self.database.check()

    async def close(self) -> None:
        await self.database.close()
