"""What a pack must hold, and what its manifest says of its files."""
