"""Can this score be trusted? What labels, trivial competitors and bulk properties say of a score."""
