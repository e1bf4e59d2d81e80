"""HETERO-2: matched decoys, audits and evidence packs for molecular scoring models."""

__version__ = "0.1.0"
