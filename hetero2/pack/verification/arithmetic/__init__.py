"""Numbers as the stages of a run compute them, in plain Python."""
