"""Headers that make every answer safe, whatever it is; an answer that says more of one itself keeps its own."""

from starlette.datastructures import MutableHeaders

_HEADERS = {
    # A page says what it may load; what is no page loads nothing and is framed by nobody.
    "Content-Security-Policy": "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with no-referrer, browsers send `Origin: null` with our own forms
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
_YEAR = 365 * 24 * 3600


def secure(headers: MutableHeaders, is_https: bool) -> None:
    """Add them. is_https: browsers reach the service over TLS, and are told to come in no other way."""
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    if is_https:
        headers["Strict-Transport-Security"] = f"max-age={_YEAR}"
