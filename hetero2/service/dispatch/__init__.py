"""How queued runs come to workers, of this process or another, and how those of lost workers come back."""
