"""One module a rule: read, call pure functions, write atomically."""
