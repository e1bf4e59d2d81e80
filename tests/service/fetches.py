"""Addresses and URLs by which a service could be led to what only it can see."""

from tests.unit.io.test_url_policy import NOT_PUBLIC

BODY, MARKER = b"id,score\nm1,0.5\n", "only-the-server-knows-this"
LARGE = b"x" * 200_001  # one byte more than is taken
PORTS = (22, 80, 443, 8443)  # at which all addresses listen
PUBLIC, ADDRESS = "public.example", "93.184.216.34"
_INSIDE = {f"inside{number}.example": address for number, address in enumerate(NOT_PUBLIC)}
# Name to addresses, question by question. A certificate is valid for each.
HOSTS = {
    PUBLIC: [[ADDRESS]],
    "other.example": [[ADDRESS]],
    "sub.public.example": [[ADDRESS]],
    "public.example.other.example": [[ADDRESS]],
    "localhost": [["127.0.0.1"]],
    "both.example": [[ADDRESS, "10.0.0.1"]],
    "both6.example": [[ADDRESS, "::1"]],
    "rebind.example": [[ADDRESS], ["127.0.0.1"]],
    **{name: [[address]] for name, address in _INSIDE.items()},
}
LISTED = [f"{PUBLIC}:443", "both.example", "both6.example", "rebind.example", "other.example:8443", *_INSIDE]
# Each is refused, and nobody is contacted.
REFUSED = {
    **{f"a name for {address}": f"https://{name}/file.csv" for name, address in _INSIDE.items()},
    **{
        text: text.replace("GOOD", PUBLIC)
        for text in (
            "http://GOOD/file.csv", "HTTP://GOOD/file.csv", "file:///etc/passwd", "file://GOOD/etc/passwd",
            "gopher://GOOD/file.csv", "ftp://GOOD/file.csv", "dict://GOOD:443/x", "data:text/csv,id", "//GOOD/file.csv",
            "https:GOOD/file.csv", "https:///file.csv", "https:/GOOD/file.csv", "GOOD/file.csv", "", "https://",
            "https://127.0.0.1/file.csv", "https://127.1/file.csv", "https://0/file.csv", "https://2130706433/file.csv",
            "https://0x7f000001/file.csv", "https://0x7f.0.0.1/file.csv", "https://0177.0.0.1/file.csv",
            "https://017700000001/file.csv", "https://10.0.0.1/file.csv", "https://192.168.0.1/file.csv",
            "https://169.254.169.254/latest/meta-data/", "https://2852039166/latest/meta-data/",
            "https://93.184.216.34/file.csv", "https://[::1]/file.csv", "https://[::]/file.csv",
            "https://[::ffff:127.0.0.1]/file.csv", "https://[::ffff:a9fe:a9fe]/file.csv",
            "https://[64:ff9b::7f00:1]/file.csv", "https://[2002:7f00:1::]/file.csv", "https://[fe80::1%25lo]/file.csv",
            "https://[::1", "https://localhost/file.csv", "https://user@GOOD/file.csv", "https://:pw@GOOD/file.csv",
            "https://@GOOD/file.csv", "https://GOOD@10.0.0.1/file.csv", "https://GOOD:443@10.0.0.1/file.csv",
            "https://GOOD\\@10.0.0.1/file.csv", "https://10.0.0.1\\@GOOD/file.csv", "https://GOOD%40.10.0.0.1/file.csv",
            "https://GOOD%2f@10.0.0.1/file.csv", "https://GOOD%00.other.example/file.csv", "https://GOOD./file.csv",
            "https://GOOD../file.csv", "https://.GOOD/file.csv", "https://GOOD:80/file.csv", "https://GOOD:22/file.csv",
            "https://GOOD:8443/file.csv", "https://GOOD:99999/file.csv", "https://GOOD:-1/x", "https://GOOD:x/file.csv",
            "https://other.example/file.csv", "https://sub.GOOD/file.csv", "https://GOOD.other.example/file.csv",
            "https://publ\u0131c.example/file.csv", "https://\uff50ublic.example/file.csv",
            "https://public\u3002example/file.csv", "https://\u2460\u2461\u2466.0.0.1/file.csv",
            "https://xn--publc-p4a.example/file.csv", "https://%70ublic.example/file.csv", "https://GOOD/a b",
            "https://GOOD\t/file.csv", "https://GOOD/file.csv\r\nX-A: b", " https://GOOD/file.csv", "https://*/file.csv",
            "https://both.example/file.csv", "https://both6.example/file.csv", "https://nowhere.example/file.csv",
        )
    },
}  # fmt: skip
# Each is refused, and the allowed host alone was asked, once.
ASKED_ONCE = {
    "/to?https://10.0.0.1/file.csv", "/to?https://127.0.0.1/file.csv", "/to?https://inside0.example/file.csv",
    "/to?https://169.254.169.254/latest/meta-data/", "/to?https://[::1]/file.csv", "/to?http://public.example/file.csv",
    "/to?file:///etc/passwd", "/to?//inside0.example/file.csv", "/to?https://other.example/file.csv",
    "/to?https://other.example:8443/file.csv", "/to?/file.csv", "/to?https://2130706433/file.csv", "/fails", "/slow",
}  # fmt: skip
URLS = REFUSED | {path: f"https://{PUBLIC}{path}" for path in sorted(ASKED_ONCE)}
