"""Views of users, messages and files on database servers, for other programs that read them."""

from alembic import op

revision = "0023"
down_revision = "0022"

USERS = """
CREATE VIEW users AS
SELECT id AS user_id, username, email, {created_at} AS {createdAt}
FROM account
WHERE erased_at IS NULL
"""
MESSAGES = """
CREATE VIEW messages AS
SELECT
  message.id AS message_id,
  CASE WHEN message.sender = conversation.first
    THEN conversation.first_id ELSE conversation.second_id END AS sender_id,
  CASE WHEN message.sender = conversation.first
    THEN conversation.second_id ELSE conversation.first_id END AS receiver_id,
  message.body AS content,
  {created_at} AS {createdAt}
FROM message
JOIN conversation ON conversation.number = message.conversation
WHERE message.deleted_at IS NULL
"""
FILES = """
CREATE VIEW files AS
SELECT
  file.id AS file_id,
  message.id AS message_id,
  concat('/v1/files/', file.id) AS file_url,
  file.media_type AS file_type,
  file.size AS file_size
FROM attachment
JOIN file ON file.id = attachment.file_id
JOIN message
  ON message.conversation = attachment.conversation AND message.seq = attachment.seq
WHERE message.deleted_at IS NULL
"""


def upgrade() -> None:
    engine = op.get_context().dialect.name
    if engine == "sqlite":  # other programs do not read that file
        return
    time, name = "from_unixtime({}.created_at / 1000)", "`createdAt`"
    if engine == "postgresql":
        time, name = "to_timestamp({}.created_at / 1000.0)", '"createdAt"'
    for view, table in ((USERS, "account"), (MESSAGES, "message"), (FILES, "")):
        op.execute(view.format(created_at=time.format(table), createdAt=name).strip())
