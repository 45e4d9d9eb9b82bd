"""Privacy settings: last seen, read receipts and typing."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    for name in ("last_seen_audience", "receipts_audience", "typing_audience"):
        column = sa.Column(name, sa.String(16), nullable=False, server_default="everybody")
        op.add_column("account", column)
