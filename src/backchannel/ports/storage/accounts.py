"""The part of the storage port that keeps users and their logins."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from backchannel.domain.events import Event
from backchannel.domain.privacy import Privacy, PrivacyPatch
from backchannel.domain.users import Account, Login, ProfilePatch, User


class Accounts(Protocol):
    """Users, their passwords and their logins."""

    async def create_user(self, account: Account, *, invitation: str | None = None) -> None:
        """Add an account with an empty log and a fresh epoch, at the cost of one use.

        Raises `UsernameTaken` or `EmailTaken`; both are compared by `domain.users.*_key`.
        `InvitationNeeded` where the `invitation` of that code does not count.
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

        `search` keeps those whose username or display name contains it, case aside.
        """
        ...

    async def set_password(self, user_id: str, password_hash: str, *, at: int) -> None: ...

    async def update_profile(self, user_id: str, patch: ProfilePatch, *, at: int) -> list[Event]:
        """Change a profile; the events tell the user's devices and peers.

        The peers do not learn of a new e-mail address, and of the rest once in a minute. The first
        of them learn of it now, and of whatever follows by `tell_profiles`. Raises `EmailTaken`,
        and `NotFound`, also for an avatar that is no file of the user's.
        """
        ...

    async def tell_profiles(self, *, at: int) -> list[Event] | None:
        """Tell the next peers of one user whose profile has changed or was erased, if it is time.

        Each call is a short transaction, users take turns, and what is due is stored. None where
        nobody is to be told now.
        """
        ...

    async def privacy(self, user_id: str) -> Privacy:
        """A user's privacy settings. Raises `NotFound`."""
        ...

    async def change_privacy(
        self, user_id: str, patch: PrivacyPatch, *, at: int
    ) -> tuple[Privacy, list[Event]]:
        """Change what a user lets others learn; all of it as it is now.

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

    async def create_login(self, login: Login) -> None:
        """Raises `AccountDisabled` where the account has been erased meanwhile."""
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
        """Count the login's refresh token up from `generation` and move its expiry to `until`.

        Exactly one call per generation does that (rule S3), and sets `last_used_at` to `at`.
        Each gets the login as it is afterwards; None if it has ended. A generation that is ahead
        of the login's was given out before an older database was put back: it counts, once.
        """
        ...

    async def end_logins(
        self, user_id: str, *, login_id: str | None = None, keep: str | None = None, at: int
    ) -> list[str]:
        """End one login of the user, or all of them except `keep`; the ids that ended now."""
        ...

    async def logins_ended_since(self, at: int) -> list[str]:
        """The logins that ended at or after `at`, whichever process ended them (rule S1)."""
        ...
