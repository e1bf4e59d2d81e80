"""What follows from files of the pack, computed again."""
