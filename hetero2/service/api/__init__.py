"""The HTTP API: /api/v1. Thin: each operation reads the request, calls one function, and shows what it gave."""
