"""Accounts that are erased, and the receipts."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("account", sa.Column("erased_at", sa.BigInteger()))
    op.create_table(
        "erasure",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("account", Number, nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", sa.BigInteger()),
        sa.Column("completed_at", sa.BigInteger()),
        sa.Column("conversation", Number, server_default=sa.text("0"), nullable=False),
        sa.Column("seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("erased", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_erasure"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_erasure_requested_at", "erasure", ["requested_at"])
