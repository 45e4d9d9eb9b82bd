"""The schema's history, run by Alembic, and the version that this program needs."""

from backchannel.storage import CannotOpen

SCHEMA_VERSION = "0024"
"""The newest revision in `versions`; revisions are numbered upwards."""


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
