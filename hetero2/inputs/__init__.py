"""Readers of what a user brings, and of what earlier stages left."""
