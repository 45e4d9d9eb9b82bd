"""The documents that tell of users: accounts, logins, block lists, erasures."""

import msgspec

from backchannel.domain.privacy import Audience, Privacy, Shared
from backchannel.domain.users import User
from backchannel.storage.mongodb.documents import Document


class Pair(msgspec.Struct, frozen=True):
    """A user and another one, whom the first has blocked."""

    user: str
    other: str


class UserDocument(Document, kw_only=True):
    """A user, and the head of the user's log."""

    id: str
    username: str
    username_key: str
    # What the username looks like; None where an older account of that look has it.
    look_alike_key: str | None = None
    email: str | None = None
    email_key: str | None = None
    display_name: str
    # What a search for users looks through.
    search_key: str
    password_hash: str
    created_at: int
    updated_at: int
    last_seen_at: int | None = None
    disabled_at: int | None = None
    # When the display name was last changed, when the peers were last begun to be told, and when
    # they are to be told further.
    profile_changed_at: int | None = None
    profile_told_at: int | None = None
    profile_due_at: int | None = None
    # The conversation up to which peers have been told; None while nobody is being told.
    profile_told_up_to: str | None = None
    privacy: Privacy = Privacy()
    # Nothing personal is left in this document, or will be put there again.
    erased_at: int | None = None
    about: str = ""
    avatar: str | None = None
    epoch: str
    position: int = 0
    floor: int = 0
    delivered_position: int = 0

    def hides(self, shared: Shared) -> bool:
        """True if the user shares this with nobody."""
        return getattr(self.privacy, shared.value) is Audience.NOBODY

    @property
    def hides_receipts(self) -> bool:
        """True if the user's read marks are told to nobody."""
        return self.privacy.receipts is Audience.NOBODY

    def user(self) -> User:
        """The user, as other parts of the server see it."""
        return User(**{name: getattr(self, name) for name in User.__struct_fields__})


class InvitationDocument(Document, kw_only=True):
    """An invitation to make an account; without `inviter_id` it is the operator's."""

    id: str
    inviter_id: str | None = None
    uses: int
    created_at: int
    expires_at: int


class LoginDocument(Document, kw_only=True):
    """A login session."""

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
    """The erasure of an account, and how far it has got."""

    id: str
    user_id: str
    requested_at: int
    begun_at: int | None = None
    completed_at: int | None = None
    signature: str | None = None
    # The conversation that is next, and how far it is erased.
    conversation: str = ""
    seq: int = 0
    # How much is gone, as JSON.
    erased: str
