"""The service seen from outside: a client of its API, which `hetero2 remote` is made of."""
