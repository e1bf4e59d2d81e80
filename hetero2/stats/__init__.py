"""Statistics on numpy arrays: no files, no RDKit."""
