"""Run the migrations on an open connection, or write them down."""

from pathlib import Path
from typing import TextIO

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def configuration(**attributes: object) -> Config:
    """Alembic's settings for the migrations next to this file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes.update(attributes)
    return config


def upgrade(connection: Connection) -> None:
    """Bring the database to the newest schema, in the transaction of `connection`."""
    command.upgrade(configuration(connection=connection), "head")


def script(dialect: str, version: str, written: TextIO) -> None:
    """Write down the statements that bring a database from a version to the newest schema."""
    config = configuration(dialect=dialect)
    config.output_buffer = written
    command.upgrade(config, f"{version}:head", sql=True)
