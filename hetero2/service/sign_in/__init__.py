"""Signing in: by a token, by a password, by an invitation, or at a provider of OpenID Connect."""
