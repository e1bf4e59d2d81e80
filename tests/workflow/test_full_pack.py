"""A pack with all artefacts: a page for every molecule and every decoy."""

import json
import re

import pytest

from hetero2 import cli
from hetero2.io.tables import read_parquet
from hetero2.report import card_data
from tests.conftest import build, taken_up
from tests.pages import Page


@pytest.fixture(scope="module", params=[256, pytest.param(11, marks=pytest.mark.nightly)])
def full_run(request, small_run, tmp_path_factory):
    """The small library with all artefacts, in one shard or two."""
    folder = taken_up(small_run, tmp_path_factory.mktemp("full"))
    layer = f"pack: {{artifacts: full}}\nexecution: {{shard_rows: {request.param}}}\n"
    (folder / "my.yaml").write_text((folder / "my.yaml").read_text() + layer)
    build(folder)
    return folder / "results/small"


def test_a_full_pack_has_a_page_for_every_ok_row_and_links_to_it(full_run):
    pack = full_run / "pack"
    rows = card_data.read_rows(pack / "summary.csv").to_pylist()
    paths = [row["report_path"] for row in rows if row["status"] == "OK"]
    assert not [row for row in rows if row["status"] != "OK" and row["report_path"]]
    assert sorted(path.relative_to(pack).as_posix() for path in (pack / "molecules").iterdir()) == sorted(paths)
    index = (pack / "index.md").read_text(encoding="utf-8")
    linked = re.findall(r"\]\((molecules/\d{8}\.html)\)", index)
    assert linked == paths
    shown = [
        attributes["href"] for _, attributes in Page((pack / "report.html").read_text()).found if "href" in attributes
    ]
    assert {href for href in shown if not href.startswith("#")} <= {*paths, "ranked_candidates.csv"}
    for row in rows:
        if row["status"] == "OK":
            page = Page((pack / row["report_path"]).read_text(encoding="utf-8"))
            assert row["canonical_smiles"] in page.texts
            assert sum("decoy" in element.get("aria-label", "") and tag == "span" for tag, element in page.found) == 4


def test_a_full_pack_verifies_and_holds_every_decoy(full_run):
    assert cli.main(["verify", str(full_run / "small_evidence_pack.zip")]) == 0
    decoys = read_parquet(full_run / "pack/decoys.parquet", "decoy_list.v1")
    metrics = json.loads((full_run / "metrics.json").read_text())
    assert len(decoys) == metrics["scores_coverage"]["decoys_total"]
    ids = [row["id"] for row in card_data.read_rows(full_run / "summary.csv").to_pylist() if row["status"] == "OK"]
    assert list(dict.fromkeys(decoys["id"].to_pylist())) == ids
    assert decoys["score"].null_count == 0
