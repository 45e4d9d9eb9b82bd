"""The metadata of all tables, the types of their columns, and the table about the database."""

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table, Text, text

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

instance = Table(
    "instance",
    metadata,
    # One row, by which a database that has changed since it was last used is recognised
    # (sqlite/rollback.py).
    Column("mark", String(64)),
    Column("marked_at", BigInteger),
    Column("commits", BigInteger, nullable=False, server_default=text("0")),
    # The progress of an import that is not complete, as JSON.
    Column("imported_up_to", Text),
)
