"""`snakemake --report` shows the main results of a finished run with captions, and asks nothing of the network."""

import json
import re
import zipfile
from pathlib import Path

import pytest

from tests import rules
from tests.conftest import ROOT, snakemake

# Python runs this before anything else: whatever Snakemake asks of the network is written down, and refused.
NO_NETWORK = """\
import sys
def watch(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "urllib.Request"):
        with open({asked!r}, "a") as out:
            print(event, args, file=out)
        raise OSError("no network in this test")
sys.addaudithook(watch)
"""
SHOWN = {
    "Results": {"summary.csv", "metrics.json", "ranked_candidates.csv"},
    "Worth": {"utility_report.json"},
    "Audit": {"controls.json", "diagnosis.json", "hardness_curve.csv"},
    "Decoys": {"decoy_quality.json"},
}


@pytest.fixture(scope="module")
def make_report(small_run, tmp_path_factory):
    """A function that makes a report with this ending in a folder where Python has no network."""
    folder = tmp_path_factory.mktemp("report")
    asked = folder / "asked.txt"
    (folder / "sitecustomize.py").write_text(NO_NETWORK.format(asked=str(asked)))

    def make(name):
        options = ("value_utility_realtruth", "--configfile", "my.yaml", "--report", folder / name)
        snakemake(small_run.parent.parent, *options, env={"PYTHONPATH": str(folder)})
        assert not asked.exists(), asked.read_text()
        return folder / name

    return make


@pytest.fixture(scope="module")
def page(make_report):
    return make_report("out.html").read_text(encoding="utf-8")


def held(page, name):
    """A JSON value that the page holds as the variable of a script of its own."""
    start = re.search(rf'<script id="{name.replace("_", "-")}">\s*var {name} = ', page).end()
    return json.JSONDecoder().raw_decode(page, start)[0]


def test_the_main_results_are_there_in_their_categories(page):
    categories = held(page, "categories")
    for category, names in SHOWN.items():
        assert set(categories[category]) == {"small"}  # a subcategory is a run
        assert names <= {path.rpartition("/")[2] for path in categories[category]["small"]}
    assert "Other" not in categories


def test_every_result_has_a_caption_that_names_its_run(page):
    for path, result in held(page, "results").items():
        # One label, no other file's: of a second one Snakemake may make a switch, and its page breaks where that fails.
        assert result["labels"] == {"file": f"small/{path.rpartition('/')[2]}"}, path
        assert ">small<" in result["caption"], path
        assert "{{" not in result["caption"]
        assert "system-message" not in result["caption"]


def test_the_page_says_what_the_workflow_is_and_what_it_does_not_show(page):
    description = " ".join(held(page, "workflow_desc").split())
    assert "HETERO-2 checks a scoring model of molecules" in description
    assert "claims no binding affinity" in description


def test_the_zip_holds_the_results_as_they_are(make_report, small_run):
    with zipfile.ZipFile(make_report("out.zip")) as archive:
        names = archive.namelist()
        summary = next(name for name in names if name.endswith("/summary.csv"))
        assert "out/report.html" in names
        assert archive.read(summary) == (small_run / "summary.csv").read_bytes()


def test_the_pack_carries_the_captions(small_run):
    captions = {path.name for path in (ROOT / "rules/captions").glob("*.rst")}
    assert captions
    assert {path.name for path in (small_run / "pack/workflow/rules/captions").iterdir()} == captions


def test_every_caption_is_used():
    texts = {text for parts in rules.sections().values() for text in rules.constants(parts.get("output"))}
    used = {Path(text).stem for text in texts if text.startswith("captions/")} | {"workflow"}
    assert used == {path.stem for path in (ROOT / "rules/captions").glob("*.rst")}
