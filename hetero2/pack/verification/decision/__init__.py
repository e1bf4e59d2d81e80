"""What a pack says of hits, computed again from its summary.csv and truth.csv."""
