"""Registration: open, by invitation or closed; and invitations."""

from enum import StrEnum

import msgspec

INVITATION_LIMIT = 20
"""Most invitations that one user may have given out and that still count."""
USES_LIMIT = 100
"""Most accounts that one invitation may be good for."""
DAYS_LIMIT = 365
DAY = 86_400_000
"""Milliseconds."""


class Registration(StrEnum):
    OPEN = "open"
    INVITATION = "invitation"
    CLOSED = "closed"


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """A code with which accounts can be made. Times are milliseconds since 1970.

    `inviter_id` is None where the operator has made it, `uses` counts the accounts that it is
    still good for.
    """

    code: str
    inviter_id: str | None
    uses: int
    created_at: int
    expires_at: int
