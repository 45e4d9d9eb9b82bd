"""Users: accounts, public profiles, logins and privacy settings."""

from enum import StrEnum
from typing import TypeVar

import msgspec
from msgspec import UNSET, UnsetType

T = TypeVar("T", bound=msgspec.Struct)


class Patch(msgspec.Struct, frozen=True, kw_only=True):
    """New values for fields of another Struct; a field that is `UNSET` is not changed."""

    def applied_to(self, old: T) -> T:
        """`old` with the new values."""
        given = {
            name: value
            for name, value in msgspec.structs.asdict(self).items()
            if value is not UNSET
        }
        return msgspec.structs.replace(old, **given)


class Audience(StrEnum):
    EVERYBODY = "everybody"
    NOBODY = "nobody"


class FirstMessages(StrEnum):
    """The handling of messages from users to whom a user has not written."""

    EVERYBODY = "everybody"
    REQUESTS = "requests"
    """They are message requests (`domain.conversations`)."""


class Privacy(msgspec.Struct, frozen=True, kw_only=True):
    """A user's privacy settings.

    Each `Audience` is mutual: a user who hides it does not see it of others. `last_seen` is also
    whether the user is online, `receipts` are read receipts. `everybody` means all users with whom
    presence is shared.
    """

    last_seen: Audience = Audience.EVERYBODY
    receipts: Audience = Audience.EVERYBODY
    typing: Audience = Audience.EVERYBODY
    first_messages: FirstMessages = FirstMessages.EVERYBODY


class PrivacyPatch(Patch, frozen=True, kw_only=True):
    """New values for a user's `Privacy`."""

    last_seen: Audience | UnsetType = UNSET
    receipts: Audience | UnsetType = UNSET
    typing: Audience | UnsetType = UNSET
    first_messages: FirstMessages | UnsetType = UNSET


class Shared(StrEnum):
    """The information that two users who have written to each other share unless one hides it."""

    LAST_SEEN = "last_seen"
    TYPING = "typing"


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
