"""The marks that the other member has been sent, which do not change during a block."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    for name in ("told_delivered_seq", "told_read_seq"):
        column = sa.Column(name, sa.BigInteger(), nullable=False, server_default=sa.text("0"))
        op.add_column("member", column)
    op.execute("UPDATE member SET told_delivered_seq = delivered_seq, told_read_seq = read_seq")
