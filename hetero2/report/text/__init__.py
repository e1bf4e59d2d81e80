"""Sentences of the report, of index.md and of `hetero2 show`."""
