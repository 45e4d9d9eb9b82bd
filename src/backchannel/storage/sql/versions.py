"""The schema version of this program."""

from backchannel.storage.errors import CannotOpen

SCHEMA_VERSION = "0018"
"""The newest revision in `migrations/versions`; revisions are numbered upwards."""


def needs_migration(found: str | None, *, name: str) -> bool:
    """True if the schema `found` in the database `name` is older than this program's.

    Raises `CannotOpen` if it is newer.
    """
    if found is not None and found > SCHEMA_VERSION:
        raise CannotOpen(
            f"{name} has schema {found}, this program knows {SCHEMA_VERSION}: it was written by"
            " a newer version; install that one, or restore a backup made by this one"
        )
    return found != SCHEMA_VERSION
