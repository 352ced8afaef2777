"""Run by Alembic: migrations in the connection and the transaction of the caller."""

from alembic import context

from mlc.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=False,  # the caller's transaction holds everything
)
context.run_migrations()
