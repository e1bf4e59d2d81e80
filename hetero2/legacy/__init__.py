"""Frozen contracts of earlier releases, still computed to the byte."""
