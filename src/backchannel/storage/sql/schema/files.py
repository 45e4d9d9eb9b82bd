"""The tables of files, of uploads that become files, and of the messages that name them."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text, text

from backchannel.storage.sql.schema.database import Id, Milliseconds, Number, metadata

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
    Column("waveform", Text, nullable=False, server_default=text("''")),
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
    # Given up: messages can no longer name it, and its content is being deleted.
    Column("condemned_at", Milliseconds, index=True),
    Column("waveform", Text, nullable=False, server_default=text("''")),
    Column("placeholder", Text, nullable=False, server_default=text("''")),
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
