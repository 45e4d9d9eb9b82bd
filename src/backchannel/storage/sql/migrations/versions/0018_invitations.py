"""Invitations to create an account."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.create_table(
        "invitation",
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("inviter_id", sa.String(64)),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_invitation"),
        sqlite_with_rowid=False,
    )
    for name in ("inviter_id", "expires_at"):
        op.create_index(f"ix_invitation_{name}", "invitation", [name], unique=False)
