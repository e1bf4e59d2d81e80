"""What choosing by a score is worth against measured truth."""
