"""Stands before RDKit on the path of `make test-core`: what runs there must not need it."""

raise ImportError("no RDKit in make test-core")
