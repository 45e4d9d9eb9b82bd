"""The progress of an import from another database."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.add_column("instance", sa.Column("imported_up_to", sa.Text()))
