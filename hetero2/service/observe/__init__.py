"""What an operator sees of a service: its log, metrics, traces, whether it is ready, and what is wrong."""
