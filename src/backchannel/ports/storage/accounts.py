"""The part of the storage port that keeps users and their logins."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from backchannel.domain.accounts import Invitation
from backchannel.domain.events import Event
from backchannel.domain.users import Account, Login, Privacy, PrivacyPatch, ProfilePatch, User


class Accounts(Protocol):
    """Users, their passwords and their logins."""

    async def create_user(self, account: Account, /, *, invitation: str | None = None) -> None:
        """Add an account with an empty log and a fresh epoch, at the cost of one use.

        Raises `UsernameTaken` or `EmailTaken`; both are compared by `domain.users.*_key`.
        `InvitationNeeded` if the `invitation` with this code is not valid.
        """
        ...

    async def account(self, user_id: str) -> Account | None: ...

    async def account_by_username(self, username: str) -> Account | None: ...

    async def account_by_email(self, email: str) -> Account | None: ...

    async def users(self, user_ids: Sequence[str]) -> dict[str, User]:
        """Those of `user_ids` that exist."""
        ...

    async def list_users(
        self, *, after: str | None, limit: int, search: str | None = None
    ) -> list[User]:
        """Users by `username_key`, those past the username `after`.

        `search` keeps those whose username or display name contains it, ignoring case.
        """
        ...

    async def set_password(self, user_id: str, password_hash: str, *, at: int) -> None: ...

    async def update_profile(self, user_id: str, patch: ProfilePatch, *, at: int) -> list[Event]:
        """Change a profile; the events tell the user's devices and peers.

        The peers are not notified of a new e-mail address, and of the rest at most once a minute.
        The first peers are notified now, and all others by `notify_of_profiles`. Raises
        `EmailTaken`, and `NotFound`, also for an avatar that is not a file of the user's.
        """
        ...

    async def notify_of_profiles(self, *, at: int) -> list[Event] | None:
        """Notify the next peers of a user whose profile has changed or was erased, if it is time.

        Each call is a short transaction, users take turns, and the due times are stored. None if no
        user is to be notified now.
        """
        ...

    async def privacy(self, user_id: str) -> Privacy:
        """A user's privacy settings. Raises `NotFound`."""
        ...

    async def change_privacy(
        self, user_id: str, patch: PrivacyPatch, *, at: int
    ) -> tuple[Privacy, list[Event]]:
        """Change a user's privacy settings, and return all of them.

        The events tell the user's own devices that the profile has changed, if anything has.
        Raises `NotFound`.
        """
        ...

    async def set_disabled(self, user_id: str, *, at: int | None) -> None:
        """Disable an account as of `at`, or enable it again (None)."""
        ...

    async def record_last_seen(self, seen: Mapping[str, int]) -> None:
        """Move the users' `last_seen_at` forward to the given times."""
        ...

    async def create_login(self, login: Login, /, *, password_hash: str) -> bool:
        """Add a login if the account is enabled and still has this password; False if not.

        Raises `AccountDisabled` if the account has been erased meanwhile.
        """
        ...

    async def login(self, login_id: str) -> Login | None: ...

    async def logins(self, user_id: str, *, ended: bool = False) -> list[Login]:
        """A user's logins, newest first: those that have not ended, or with `ended` all of them.

        The caller leaves out the expired.
        """
        ...

    async def rotate_login(
        self, login_id: str, *, generation: int, at: int, until: int
    ) -> Login | None:
        """Replace the refresh token of `generation` by the next; the login expires at `until`.

        Exactly one call per generation does that (rule S3), and sets `last_used_at` to `at`.
        Each call returns the login as it is afterwards; None if it has ended. A generation later
        than the login's was issued before the database was restored: it is accepted, once.
        """
        ...

    async def end_logins(
        self, user_id: str, *, login_id: str | None = None, keep: str | None = None, at: int
    ) -> list[str]:
        """End one login of the user, or all except `keep`; returns the ids that ended now."""
        ...

    async def logins_ended_since(self, at: int) -> list[str]:
        """The logins that ended at or after `at`, whichever process ended them (rule S1)."""
        ...


class Invitations(Protocol):
    """Invitations to create an account. One counts while it has uses left and has not expired.

    An invitation by a user is valid only as long as the user's account can be used.
    """

    async def create_invitation(self, invitation: Invitation, /, *, limit: int) -> None:
        """Keep an invitation, and forget some of those that have expired by now.

        Raises `Conflict` if its inviter has `limit` valid ones, and
        `AccountDisabled`.
        """
        ...

    async def invitation(self, code: str, *, at: int) -> Invitation | None:
        """The valid invitation with this code; None if there is none."""
        ...

    async def invitations(self, inviter_id: str | None, *, at: int) -> list[Invitation]:
        """The valid invitations of a user, or the operator's (None); newest first."""
        ...

    async def withdraw_invitation(self, inviter_id: str | None, code: str) -> None:
        """Forget an invitation of this inviter. Raises `NotFound`."""
        ...
