"""The words of the service as plain types, and what may become of a run. No I/O."""
