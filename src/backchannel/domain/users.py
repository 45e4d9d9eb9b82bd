"""People: what is known of a user, and what another user may see of one."""

import msgspec
from msgspec import UNSET, UnsetType

from backchannel.domain.patches import Patch


class User(msgspec.Struct, frozen=True, kw_only=True):
    """An account. Times are milliseconds since 1970, UTC.

    `about` is a line that the user has written about themselves, `avatar` the id of a picture.
    """

    id: str
    username: str
    email: str | None
    display_name: str
    created_at: int
    updated_at: int
    last_seen_at: int | None = None
    disabled_at: int | None = None
    erased_at: int | None = None
    about: str = ""
    avatar: str | None = None


class ProfilePatch(Patch, frozen=True, kw_only=True):
    """New values for the fields of a `User` that the user may change."""

    display_name: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    about: str | UnsetType = UNSET
    avatar: str | UnsetType | None = UNSET


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A user together with the secret only a login may read."""

    user: User
    password_hash: str


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """A login: one device, with its family of refresh tokens.

    `generation` counts the refresh tokens issued; only the newest one counts (rule S3).
    `position` is the highest log position the device has acknowledged.
    """

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


def username_key(username: str) -> str:
    """The key by which usernames are compared, regardless of case."""
    return username.casefold()


def email_key(email: str) -> str:
    return email.casefold()
