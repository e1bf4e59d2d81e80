"""From measurements to a batch: labels, the two orders, the choice, and the same loop on known truth."""
