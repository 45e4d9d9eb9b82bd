"""Full-text search in SQLite. Messages that exist are indexed while the server runs."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

# It keeps no text and no positions: each result is checked against the message itself.
CREATE_INDEX = """
CREATE VIRTUAL TABLE search_index USING fts5(
    first, second, conversation, body,
    content='', columnsize=0, detail='none', tokenize='trigram'
)
"""
# The indexed text is needed to remove it again.
KEEP_OLD_TEXT = """
CREATE TRIGGER search_{event} AFTER {event} ON message
WHEN old.body <> '' {condition} AND old.number <= (SELECT number FROM search_progress)
BEGIN
    INSERT OR IGNORE INTO search_stale (number, conversation, first, second, body)
    SELECT old.number, number, first, second, old.body
    FROM conversation WHERE number = old.conversation;
END
"""


def upgrade() -> None:
    if op.get_context().dialect.name != "sqlite":
        return
    op.create_table("search_progress", sa.Column("number", sa.Integer(), nullable=False))
    op.execute("INSERT INTO search_progress VALUES (0)")
    op.create_table(
        "search_stale",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("conversation", sa.Integer(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("second", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_search_stale"),
    )
    op.execute(CREATE_INDEX)
    op.execute(KEEP_OLD_TEXT.format(event="update", condition="AND old.body <> new.body"))
    op.execute(KEEP_OLD_TEXT.format(event="delete", condition=""))
