"""Snakemake's own report of the workflow opens in a browser, from the one file and from the zip."""

import zipfile

import pytest

from tests.conftest import snakemake
from tools import look

# Said by the style sheet that Snakemake brings along.
ITS_OWN = "should not be used in production"


@pytest.mark.parametrize("end", ["html", "zip"])
def test_snakemakes_report_opens_alone(browser, small_run, tmp_path, end):
    folder = small_run.parent.parent
    report = tmp_path / f"out.{end}"
    snakemake(folder, "value_utility_realtruth", "--configfile", "my.yaml", "--report", report)
    if end == "zip":
        with zipfile.ZipFile(report) as archive:
            archive.extractall(tmp_path)
        report = tmp_path / "out/report.html"
    with look.opened(browser, report) as seen:
        for category, file in (("Audit", "hardness_curve.csv"), ("Results", "summary.csv")):
            seen.page.get_by_text(category, exact=True).last.click()
            seen.page.get_by_text(f"small/{file}", exact=True).wait_for(timeout=5000)
            look.picture(seen.page, tmp_path / f"{category}.png")
            seen.page.reload()
        assert not [text for text in seen.complaints if ITS_OWN not in text]
        assert not seen.beyond()
