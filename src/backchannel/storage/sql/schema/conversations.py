"""The tables of conversations, and of the logs from which devices learn of them."""

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from backchannel.storage.sql.schema.database import Id, Milliseconds, Number, metadata

conversation = Table(
    "conversation",
    metadata,
    Column("number", Number, primary_key=True),
    Column("id", Id, nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    # The two members, in the order of their ids; the responder's number is 0.
    Column("first", Number, nullable=False),
    Column("first_id", Id, nullable=False),
    Column("second", Number, nullable=False),
    Column("second_id", Id, nullable=False),
    Column("last_seq", BigInteger, nullable=False, server_default=text("0")),
    # The number of undeleted messages of each member: counting the unread ones reads none.
    Column("first_count", BigInteger, nullable=False, server_default=text("0")),
    Column("second_count", BigInteger, nullable=False, server_default=text("0")),
    Column("created_at", Milliseconds, nullable=False),
    Column("updated_at", Milliseconds, nullable=False),
    Column("key", String(255)),
    Column("name", Text),
    Column("deleted_at", Milliseconds),
    # The member who has not accepted this message request (`domain.conversations`), and when it was
    # declined.
    Column("asked", BigInteger, index=True),
    Column("declined_at", Milliseconds),
)

member = Table(
    "member",
    metadata,
    Column("account", Number, primary_key=True, autoincrement=False),
    Column("conversation", Number, primary_key=True, autoincrement=False),
    Column("delivered_seq", BigInteger, nullable=False, server_default=text("0")),
    Column("read_seq", BigInteger, nullable=False, server_default=text("0")),
    # The two marks as the other member knows them: they do not change during a block.
    Column("told_delivered_seq", BigInteger, nullable=False, server_default=text("0")),
    Column("told_read_seq", BigInteger, nullable=False, server_default=text("0")),
    # The number of undeleted messages of the other member past `read_seq`.
    Column("read_count", BigInteger, nullable=False, server_default=text("0")),
    # This member's settings of the conversation, as JSON; empty without settings.
    Column("settings", Text, nullable=False, server_default=text("''")),
    sqlite_with_rowid=False,
)

message = Table(
    "message",
    metadata,
    # Messages are stored in the order in which they came, so that pages are filled completely.
    Column("number", Number, primary_key=True),
    Column("conversation", Number, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("id", Id, nullable=False, unique=True),
    Column("sender", Number, nullable=False),
    Column("client_id", String(128), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", Milliseconds, nullable=False),
    Column("reply_to", BigInteger),
    Column("revision", Integer, nullable=False, server_default=text("0")),
    Column("edited_at", Milliseconds),
    Column("deleted_at", Milliseconds),
    Column("reactions", Text, nullable=False, server_default=text("''")),
    Column("files", Text, nullable=False, server_default=text("''")),
    # The message as it was sent, kept once its content has changed (rule R2).
    Column("fingerprint", String(64)),
    # Of its content (rule R18); none in messages from before there were checksums.
    Column("checksum", BigInteger),
    UniqueConstraint("conversation", "seq"),
    UniqueConstraint("sender", "client_id"),
)

question = Table(
    "question",
    metadata,
    # Questions to the responder that have no answer yet.
    Column("conversation", Number, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

log_head = Table(
    "log_head",
    metadata,
    Column("account", Number, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False, server_default=text("0")),
    Column("floor", BigInteger, nullable=False, server_default=text("0")),
    Column("delivered_position", BigInteger, nullable=False, server_default=text("0")),
    Column("epoch", String(32), nullable=False),
    sqlite_with_rowid=False,
)

log = Table(
    "log",
    metadata,
    Column("account", Number, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", SmallInteger, nullable=False),
    # The place of the event's message, which is joined in its current state (rule R7) …
    Column("conversation", Number),
    Column("seq", BigInteger),
    # … or the content of the event, as JSON.
    Column("data", Text),
    Column("at", Milliseconds, nullable=False),
    sqlite_with_rowid=False,
)
