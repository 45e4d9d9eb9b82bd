"""The part of the storage port that keeps invitations."""

from typing import Protocol

from backchannel.domain.invitations import Invitation


class Invitations(Protocol):
    """Invitations to make an account. One counts while it has uses left and has not expired.

    That of a user counts only as long as the user's account can be used.
    """

    async def create_invitation(self, invitation: Invitation, *, limit: int) -> None:
        """Keep an invitation, and forget some of those that have expired by now.

        Raises `Conflict` where its inviter has `limit` of them that count, and
        `AccountDisabled`.
        """
        ...

    async def invitation(self, code: str, *, at: int) -> Invitation | None:
        """The invitation of that code, if it counts."""
        ...

    async def invitations(self, inviter_id: str | None, *, at: int) -> list[Invitation]:
        """Those of a user, or the operator's (None), that count; newest first."""
        ...

    async def withdraw_invitation(self, inviter_id: str | None, code: str) -> None:
        """Forget an invitation of this inviter. Raises `NotFound`."""
        ...
