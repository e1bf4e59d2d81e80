"""Scores: ingest of what a user brings, the user's command, reference scorers."""
