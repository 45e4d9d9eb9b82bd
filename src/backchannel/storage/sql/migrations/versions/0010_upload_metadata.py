"""The metadata that the sender of an upload gives, as tus requires."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    for table in ("upload", "file"):
        column = sa.Column("metadata", sa.Text(), nullable=False, server_default=sa.text("''"))
        op.add_column(table, column)
