"""From what a user wrote to a molecule: reading, limits, salts, and which structures are the same compound."""
