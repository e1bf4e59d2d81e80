"""The configuration of a run: its keys, its layers, and what must be true of them together."""
