"""The environment that Alembic runs its commands in."""

from alembic import context

from backchannel.storage.sql.schema import metadata

if context.is_offline_mode():
    # The statements are only generated, for a driver that is not SQLAlchemy's.
    context.configure(
        dialect_name=context.config.attributes["dialect"],
        target_metadata=metadata,
        literal_binds=True,
        transactional_ddl=False,
    )
else:
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        # The caller's transaction spans all revisions: a database is never between two of them.
        transactional_ddl=False,
        render_as_batch=True,
    )
context.run_migrations()
