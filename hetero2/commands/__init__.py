"""Verbs for people that are no rule of the workflow."""
