"""What things may be called."""

RUN_NAME = "[A-Za-z0-9][A-Za-z0-9_-]{0,63}"  # the whole of it; also the name of the folder of its results
# A host by its name, never by its address, with a port where it is not the usual one.
HOST = r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?(:[0-9]{1,5})?"
FILE_NAME = r"[^/\\\x00-\x1f\x7f]{1,200}"
ORG_NAME = RUN_NAME  # and of a project; both stand in addresses
EMAIL = r"[^@\s]{1,64}@[^@\s]{1,189}"  # the whole of it
_RESERVED = frozenset(
    "account api audit docs files ga4gh healthz invitations login logout members metrics new oidc org projects readyz "
    "runs runs-table session sessions setup static tokens users welcome well-known".split()
)


def is_reserved(name: str) -> bool:
    """Whether it is the beginning of an address of ours, and so cannot be the name of an organisation."""
    return name.lower() in _RESERVED
