"""How profiles are searched, and how often peers are told that they have changed."""

PATIENCE = 60_000
"""Milliseconds for which the peers are told no further change of a profile: then the last one."""
AT_ONCE = 20
"""Most users of whose changes is told in one transaction."""


def search_key_of(username: str, display_name: str) -> str:
    """The text in which a search for users looks."""
    return f"{username}\n{display_name}".casefold()
