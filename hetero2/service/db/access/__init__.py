"""What opens the service for people, tokens, sessions, invitations, and the audit events of what they did."""
