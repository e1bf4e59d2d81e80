"""What things may be called."""

import re
import unicodedata

RUN_NAME = "[A-Za-z0-9][A-Za-z0-9_-]{0,63}"  # the whole of it; also the name of the folder of its results
# A host by its name, never by its address, with a port where it is not the usual one.
HOST = r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?(:[0-9]{1,5})?"
FILE_NAME = r"[^/\\\x00-\x1f\x7f]{1,200}"
ORG_NAME = RUN_NAME  # and of a project; both stand in addresses
EMAIL = r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]{1,189}"  # the whole of it
FIRST_OWNER = "owner@localhost"  # of an owner who has not said yet who they are; nobody else's
UNKEPT = re.compile("[\0\ud800-\udfff]")  # characters of which a text that is kept has none
_RESERVED = frozenset(
    "account api audit docs files ga4gh healthz invitations login logout members metrics new oidc org projects readyz "
    "runs runs-table session sessions setup static tokens users welcome well-known".split()
)


def is_reserved(name: str) -> bool:
    """Whether it is the beginning of an address of ours, and so cannot be the name of an organisation."""
    return name.lower() in _RESERVED


def email_of(text: str) -> str:
    """An address as accounts have it: one form for what looks the same, so that nobody has two."""
    return unicodedata.normalize("NFC", text.strip().lower())


def is_email(text: str) -> bool:
    """Whether it can be the address of somebody: as accounts have it, without characters that nobody sees."""
    address = email_of(text)
    return re.fullmatch(EMAIL, address) is not None and address.isprintable() and address != FIRST_OWNER
