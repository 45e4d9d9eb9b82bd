"""Message requests."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    column = sa.Column("first_messages", sa.String(16), nullable=False, server_default="everybody")
    op.add_column("account", column)
    op.add_column("account", sa.Column("requests_whole_at", sa.BigInteger()))
    for name in ("asked", "declined_at"):
        op.add_column("conversation", sa.Column(name, sa.BigInteger()))
    op.create_index("ix_conversation_asked", "conversation", ["asked"], unique=False)
