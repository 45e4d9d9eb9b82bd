"""Avatars, and a line about each user."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    about = sa.Column("about", sa.Text(), nullable=False, server_default=sa.text("''"))
    op.add_column("account", about)
    op.add_column("account", sa.Column("avatar", sa.String(64)))
    op.create_index("ix_account_avatar", "account", ["avatar"], unique=False)
