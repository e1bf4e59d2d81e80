"""Eigenvalues of matrices on the graph of a molecule."""
