"""The sender that a client claims: accepted only if it is the user logged in (rule S12)."""

import msgspec

from backchannel.chat.logins import Identity
from backchannel.domain import access
from backchannel.domain.accounts import EMAIL_LIMIT, normalise_username
from backchannel.domain.users import username_key


class SenderClaim(msgspec.Struct, kw_only=True, gc=False):
    """The fields in which clients of the documents name the sender of what they send."""

    sender: str | None = None
    sender_id: str | None = None
    sender_id_camel: str | None = msgspec.field(name="senderId", default=None)

    def require_own(self, identity: Identity) -> None:
        """Raise `Forbidden` if a claim names another user than the token."""
        _require_own(identity, self.sender, "sender")
        _require_own(identity, self.sender_id, "sender_id")
        _require_own(identity, self.sender_id_camel, "senderId")


def _require_own(identity: Identity, claimed: str | None, field: str) -> None:
    if claimed is None or claimed in (identity.user_id, identity.username):
        return
    is_short = len(claimed) <= EMAIL_LIMIT
    if not is_short or username_key(normalise_username(claimed)) != username_key(identity.username):
        access.require_self(identity.user_id, claimed, field=field)
