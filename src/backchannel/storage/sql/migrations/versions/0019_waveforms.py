"""Previews of files that have not loaded yet: a waveform, a blurred picture."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    for table, name in (("upload", "waveform"), ("file", "waveform"), ("file", "placeholder")):
        column = sa.Column(name, sa.Text(), nullable=False, server_default=sa.text("''"))
        op.add_column(table, column)
