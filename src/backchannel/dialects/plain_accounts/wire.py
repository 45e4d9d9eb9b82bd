"""The bodies of `/register` and `/login`, in the words of both documents."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from backchannel.dialects.shared.docs.texts import checked_text
from backchannel.dialects.shared.faults import Fault
from backchannel.domain.accounts import PASSWORD_LIMIT, PASSWORD_MINIMUM, USERNAME_LIMIT
from backchannel.domain.errors import UnknownAccount, WrongPassword
from backchannel.domain.times import iso
from backchannel.domain.users import User

REGISTERED = "User registered successfully"
LOGGED_IN = "Login successful"


class Registration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The account to create. The e-mail address is optional: some clients send none."""

    username: Annotated[str, checked_text(1, USERNAME_LIMIT, example="ada", note=", no @")]
    password: Annotated[
        str, checked_text(PASSWORD_MINIMUM, PASSWORD_LIMIT, example="correct horse battery")
    ]
    email: Annotated[str, Meta(examples=["ada@example.org"])] | None = None


class Credentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    username: Annotated[str, Meta(examples=["ada"])]
    password: Annotated[str, Meta(examples=["correct horse battery"])]


class NewUser(msgspec.Struct, frozen=True):
    user_id: Annotated[str, Meta(examples=["01970f3e-6b1c-7d2a-9c55-0a4f6b8e1d20"])]
    username: Annotated[str, Meta(examples=["ada"])]
    email: Annotated[str, Meta(examples=["ada@example.org"])]
    created_at: Annotated[str, Meta(examples=["2026-05-04T10:51:23.000Z"])]


class Registered(msgspec.Struct, frozen=True):
    """`user` is there if an e-mail address was given, as the document that has one says."""

    message: Annotated[str, Meta(examples=[REGISTERED])]
    user: NewUser | UnsetType = UNSET


class LoggedIn(msgspec.Struct, frozen=True):
    """The token goes into the header `Authorization` of all that follows."""

    message: Annotated[str, Meta(examples=[LOGGED_IN])]
    token: Annotated[str, Meta(examples=["eyJhbGciOiJIUzI1NiJ9.e30.c2ln"])]


def registered(user: User) -> Registered:
    if user.email is None:
        return Registered(REGISTERED)
    return Registered(REGISTERED, NewUser(user.id, user.username, user.email, iso(user.created_at)))


def in_their_words(fault: Fault) -> Fault:
    """A refused login as the documents tell it."""
    if fault.code == WrongPassword.code:
        return msgspec.structs.replace(fault, text="Invalid password")
    if fault.code == UnknownAccount.code:
        return msgspec.structs.replace(fault, status=404, text="User not found", headers=())
    return fault
