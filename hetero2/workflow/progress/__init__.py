"""What a person, or a program, sees of a run while Snakemake is at work."""
