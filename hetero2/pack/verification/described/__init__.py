"""What a pack says of itself in the words of other standards."""
