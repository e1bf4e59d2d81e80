"""One Chromium for all tests, and the reports that they open, all made by the real pipeline."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser

from tests.browser import runs
from tools import look

HERE = Path(__file__).parent
AXE = HERE / "node_modules/axe-core/axe.min.js"
NO_CHROMIUM = "no Chromium here (apt-get install --no-install-recommends chromium)"


class Report(NamedTuple):
    """A run and its page, taken out of the zip."""

    results: Path
    page: Path


@pytest.hookimpl(tryfirst=True)  # before pytest looks at marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder needs a browser, and is skipped before it builds a run where there is none."""
    missing = pytest.mark.skipif(look.find_chromium() is None, reason=NO_CHROMIUM)
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(missing)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with look.chromium() as chromium:
        yield chromium


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    if not AXE.is_file():
        pytest.skip("no axe-core here (npm ci in tests/browser)")
    return AXE.read_text(encoding="utf-8")


def _report(results: Path, factory: pytest.TempPathFactory) -> Report:
    return Report(results, runs.taken_out(results, factory.mktemp(f"report-{results.name}")))


@pytest.fixture(scope="session")
def small(stored_run, tmp_path_factory) -> Report:
    """The report of the tests' small library, as it is stored."""
    return _report(stored_run, tmp_path_factory)


@pytest.fixture(scope="session")
def hostile(tmp_path_factory) -> Report:
    """The report of a library whose texts try to break out of the page; its table has two pages."""
    return _report(runs.hostile(tmp_path_factory.mktemp("hostile")), tmp_path_factory)


@pytest.fixture(scope="session")
def nearly_empty(tmp_path_factory) -> Report:
    """The report of a library of which no row can be audited."""
    return _report(runs.nearly_empty(tmp_path_factory.mktemp("nearly_empty")), tmp_path_factory)


@pytest.fixture(params=["small", "hostile", "nearly_empty"])
def report(request) -> Report:
    """Each of the three."""
    return request.getfixturevalue(request.param)
