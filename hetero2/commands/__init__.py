"""Verbs for people that are no rule of the workflow, and what they do for tables of the api."""
