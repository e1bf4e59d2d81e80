"""Run by Alembic: all migrations of one upgrade in one transaction."""

from alembic import context

from hetero2.service.db.models import Table

engine = context.config.attributes["engine"]
with engine.begin() as connection:
    context.configure(
        connection=connection,
        target_metadata=Table.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    context.run_migrations()
