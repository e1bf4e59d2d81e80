"""Reading a pack: zip or folder, names and bytes."""
