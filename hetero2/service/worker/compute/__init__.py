"""Where runs compute: in the sandbox of this host, or as jobs of a SLURM cluster."""
