"""Readers of what users bring, apart from CSV (tables.py) and from structures (chem)."""
