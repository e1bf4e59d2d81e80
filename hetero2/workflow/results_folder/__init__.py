"""The results folder of a call: held by one run at a time, free of leftovers, and not changed by hand."""
