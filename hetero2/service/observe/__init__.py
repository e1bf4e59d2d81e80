"""What an operator sees of a service: lines of its log, metrics, traces, whether it is ready, and what is wrong with it."""
