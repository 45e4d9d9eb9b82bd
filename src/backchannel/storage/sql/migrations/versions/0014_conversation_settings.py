"""The members' settings of a conversation."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    column = sa.Column("settings", sa.Text(), nullable=False, server_default=sa.text("''"))
    op.add_column("member", column)
