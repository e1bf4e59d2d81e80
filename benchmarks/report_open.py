"""How large a report is, what making it costs, and how long a browser takes to open, sort and search it.

    python -m benchmarks.report_open RESULTS/RUN

RUN is a finished run, such as the one that benchmarks.throughput leaves. Needs Chromium from the system. Prints JSON;
times are medians of five, on this machine at this moment.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

from hetero2.io.files import read_json
from hetero2.runtime.log import logged_use
from tools import look

TIMES = 5


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def used(page: Page) -> dict[str, float]:
    """Seconds for a sort, a search and a turn of the page."""
    heading = page.locator("#all thead button", has_text="score").first
    return {
        "sort": seconds(heading.click),
        "search": seconds(lambda: page.fill("#search", "c1")),
        "turn": seconds(lambda: page.click("#next")),
    }


def measured(file: Path) -> dict[str, float]:
    """Medians over fresh pages of one browser; `open` ends with the load event, the table in place."""
    times: dict[str, list[float]] = {}
    with look.chromium() as browser:
        for _ in range(TIMES):
            with look.opened(browser, file) as seen:
                loaded = seen.page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd / 1000")
                for name, value in {"open": loaded, **used(seen.page)}.items():
                    times.setdefault(name, []).append(value)
    return {name: round(statistics.median(values), 3) for name, values in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of a finished run")
    args = parser.parse_args()
    file, use = args.run / "pack/report.html", logged_use(args.run / "logs/report.log")
    if use is None:
        parser.error(f"{args.run}: logs/report.log does not say what making the report took")
    counts = read_json(args.run / "metrics.json")["counts"]
    result = {
        "rows": sum(counts.values()),
        "bytes": file.stat().st_size,
        "cpu_seconds": float(use[0]),
        "rss_mb": float(use[1]),
        "seconds": measured(file),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
