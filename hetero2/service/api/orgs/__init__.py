"""The organisation of who asks: its people, projects, tokens, invitations and audit events."""
