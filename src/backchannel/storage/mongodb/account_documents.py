"""The documents about users: accounts, logins, block lists, erasures, and files."""

import msgspec

from backchannel.domain.users import Audience, FirstMessages, Privacy, Shared, User
from backchannel.storage.mongodb.documents import Document, MessageKey


class Pair(msgspec.Struct, frozen=True):
    """A user, and another user blocked by the first."""

    user: str
    other: str


class UserDocument(Document, kw_only=True):
    """A user, and the head of the user's log."""

    id: str
    username: str
    username_key: str
    # The skeleton of the username (Unicode UTS 39); None if an older account has the same one.
    look_alike_key: str | None = None
    email: str | None = None
    email_key: str | None = None
    display_name: str
    # The text that a user search matches.
    search_key: str
    password_hash: str
    created_at: int
    updated_at: int
    last_seen_at: int | None = None
    disabled_at: int | None = None
    # Times: of the last change of the display name, of the start of the last round in which the
    # peers were told of a new profile, and at which the next part of a round is due.
    profile_changed_at: int | None = None
    profile_told_at: int | None = None
    profile_due_at: int | None = None
    # The conversation up to which this round has told the peers; None between rounds.
    profile_told_up_to: str | None = None
    privacy: Privacy = Privacy()
    # When the user's budget for message requests is full again.
    requests_whole_at: int | None = None
    # Once this is set, the document contains no personal data and gets none again.
    erased_at: int | None = None
    about: str = ""
    avatar: str | None = None
    epoch: str
    position: int = 0
    floor: int = 0
    delivered_position: int = 0

    def hides(self, shared: Shared) -> bool:
        """True if the user's privacy settings share this with no one."""
        return getattr(self.privacy, shared.value) is Audience.NOBODY

    @property
    def hides_receipts(self) -> bool:
        """True if other users do not get the user's read marks."""
        return self.privacy.receipts is Audience.NOBODY

    @property
    def takes_requests(self) -> bool:
        """True if a first message from a user to whom this one never wrote is a request."""
        return self.privacy.first_messages is FirstMessages.REQUESTS

    def user(self) -> User:
        """The user, as other parts of the server see it."""
        return User(**{name: getattr(self, name) for name in User.__struct_fields__})


class InvitationDocument(Document, kw_only=True):
    """An invitation to create an account; without `inviter_id` it is the operator's."""

    id: str
    inviter_id: str | None = None
    uses: int
    created_at: int
    expires_at: int


class ReportDocument(Document, kw_only=True):
    """A report to the operator; `messages` are copies, as JSON."""

    id: str
    reporter_id: str
    user_id: str
    reason: str
    comment: str
    messages: str
    created_at: int
    closed_at: int | None = None
    note: str = ""


class LoginDocument(Document, kw_only=True):
    """A login with its tokens."""

    id: str
    user_id: str
    agent: str
    address: str
    created_at: int
    last_used_at: int
    expires_at: int
    generation: int = 0
    position: int = 0
    ended_at: int | None = None


class BlockDocument(Document, kw_only=True):
    """An entry of a block list."""

    id: Pair
    created_at: int


class ErasureDocument(Document, kw_only=True):
    """The erasure of an account, and its progress."""

    id: str
    user_id: str
    requested_at: int
    begun_at: int | None = None
    completed_at: int | None = None
    signature: str | None = None
    # The conversation to continue with, and the `seq` up to which it is erased.
    conversation: str = ""
    seq: int = 0
    # Counts of erased items (`domain.erasures.Erased`), as JSON.
    erased: str


class AttachmentKey(msgspec.Struct, frozen=True):
    """The key of an attachment: a file, and the message that it is attached to."""

    file: str
    conversation: str
    seq: int


class FileDocument(Document, kw_only=True):
    """A file, or an upload that will become one; sizes are in bytes."""

    id: str
    owner_id: str
    complete: bool = False
    name: str
    media_type: str
    size: int
    created_at: int
    metadata: str = ""
    sha256: str = ""
    blocks: str = ""
    upload_size: int = 0
    width: int | None = None
    height: int | None = None
    duration: int | None = None
    thumbnail_size: int = 0
    thumbnail_sha256: str = ""
    waveform: str = ""
    placeholder: str = ""
    # The number of messages that name it, plus one if it is its owner's avatar.
    named: int = 0
    is_avatar: bool = False
    # Given up: messages can no longer name it, and its content is being deleted.
    condemned_at: int | None = None


class AttachmentDocument(Document, kw_only=True):
    """A file that is attached to a message."""

    id: AttachmentKey
    message: MessageKey
    members: list[str]
