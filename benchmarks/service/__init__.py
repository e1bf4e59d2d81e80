"""What the service costs: `python -m benchmarks.service`."""
