"""What the Snakemake workflow asks of us; the only place that touches Snakemake's objects."""
