"""Whether a score tells molecules from their decoys, and how good the decoys are."""
