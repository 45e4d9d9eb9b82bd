"""How profiles are searched, and how often peers are told that they have changed."""

from backchannel.domain.users import User

PATIENCE = 60_000
"""Milliseconds from one round to the next: of several changes, the peers learn of the last."""
PART = 100
"""Most peers that are told in one transaction."""


def search_key_of(username: str, display_name: str) -> str:
    """The text in which a search for users looks."""
    return f"{username}\n{display_name}".casefold()


def public(user: User) -> tuple[str, str, str | None]:
    """What the peers see of a profile; the e-mail address is the user's own affair."""
    return user.display_name, user.about, user.avatar
