"""The storage port over any SQL database: each method is one transaction."""

from collections.abc import Sequence

from backchannel.domain.errors import ChatError
from backchannel.domain.messages import Draft
from backchannel.domain.search import EVERYTHING, SearchFilter
from backchannel.ports.storage import Gather, Stored
from backchannel.ports.storage.messages import Found
from backchannel.storage.shared.drafts import (
    AppendedDraft,
    IncomingBatch,
    are_storable,
    is_storable,
    unstorable,
)
from backchannel.storage.sql.accounts import AccountMethods
from backchannel.storage.sql.batch import Batch, Outcome
from backchannel.storage.sql.blocks import BlockMethods
from backchannel.storage.sql.changes import ChangeMethods
from backchannel.storage.sql.conversations import ConversationMethods
from backchannel.storage.sql.database import Database, Transaction
from backchannel.storage.sql.erasure import ErasureMethods
from backchannel.storage.sql.files import FileMethods
from backchannel.storage.sql.invitations import InvitationMethods
from backchannel.storage.sql.log import LogMethods
from backchannel.storage.sql.logins import LoginMethods
from backchannel.storage.sql.messages import MessageMethods
from backchannel.storage.sql.profiles import ProfileMethods
from backchannel.storage.sql.receipt_times import ReceiptTimeMethods
from backchannel.storage.sql.receipts import ReceiptMethods
from backchannel.storage.sql.reports import ReportMethods
from backchannel.storage.sql.requests import RequestMethods
from backchannel.storage.sql.search import Index, search
from backchannel.storage.sql.sessions import SessionMethods
from backchannel.storage.sql.settings import SettingsMethods
from backchannel.storage.sql.transfer.storage import TransferMethods


class SqlStorage(
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
    ReportMethods,
    TransferMethods,
):
    """A storage over an open database of the current schema; engines add `scrub`."""

    def __init__(self, database: Database, index: Index) -> None:
        super().__init__(database)
        self._index = index

    async def append(self, drafts: Sequence[Draft], *, at: int) -> list[Stored | ChatError]:
        return await self.append_gathered(lambda: (drafts, at))

    async def append_gathered(self, gather: Gather) -> list[Stored | ChatError]:
        """Implements `ports.storage.Messages`: each table takes the batch in one statement."""

        async def work(transaction: Transaction) -> list[Outcome]:
            drafts, at = gather()
            sound = drafts if are_storable(drafts) else list(filter(is_storable, drafts))
            if not sound:
                return [unstorable(draft) for draft in drafts]
            batch = await Batch.open(transaction, IncomingBatch(sound), at=at)
            outcomes = batch.append()
            await batch.write(transaction)
            if sound is drafts:
                return outcomes
            each = iter(outcomes)
            return [next(each) if is_storable(draft) else unstorable(draft) for draft in drafts]

        appended = await self.database.write_in_turn(work)
        # Made only now: the next transaction need not wait for it.
        _, at = gather()
        return [each.stored(at) if isinstance(each, AppendedDraft) else each for each in appended]

    async def search(
        self,
        user_id: str,
        terms: Sequence[str],
        *,
        conversation_id: str | None = None,
        before: str | None = None,
        only: SearchFilter = EVERYTHING,
        limit: int,
    ) -> Found:
        """Implements `ports.storage.messages.Search`."""
        return await self.database.read(
            lambda tx: search(
                tx,
                self._index,
                user_id,
                terms,
                conversation_id=conversation_id,
                before=before,
                only=only,
                limit=limit,
            )
        )

    async def check(self) -> None:
        await self.database.check()

    async def close(self) -> None:
        await self.database.close()
