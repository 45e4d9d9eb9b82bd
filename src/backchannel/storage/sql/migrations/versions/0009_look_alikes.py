"""Look-alike keys of usernames, so that no two usernames can be confused."""

import sqlalchemy as sa
from alembic import op

from backchannel.domain.characters import look_alike_key

revision = "0009"
down_revision = "0008"

account = sa.table(
    "account",
    sa.column("number", sa.BigInteger),
    sa.column("username", sa.String),
    sa.column("look_alike_key", sa.String),
    sa.column("erased_at", sa.BigInteger),
)
FILL = (
    sa.update(account)
    .where(account.c.number == sa.bindparam("of"))
    .values(look_alike_key=sa.bindparam("key"))
)


def upgrade() -> None:
    op.add_column("account", sa.Column("look_alike_key", sa.String(length=512)))
    _fill()
    op.create_index("ix_account_look_alike_key", "account", ["look_alike_key"], unique=True)


def _fill() -> None:
    """Give each look-alike key to the oldest account that has it."""
    database = op.get_bind()
    query = sa.select(account.c.number, account.c.username).where(account.c.erased_at.is_(None))
    looks: dict[str, int] = {}
    for number, username in database.execute(query.order_by(account.c.number)):
        looks.setdefault(look_alike_key(username), number)
    if looks:
        database.execute(FILL, [{"of": number, "key": key} for key, number in looks.items()])
