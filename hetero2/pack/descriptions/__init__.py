"""Descriptions of a pack by the standards of others: RO-Crate, data package, in-toto."""
