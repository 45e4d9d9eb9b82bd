"""A user's own messages have a separate kind in the log."""

from alembic import op

revision = "0006"
down_revision = "0005"

NAME_OWN = """
UPDATE log SET kind = 8
WHERE kind = 1 AND EXISTS (
    SELECT 1 FROM message
    WHERE message.conversation = log.conversation AND message.seq = log.seq
    AND message.sender = log.account
)
"""


def upgrade() -> None:
    op.execute(NAME_OWN)
