"""The search for profiles, and the rate at which peers are notified of changed ones."""

from backchannel.domain.users import User

ROUND_INTERVAL = 60_000
"""Milliseconds from one round to the next: of several changes, the peers learn of the last."""
PART = 100
"""Most peers that are notified in one transaction."""


def search_key_of(username: str, display_name: str) -> str:
    """The text in which a search for users looks."""
    return f"{username}\n{display_name}".casefold()


def public(user: User) -> tuple[str, str, str | None]:
    """The fields of a profile that peers see; the e-mail address is private."""
    return user.display_name, user.about, user.avatar
