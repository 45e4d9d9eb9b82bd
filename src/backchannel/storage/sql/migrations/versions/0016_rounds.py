"""The progress of notifying a user's peers of a changed profile."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    for name in ("profile_changed_at", "profile_told_up_to"):
        op.add_column("account", sa.Column(name, sa.BigInteger()))
