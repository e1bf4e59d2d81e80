"""Write docs/licences.md, the licences of all that is installed with HETERO-2, from its metadata: `make docs`.

python -m tools.licences [--check]

A package says its licence in one of four places; the first of them counts: an SPDX expression, the field License,
classifiers, the text of its licence file.
"""

import re
import sys
from importlib import metadata

from tools import made_files
from tools.made_files import ROOT

PAGE = ROOT / "docs/licences.md"
LOCKS = {"requirements.lock": "a run", "requirements-service.lock": "the service, in addition to those of a run"}
# What the metadata of packages says, as SPDX says it.
_SPDX = {
    "3-clause bsd license": "BSD-3-Clause",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd": "BSD (which one is in its licence file)",
    "bsd license": "BSD (which one is in its licence file)",
    "gnu general public license (gpl)": "GPL",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "public domain": "public domain",
    "python software foundation license": "PSF-based",
}
_EXPRESSION = re.compile(r"[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*")
_WORDS = {
    "MIT": "Permission is hereby granted, free of charge, to any person",
    "BSD-3-Clause": "Neither the name",
    "Apache-2.0": "Apache License",
}
# Not installed on Linux; what its page in the index says.
_ELSEWHERE = {"pyreadline3": "BSD-3-Clause"}
_PERMISSIVE = {
    *("MIT", "MIT-0", "MIT-CMU", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "ISC", "Zlib", "CC0-1.0", "Apache-2.0"),
    *("PSF-2.0", "PSF-based", "LLVM-exception", _SPDX["bsd"]),
}
# Packages whose licence asks for more than to keep a notice, or which bring something that does.
ATTENTION = {
    "certifi": "file-level copyleft: modified files of it stay under MPL-2.0. We modify none",
    "docutils": "the GPL covers one file for the editor Emacs, which the wheel does not contain; the rest is public "
    "domain, BSD and 0BSD",
    "psycopg": "LGPL: may be used as a library that users can replace, as here; modified versions stay under the LGPL",
    "psycopg-binary": "LGPL, as above; the wheel also contains other libraries (below)",
    "tqdm": "MPL-2.0 in part: file-level copyleft. We modify no file",
}
_HEAD = """\
# Licences

HETERO-2 is licensed under [Apache-2.0]({licence}). Its wheel and its source contain no third-party code except one
script of the service's pages, [htmx](https://htmx.org) (0BSD). The container image, and the environment that `make run`
installs, contain third-party packages: this page lists the licences of all packages in the lock files, as stated in
their metadata. `make docs` generates it from the installed packages, and a test fails if it is out of date. This is not
legal advice: ask your own lawyers what a licence means for you.

## Licences that need attention

| package | licence | reason |
|---|---|---|
{attention}

Libraries bundled in wheels have licences of their own, whose texts are in the installed packages:

- numpy, scipy and scikit-learn: OpenBLAS (BSD-3-Clause); of GCC, libgfortran and libgomp (GPL-3.0 with the runtime
  library exception, which allows any program to use them) and libquadmath (LGPL-2.1);
- rdkit: Boost (BSL-1.0), cairo (LGPL-2.1 or MPL-1.1), font and image libraries as in pillow (permissive);
- psycopg-binary: libpq (PostgreSQL), OpenSSL (Apache-2.0), Kerberos (MIT), OpenLDAP, SASL (BSD), libkeyutils and
  libcrypt (LGPL-2.1);
- pulp: the solver CBC (EPL-1.0), which is run as a separate program, not linked.

Whoever distributes an image also distributes these libraries, and the Debian packages in it, whose licences are in
`/usr/share/doc`.
"""


def licence(name: str) -> str:
    """What a package is under; raises KeyError where nothing says it.

    >>> licence("numpy").startswith("BSD-3-Clause")
    True
    """
    try:
        package = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return _ELSEWHERE[name]
    if package.metadata["License-Expression"]:
        return str(package.metadata["License-Expression"])
    field = " ".join((package.metadata["License"] or "").split())
    if field.lower() in _SPDX or (_EXPRESSION.fullmatch(field) and "-" in field) or field == "MIT":
        stated = [_SPDX.get(field.lower(), field)]
    else:
        classifiers = package.metadata.get_all("Classifier") or []
        last = [line.rpartition(" :: ")[2].lower() for line in classifiers if line.startswith("License ::")]
        stated = [_SPDX[word] for word in last if word in _SPDX]
    if not stated or stated == [_SPDX["bsd"]]:
        stated = _by_text(package) or stated
    if not stated:
        raise KeyError(f"{name}: nothing says its licence; add what its licence file says to tools/licences.py")
    return " OR ".join(stated)


def _by_text(package: metadata.Distribution) -> list[str]:
    """The licence that the text of the licence file is."""
    for file in package.files or []:
        if ".dist-info/" in str(file) and re.match(r"(licen[cs]e|copying)", file.name, re.IGNORECASE):
            text = " ".join(str(file.locate().read_text(encoding="utf-8")).split())  # type: ignore[attr-defined]
            return [name for name, words in _WORDS.items() if words in text][:1]
    return []


def needs_attention(expression: str) -> bool:
    """Whether a licence is not among those that only ask for their notice to be kept.

    >>> needs_attention("MIT OR Apache-2.0"), needs_attention("MPL-2.0 AND MIT")
    (False, True)
    """
    return not set(re.split(r" (?:AND|OR|WITH) ", expression)) <= _PERMISSIVE


def locked(lock: str) -> dict[str, str]:
    """Version by package of a lock file."""
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE))


def page() -> str:
    """The text of docs/licences.md."""
    licences = {name: licence(name) for lock in LOCKS for name in locked(lock)}
    rows = [f"| {name} | {licences[name]} | {why} |" for name, why in ATTENTION.items()]
    parts = [_HEAD.format(licence="https://www.apache.org/licenses/LICENSE-2.0", attention="\n".join(rows))]
    before: set[str] = set()
    for lock, what in LOCKS.items():
        versions = {name: version for name, version in locked(lock).items() if name not in before}
        before |= versions.keys()
        lines = [f"| {name} | {version} | {licences[name]} |" for name, version in versions.items()]
        parts.append(
            "\n".join([f"## `{lock}`: {what}\n", "| package | version | licence |", "|---|---|---|", *lines, ""])
        )
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(made_files.main(__doc__, [(PAGE, page())]))
