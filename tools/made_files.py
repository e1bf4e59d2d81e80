"""Files in the repository that a tool makes: written, or only compared with what it would write."""

import argparse
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(description: str | None, files: Iterable[tuple[Path, str]]) -> int:
    """Write each file that is not current; with `--check` write none. Exit code 1 where one is not current then."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 where a file is not current")
    check, stale = parser.parse_args().check, False
    for path, text in files:
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale = True
        print(f"{path.relative_to(ROOT)}: {'not current; run make docs' if check else 'written'}")
        if not check:
            path.write_text(text, encoding="utf-8")
    return int(check and stale)
