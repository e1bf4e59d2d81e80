"""The pages of an organisation: its people, projects, tokens, audit events and settings."""
