"""Making a pack again from what it says of itself, and saying how far the two agree."""
