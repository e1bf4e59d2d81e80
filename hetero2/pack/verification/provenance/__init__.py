"""What manifest, configuration and environment say of the run, held against each other and the files."""
