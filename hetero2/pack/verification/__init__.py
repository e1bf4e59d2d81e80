"""Verification of a pack, by the standard library alone."""
