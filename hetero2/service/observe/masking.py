"""Secrets in lines of the log, masked: the last line of defence, for no line is meant to have one."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

MASK = "***"
_NAMES = (
    r"(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key(?:[_-]?id)?|credential|signature|"
    r"code[_-]verifier|session[_-]?id)s?"
)
_HEADERS = r"(?:authorization|cookie)"
_NAME = re.compile(rf"(?:{_NAMES}|{_HEADERS})$", re.IGNORECASE)  # of a field
# Between a name and its value: in a query, in JSON, in Python's repr of a mapping or a pair.
_IS = r"(?:\\*[\"']\s*[:,=]|\s*[=:])\s*b?(?:\\*[\"'])?"
_PATTERNS = (
    # A header's value goes to the end of its quotes, or of the line: it may have spaces, commas and semicolons.
    (re.compile(rf"({_HEADERS}{_IS})[^\"'\\\n\r]+", re.IGNORECASE), rf"\1{MASK}"),
    (re.compile(r"(\b[a-z][a-z0-9+.-]{0,20}://[^\s/:@\"']*):[^\s\"'<>]*@", re.IGNORECASE), rf"\1:{MASK}@"),
    (re.compile(rf"({_NAMES}{_IS})[^\s\"'&;,\\<>)\]}}]+", re.IGNORECASE), rf"\1{MASK}"),
    (re.compile(r"([?&](?:sig|x-amz-[a-z-]+)=)[^\s&\"']+", re.IGNORECASE), rf"\1{MASK}"),
    (re.compile(r"([?&](?:code|state)=)[^\s&\"']{16,}"), rf"\1{MASK}"),  # of OpenID Connect; ours are shorter
    (re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{12,}", re.IGNORECASE), rf"\1 {MASK}"),
    (re.compile(r"(\bhetero2_[a-z]+=)[^\s;,\"']+"), rf"\1{MASK}"),  # cookies
    (re.compile(r"\bh2[a-z]{0,3}_[A-Za-z0-9_-]{20,}"), MASK),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?"), MASK),  # a JSON Web Token
)
# Without any of these none of the patterns is met: most texts of a line have none, and are not looked at nine times.
_MARKS = re.compile(r"[=:,]|bearer|basic|h2|eyJ", re.IGNORECASE)
_SHORTEST = 6  # characters of a secret that is looked for by its value; a shorter one would mask words


def mask(text: str) -> str:
    """The text without what looks like a secret."""
    if _MARKS.search(text) is None:
        return text
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


@lru_cache(1000)
def _is_of_secret(name: str) -> bool:
    """Whether the value of a field of this name is a secret."""
    return _NAME.search(name) is not None


def processor(secrets: Iterable[str] = ()) -> Callable[[Any, str, Any], Any]:
    """A processor of structlog that masks every text of a line, and these values wherever they stand."""
    values = sorted({secret for secret in secrets if len(secret) >= _SHORTEST}, key=len, reverse=True)

    def masked(value: Any) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {
                masked(str(name)): MASK if _is_of_secret(str(name)) else masked(what) for name, what in value.items()
            }
        if isinstance(value, list | tuple | set | frozenset):
            return [masked(item) for item in value]
        text = value if isinstance(value, str) else repr(value)
        for secret in values:
            text = text.replace(secret, MASK)
        return mask(text)

    def process(_: object, __: str, line: Any) -> Any:
        return masked(line)

    return process
