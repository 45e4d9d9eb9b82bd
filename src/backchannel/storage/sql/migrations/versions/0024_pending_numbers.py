"""An index of the messages that are not in a database server's search index yet."""

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    if op.get_context().dialect.name != "sqlite":  # its index has no such table
        op.create_index("ix_search_pending_number", "search_pending", ["number"])
