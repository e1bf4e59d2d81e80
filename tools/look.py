"""Look at a report: as screenshots at the width of a desktop and of a phone, and as it prints.

    python -m tools.look report.html OUT_DIR

Needs Chromium (the program, from the system) and the package playwright (`make .venv/.dev`); the browser tests drive it
by the same functions. It opens the file as a person does and prints what the page complained about; the exit code is 1
if there was anything.
"""

import argparse
import contextlib
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

try:
    from playwright.sync_api import Browser, ConsoleMessage, Page, PdfMargins, sync_playwright
except ImportError:
    sys.exit("error: tools.look needs the package playwright\nhint: `make .venv/.dev` installs what tests need")

SIZES = {"desktop": (1280, 900), "phone": (360, 740)}  # width and height in CSS pixels
MARGIN: PdfMargins = {"top": "10mm", "right": "10mm", "bottom": "10mm", "left": "10mm"}
PAPER = {"width": 718, "height": 1046}  # A4 less these margins, in CSS pixels
QUIET = (  # A sandbox needs rights that containers lack; the others keep Chromium itself from asking the network.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
PDF = "print.pdf"


def find_chromium() -> str | None:
    """The Chromium of the system; playwright's own is never downloaded."""
    programs = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
    return next(filter(None, programs), None)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """A Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(QUIET))
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Seen:
    """An open page, and what it complained about and asked for since it was opened."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"console {message.type}: {message.text}")

    def watch(self) -> None:
        """Note everything from here on."""
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def beyond(self) -> list[str]:
        """What was asked for beyond the file itself; what a page carries in a data: address is no request."""
        return [f"asked for {url}" for url in self.requests if url != self.page.url.partition("#")[0]]


@contextlib.contextmanager
def opened(browser: Browser, file: Path, size: str = "desktop", **options: Any) -> Iterator[Seen]:
    """The file as a page of its own, opened from the disk; `options` are those of a browser context."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, **options)
    try:
        seen = Seen(context.new_page())
        seen.watch()
        seen.page.goto(file.resolve().as_uri(), wait_until="load")
        yield seen
    finally:
        context.close()


def first_screen(page: Page, file: Path) -> Path:
    """What is seen before one scrolls."""
    page.screenshot(path=file)
    return file


def picture(page: Page, file: Path) -> Path:
    """The whole page, from top to bottom."""
    page.screenshot(path=file, full_page=True)
    return file


def printed(page: Page, file: Path) -> Path:
    """The page as it prints on A4."""
    page.pdf(path=file, format="A4", margin=MARGIN)
    return file


def look(browser: Browser, report: Path, folder: Path) -> tuple[list[Path], list[str]]:
    """(pictures and PDF, what the page complained about or asked for beyond itself)."""
    folder.mkdir(parents=True, exist_ok=True)
    files, complaints = [], []
    for size in SIZES:
        with opened(browser, report, size) as seen:
            files += [first_screen(seen.page, folder / f"{size}_first.png")]
            files += [picture(seen.page, folder / f"{size}.png")]
            complaints += [f"{size}: {text}" for text in (*seen.complaints, *seen.beyond())]
    with opened(browser, report) as seen:
        files.append(printed(seen.page, folder / PDF))
    return files, complaints


def main() -> int:
    """Write pictures and PDF, print their names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=Path, help="the page: report.html of a run")
    parser.add_argument("folder", type=Path, metavar="OUT_DIR", help="where pictures and PDF go")
    args = parser.parse_args()
    if find_chromium() is None or not args.report.is_file():
        print("error: no Chromium was found" if args.report.is_file() else f"error: {args.report}: no such file")
        return 2
    with chromium() as browser:
        files, complaints = look(browser, args.report, args.folder)
    print(*files, *complaints, sep="\n")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
