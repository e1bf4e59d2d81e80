"""The 2D screen on few labels and the choice of batches: pure functions on structures and arrays."""
