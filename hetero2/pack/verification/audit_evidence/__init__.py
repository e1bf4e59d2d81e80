"""What a pack says of the audit, its controls, its decoys and the score, as far as it follows from other values."""
