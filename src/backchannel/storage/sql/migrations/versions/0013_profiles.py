"""The times at which peers are notified of a changed profile, to limit how often."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    for name in ("profile_told_at", "profile_due_at"):
        op.add_column("account", sa.Column(name, sa.BigInteger()))
    op.create_index("ix_account_profile_due_at", "account", ["profile_due_at"], unique=False)
