"""One module per verb of `python -m tools.release`."""
