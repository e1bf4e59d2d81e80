"""Run by Alembic, which brings a database from one release to the next."""
