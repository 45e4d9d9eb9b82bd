"""The erasure of an account: the request, its progress, and the receipt at the end (rule S22)."""

import secrets

import msgspec

from backchannel.domain.users import User

ERASED_NAME = "Deleted user"
"""The display name of an erased user."""


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of what was erased, by kind. Only numbers: a receipt holds nothing personal."""

    messages: int = 0
    reactions: int = 0
    sessions: int = 0
    files: int = 0
    uploads: int = 0
    events: int = 0
    blocks: int = 0
    logins: int = 0

    def __add__(self, more: "Erased") -> "Erased":
        names = self.__struct_fields__
        return Erased(**{name: getattr(self, name) + getattr(more, name) for name in names})


class ErasureReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """The statement that the server signs. Times are milliseconds since 1970."""

    id: str
    requested_at: int
    completed_at: int
    erased: Erased

    def statement(self) -> bytes:
        """The bytes that are signed: always the same for the same receipt."""
        return msgspec.json.encode(self)


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """A request to erase the account of `user_id`, and its progress.

    `begun_at` is None until a process starts on it; `completed_at` and `signature` are None until
    nothing is left of the account. Anyone who knows the `id` may query the erasure.
    """

    id: str
    user_id: str
    requested_at: int
    begun_at: int | None = None
    completed_at: int | None = None
    signature: str | None = None
    erased: Erased = Erased()

    def receipt(self, *, completed_at: int) -> ErasureReceipt:
        """The receipt to sign once everything is erased."""
        return ErasureReceipt(
            id=self.id,
            requested_at=self.requested_at,
            completed_at=completed_at,
            erased=self.erased,
        )


def new_erasure(user_id: str, *, at: int) -> Erasure:
    """A request with an id that cannot be guessed."""
    return Erasure(id=secrets.token_urlsafe(24), user_id=user_id, requested_at=at)


def anonymous(user: User, *, at: int) -> User:
    """An erased user: an id, so that other people's conversations still have two members.

    The id is the username too: no registration accepts a name that looks like an id.
    """
    return User(
        id=user.id,
        username=user.id,
        email=None,
        display_name=ERASED_NAME,
        created_at=at,
        updated_at=at,
        disabled_at=at,
        erased_at=at,
    )
