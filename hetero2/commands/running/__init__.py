"""What `hetero2 run` does before Snakemake starts: files understood, the model tried, the configuration written."""
