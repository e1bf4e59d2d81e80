"""Measurements of speed and quality: each prints JSON and a table. Numbers are ratios within one run."""
