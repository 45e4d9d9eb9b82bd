"""The tables.

Ids are long texts, and each row that carries one makes some page fuller and some disk busier,
so inside the database a user is `account.number` and a conversation `conversation.number`.
The tables that take a row per message are clustered by the key they are read by.
There are no foreign keys: rows are only ever added through statements that have just read
their parents in the same transaction, and checking each again costs a lookup per row.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only in a column of exactly this type.
Number = BigInteger().with_variant(Integer, "sqlite")
Id = String(64)
Milliseconds = BigInteger

account = Table(
    "account",
    metadata,
    Column("number", Number, primary_key=True),
    Column("id", Id, nullable=False, unique=True),
    Column("username", String(255), nullable=False),
    Column("username_key", String(255), nullable=False, unique=True),
    # What the username looks like; NULL where an older account of that look has it.
    Column("look_alike_key", String(512), index=True, unique=True),
    Column("email", String(320)),
    Column("email_key", String(320), unique=True),
    Column("display_name", String(255), nullable=False),
    Column("about", Text, nullable=False, server_default=text("''")),
    # The id of a file, which is kept for as long as it stands here.
    Column("avatar", Id, index=True),
    # What a search looks through: the username and the display name, case aside.
    Column("search_key", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", Milliseconds, nullable=False),
    Column("updated_at", Milliseconds, nullable=False),
    Column("last_seen_at", Milliseconds),
    Column("disabled_at", Milliseconds),
    # When the display name was last changed, when the peers were last begun to be told, and when
    # they are to be told further.
    Column("profile_changed_at", Milliseconds),
    Column("profile_told_at", Milliseconds),
    Column("profile_due_at", Milliseconds, index=True),
    # The conversation up to which peers have been told; NULL while nobody is being told.
    Column("profile_told_up_to", BigInteger),
    # Who learns of it: `domain.privacy.Audience`.
    Column("last_seen_audience", String(16), nullable=False, server_default="everybody"),
    Column("receipts_audience", String(16), nullable=False, server_default="everybody"),
    Column("typing_audience", String(16), nullable=False, server_default="everybody"),
    # Nothing personal is left in this row, or will be put there again.
    Column("erased_at", Milliseconds),
)

instance = Table(
    "instance",
    metadata,
    # One row. Whether the database is as it was left (sqlite/rollback.py).
    Column("mark", String(64)),
    Column("marked_at", BigInteger),
    Column("commits", BigInteger, nullable=False, server_default=text("0")),
)

erasure = Table(
    "erasure",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account", Number, nullable=False),
    Column("requested_at", Milliseconds, nullable=False, index=True),
    Column("begun_at", Milliseconds),
    Column("completed_at", Milliseconds),
    # The conversation that is next, and how far it is erased.
    Column("conversation", Number, nullable=False, server_default=text("0")),
    Column("seq", BigInteger, nullable=False, server_default=text("0")),
    # How much is gone, as JSON.
    Column("erased", Text, nullable=False),
    Column("signature", Text),
    sqlite_with_rowid=False,
)

invitation = Table(
    "invitation",
    metadata,
    Column("code", Id, primary_key=True),
    # NULL where the operator has made it.
    Column("inviter_id", Id, index=True),
    Column("uses", Integer, nullable=False),
    Column("created_at", Milliseconds, nullable=False),
    Column("expires_at", Milliseconds, nullable=False, index=True),
    sqlite_with_rowid=False,
)

login = Table(
    "login",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, nullable=False, index=True),
    Column("agent", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("created_at", Milliseconds, nullable=False),
    Column("last_used_at", Milliseconds, nullable=False),
    Column("expires_at", Milliseconds, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("ended_at", Milliseconds, index=True),
    sqlite_with_rowid=False,
)

block = Table(
    "block",
    metadata,
    Column("account", Number, primary_key=True, autoincrement=False),
    Column("other", Number, primary_key=True, autoincrement=False),
    Column("created_at", Milliseconds, nullable=False),
    sqlite_with_rowid=False,
)

conversation = Table(
    "conversation",
    metadata,
    Column("number", Number, primary_key=True),
    Column("id", Id, nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    # The two parties, in the order of their ids; the responder's number is 0.
    Column("first", Number, nullable=False),
    Column("first_id", Id, nullable=False),
    Column("second", Number, nullable=False),
    Column("second_id", Id, nullable=False),
    Column("last_seq", BigInteger, nullable=False, server_default=text("0")),
    # How many messages of each party stand, so that counting the unread ones reads no messages.
    Column("first_count", BigInteger, nullable=False, server_default=text("0")),
    Column("second_count", BigInteger, nullable=False, server_default=text("0")),
    Column("created_at", Milliseconds, nullable=False),
    Column("updated_at", Milliseconds, nullable=False),
    Column("key", String(255)),
    Column("name", Text),
    Column("deleted_at", Milliseconds),
)

member = Table(
    "member",
    metadata,
    Column("account", Number, primary_key=True, autoincrement=False),
    Column("conversation", Number, primary_key=True, autoincrement=False),
    Column("delivered_seq", BigInteger, nullable=False, server_default=text("0")),
    Column("read_seq", BigInteger, nullable=False, server_default=text("0")),
    # The two marks as the other party knows them: a block keeps these where they were.
    Column("told_delivered_seq", BigInteger, nullable=False, server_default=text("0")),
    Column("told_read_seq", BigInteger, nullable=False, server_default=text("0")),
    # How many standing messages of the other party are not past `read_seq`.
    Column("read_count", BigInteger, nullable=False, server_default=text("0")),
    # How this member keeps the conversation, as JSON; empty without settings.
    Column("settings", Text, nullable=False, server_default=text("''")),
    sqlite_with_rowid=False,
)

message = Table(
    "message",
    metadata,
    # Messages lie in the order in which they came, so that each new page is filled whole.
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
    # What the message was when it was sent, kept once its content has changed (rule R2).
    Column("fingerprint", String(64)),
    # Of its content (rule R18); none in messages from before there were checksums.
    Column("checksum", BigInteger),
    UniqueConstraint("conversation", "seq"),
    UniqueConstraint("sender", "client_id"),
)

question = Table(
    "question",
    metadata,
    # What was said to the responder and has no answer yet.
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
    # Where the event's message is, which is joined to it as it is now (rule R7) …
    Column("conversation", Number),
    Column("seq", BigInteger),
    # … or what the event says, as JSON.
    Column("data", Text),
    Column("at", Milliseconds, nullable=False),
    sqlite_with_rowid=False,
)

upload = Table(
    "upload",
    metadata,
    Column("id", Id, primary_key=True),
    Column("owner_id", Id, nullable=False, index=True),
    Column("name", String(255), nullable=False),
    Column("media_type", String(255), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("created_at", Milliseconds, nullable=False, index=True),
    Column("metadata", Text, nullable=False, server_default=text("''")),
    sqlite_with_rowid=False,
)

file = Table(
    "file",
    metadata,
    Column("id", Id, primary_key=True),
    Column("owner_id", Id, nullable=False, index=True),
    Column("name", String(255), nullable=False),
    Column("media_type", String(255), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    # The SHA-256 of each block, so that a part can be checked without reading the rest.
    Column("blocks", Text, nullable=False),
    Column("upload_size", BigInteger, nullable=False),
    Column("width", Integer),
    Column("height", Integer),
    Column("duration", BigInteger),
    Column("thumbnail_size", Integer, nullable=False),
    Column("thumbnail_sha256", String(64), nullable=False),
    Column("created_at", Milliseconds, nullable=False, index=True),
    Column("metadata", Text, nullable=False, server_default=text("''")),
    # Given up: no message may name it any more, and its content is being deleted.
    Column("condemned_at", Milliseconds, index=True),
)

attachment = Table(
    "attachment",
    metadata,
    Column("file_id", Id, primary_key=True),
    Column("conversation", Number, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Index(None, "conversation", "seq"),
    sqlite_with_rowid=False,
)
