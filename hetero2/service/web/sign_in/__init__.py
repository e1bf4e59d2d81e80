"""The pages where people sign in and out, accept an invitation, and look after their account."""
