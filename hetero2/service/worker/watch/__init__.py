"""What a run uses and prints, which limit it met, and its end with all that came of it."""
