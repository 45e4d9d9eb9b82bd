"""Rules for usernames, e-mail addresses, display names and passwords."""

import re
import unicodedata
from collections.abc import Callable
from enum import StrEnum
from functools import cache, partial
from importlib.resources import files

import msgspec

from backchannel.domain.characters import (
    is_overloaded,
    is_text,
    is_visible,
    look_alike_key,
    mixes_scripts,
    pieces,
)
from backchannel.domain.erasures import ERASED_NAME
from backchannel.domain.errors import Invalid
from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.users import email_key, username_key

INVITATION_LIMIT = 20
"""Most valid invitations that one user may have."""
INVITATION_USES_LIMIT = 100
"""Most accounts that can be created with one invitation."""
INVITATION_DAYS_LIMIT = 365
DAY = 86_400_000
"""Milliseconds."""


class Registration(StrEnum):
    OPEN = "open"
    INVITATION = "invitation"
    CLOSED = "closed"


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """A code with which accounts can be created. Times are milliseconds since 1970.

    `inviter_id` is None if the operator created it; `uses` counts the accounts that can still be
    created with it.
    """

    code: str
    inviter_id: str | None
    uses: int
    created_at: int
    expires_at: int


USERNAME_LIMIT = 64
"""Longest username and display name, in characters."""
EMAIL_LIMIT = 254
"""Longest e-mail address, in characters: the limit of a mail path (RFC 5321, section 4.5.3.1.3)."""
ABOUT_LIMIT = 140
"""Longest line about a user, in characters."""
PASSWORD_MINIMUM = 8
PASSWORD_LIMIT = 128
"""Longest new password, in characters."""

PATH_CHARACTERS = "/\\?#%"
"""Characters that a username must not contain, because it is a part of paths."""
RESERVED_NAMES = (
    *("abuse", "admin", "administrator", "backchannel", "deleted", "deleted account"),
    *(ERASED_NAME, "everyone", "hostmaster", "moderator", "noreply", "operator", "postmaster"),
    *("root", "security", RESPONDER_ID, "staff", "superuser", "support", "sysadmin", "system"),
    "webmaster",
)
"""Names that only an operator may give, and all that look like them."""

_INVISIBLE = "{} must not contain control, invisible or blank characters"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def normalise_username(username: str) -> str:
    """The form in which a username is stored and looked up, so that look-alike input matches."""
    return unicodedata.normalize("NFKC", username)


def normalise_email(email: str) -> str:
    """The form in which an e-mail address is stored and looked up."""
    return unicodedata.normalize("NFC", email)


def check_username(username: str) -> str:
    """The username to store. Raises `Invalid`."""
    name = normalise_username(username[: 4 * USERNAME_LIMIT])
    _check_name(name, field="username")
    if not all(map(is_visible, name)):
        raise Invalid(_INVISIBLE.format("username"), field="username")
    if "@" in name:
        raise Invalid(
            "username must not contain @, so that it cannot be taken for an e-mail address",
            field="username",
        )
    if any(each in PATH_CHARACTERS for each in name) or not name.strip("."):
        raise Invalid(
            f"username must not contain any of {' '.join(PATH_CHARACTERS)}, nor only dots",
            field="username",
        )
    if mixes_scripts(name):
        raise Invalid(
            "username must not mix letters of several scripts, such as Latin and Cyrillic",
            field="username",
        )
    if name.casefold() == RESPONDER_ID or _UUID.fullmatch(name):
        raise Invalid("username looks like an id; choose another one", field="username")
    return name


def check_display_name(display_name: str) -> str:
    """The display name to store. Raises `Invalid`."""
    name = unicodedata.normalize("NFC", display_name[: 4 * USERNAME_LIMIT])
    _check_name(name, field="display_name")
    if not all(shown for _, shown in pieces(name)):
        raise Invalid(_INVISIBLE.format("display_name"), field="display_name")
    return name


def check_about(about: str) -> str:
    """The line about a user to store; it may be empty. Raises `Invalid`."""
    line = unicodedata.normalize("NFC", about[: 4 * ABOUT_LIMIT]).strip()
    if len(line) > ABOUT_LIMIT:
        raise Invalid(f"about must have at most {ABOUT_LIMIT} characters", field="about")
    if is_overloaded(line) or not all(shown for _, shown in pieces(line)):
        raise Invalid("about must be one line of visible characters", field="about")
    return line


def require_unreserved(name: str, *, field: str) -> None:
    """Raise `Invalid` for a name that would pass for the operator or the server."""
    if _bare(name[: 4 * USERNAME_LIMIT]) in _reserved():
        raise Invalid(f"{field} is reserved; choose another one", field=field)


def _check_name(name: str, *, field: str) -> None:
    if not 1 <= len(name) <= USERNAME_LIMIT:
        raise Invalid(f"{field} must have 1 to {USERNAME_LIMIT} characters", field=field)
    if name != name.strip():
        raise Invalid(f"{field} must not begin or end with a space", field=field)
    if unicodedata.category(name[0]).startswith("M"):
        raise Invalid(f"{field} must not begin with a combining character", field=field)
    if is_overloaded(name):
        raise Invalid(
            f"{field} must not have more than four marks on a letter, or one of them twice",
            field=field,
        )


def _bare(name: str) -> str:
    """The look-alike key of a name, without spaces and punctuation."""
    return "".join(filter(str.isalnum, look_alike_key(normalise_username(name))))


@cache
def _reserved() -> frozenset[str]:
    return frozenset(map(_bare, RESERVED_NAMES))


def check_email(email: str) -> str:
    """The e-mail address to store. Raises `Invalid`.

    Only a delivered e-mail proves an address; this refuses invalid ones.
    """
    if len(email) > EMAIL_LIMIT:
        raise Invalid(f"email must have at most {EMAIL_LIMIT} characters", field="email")
    address = normalise_email(email)
    local, _, domain = address.partition("@")
    plausible = local and domain and "@" not in domain and all(domain.split("."))
    if not plausible or " " in address or not address.isprintable():
        raise Invalid("email must be an address such as ada@example.org", field="email")
    return address


def check_password(
    password: str, *, username: str, email: str | None = None, field: str = "password"
) -> None:
    """Raise `Invalid` unless `password` may be set (rule S8).

    Length makes a password strong; there are no composition rules.
    """
    if not PASSWORD_MINIMUM <= len(password) <= PASSWORD_LIMIT:
        raise Invalid(
            f"{field} must have {PASSWORD_MINIMUM} to {PASSWORD_LIMIT} characters;"
            " a few unrelated words are easy to remember",
            field=field,
        )
    if not is_text(password):
        raise Invalid(f"{field} must be valid Unicode text", field=field)
    folded = password.casefold()
    if folded == username_key(username) or (email is not None and folded == email_key(email)):
        raise Invalid(f"{field} must differ from the username and the e-mail", field=field)
    if folded in _common_passwords():
        raise Invalid(f"{field} is too common; choose another", field=field)


def check_searchable(text: str, *, field: str) -> None:
    """Raise `Invalid` for characters that no name or address has and not every database accepts."""
    if len(text) > EMAIL_LIMIT or not text.isprintable():
        raise Invalid(
            f"{field} must be printable text of at most {EMAIL_LIMIT} characters", field=field
        )


def check_registration(
    *,
    username: str,
    email: str | None,
    password: str,
    display_name: str | None = None,
    by_operator: bool = False,
) -> list[Invalid]:
    """The errors of a registration, at most one per field.

    An operator may give reserved names.
    """
    checks: list[Callable[[], object]] = [lambda: check_username(username)]
    for name, field in ((username, "username"), (display_name, "display_name")):
        if name is not None and not by_operator:
            checks.append(partial(require_unreserved, name, field=field))
    if email is not None:
        checks.append(lambda: check_email(email))
    checks.append(
        lambda: check_password(password, username=normalise_username(username), email=email)
    )
    if display_name is not None:
        checks.append(lambda: check_display_name(display_name))
    refusals = [refusal for check in checks if (refusal := _refusal(check)) is not None]
    first = {refusal.field: refusal for refusal in reversed(refusals)}
    return [refusal for refusal in refusals if first[refusal.field] is refusal]


def _refusal(check: Callable[[], object]) -> Invalid | None:
    try:
        check()
    except Invalid as refusal:
        return refusal
    return None


@cache
def _common_passwords() -> frozenset[str]:
    """The most common passwords among those that are long enough to be set."""
    text = files("backchannel.domain").joinpath("common_passwords.txt").read_text("utf-8")
    return frozenset(text.split())
