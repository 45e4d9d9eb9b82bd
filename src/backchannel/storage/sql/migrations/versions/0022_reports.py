"""Reports to the operator."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0022"
down_revision = "0021"


# MySQL's TEXT ends at 64 KiB.
_copies = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")


def upgrade() -> None:
    op.create_table(
        "report",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("reporter_id", sa.String(64), nullable=False),
        sa.Column("user_id", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("messages", _copies, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger()),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_report"),
        sqlite_with_rowid=False,
    )
    for name in ("reporter_id", "user_id", "closed_at"):
        op.create_index(f"ix_report_{name}", "report", [name], unique=False)
