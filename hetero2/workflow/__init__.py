"""What the Snakemake workflow calls; the only place that touches Snakemake's objects."""
