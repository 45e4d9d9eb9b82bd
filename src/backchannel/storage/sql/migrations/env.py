"""What Alembic runs around each of its commands."""

from alembic import context

from backchannel.storage.sql.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # The caller's transaction spans all revisions: a database is at one of them, whole.
    transactional_ddl=False,
    render_as_batch=True,
)
context.run_migrations()
