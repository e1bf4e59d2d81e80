"""From files to a running workflow: files understood, the model tried, the configuration written, Snakemake started."""
