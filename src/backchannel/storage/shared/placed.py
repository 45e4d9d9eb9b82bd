"""The outcome of a draft, in its transaction and afterwards."""

import msgspec

from backchannel.domain.events import Event, EventKind, Fact
from backchannel.domain.messages import Draft, Message
from backchannel.ports.storage import Stored


class Placed(msgspec.Struct, frozen=True, gc=False):
    """A draft's id, and its places in its conversation and in both logs.

    A position is 0 where there is no log to be in. `repeated` is for the same draft again
    within its batch.
    """

    draft: Draft
    id: str
    seq: int
    sender_position: int
    recipient_position: int
    repeated: bool = False

    def again(self) -> "Placed":
        """The outcome of the same draft when it is sent again."""
        return msgspec.structs.replace(self, repeated=True)

    def stored(self, at: int) -> Stored:
        """The message that the draft has become at `at`, and what the logs say of it."""
        draft = self.draft
        message = Message(
            draft.conversation_id,
            self.seq,
            self.id,
            draft.sender_id,
            draft.recipient_id,
            draft.client_id,
            draft.kind,
            draft.body,
            at,
            draft.reply_to,
            files=draft.files,
        )
        if self.repeated:
            return Stored(message, repeated=True)
        fact = Fact(EventKind.MESSAGE, message)
        own, other = self.sender_position, self.recipient_position
        events = (Event(draft.sender_id, own, fact),) if own else ()
        if other:
            events = (*events, Event(draft.recipient_id, other, fact))
        return Stored(message, events)
