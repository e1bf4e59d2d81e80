"""The form of JSON and tables."""
