"""The tables, on SQLite and on PostgreSQL, and what may be done to them. Each function is one transaction's work."""
