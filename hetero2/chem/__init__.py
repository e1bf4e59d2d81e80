"""The only place that imports RDKit."""
