"""Tables in memory in and out: what the public functions do for notebooks, with what they return."""
