"""What every process needs: log, seeds, provenance, limits, progress."""
