"""The mark and the commit count by which a restored database is recognised."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "instance",
        sa.Column("mark", sa.String(length=64), nullable=True),
        sa.Column("marked_at", sa.BigInteger(), nullable=True),
        sa.Column("commits", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.execute("INSERT INTO instance DEFAULT VALUES")
