"""Texts are folded in another way for search: the index is made again while the server runs."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    if op.get_context().dialect.name != "sqlite":
        return
    op.execute("INSERT INTO search_index (search_index) VALUES ('delete-all')")
    op.execute("DELETE FROM search_stale")
    op.execute("UPDATE search_progress SET number = 0")
