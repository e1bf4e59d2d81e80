"""report and pages as stages: which molecules are shown, and what a page of any library must be."""

import csv
import json
import re

import numpy as np
import pyarrow as pa
import pytest

from hetero2 import cli
from hetero2.pack.accept import IN_WORDS
from hetero2.pack.verification.layout import CANDIDATES
from hetero2.report import card_data
from hetero2.report.page import STATIC_ROWS
from hetero2.runtime.identity import manifest_facts
from hetero2.stages.candidates import ranked
from hetero2.stages.report import RANDOM, SUSPICIOUS, TOP, chosen, listed
from tests.pages import Page


@pytest.fixture
def text(verb):
    """The page of the stored run."""
    code, _, folder = verb()
    assert code == 0
    return (folder / "r.html").read_text(encoding="utf-8")


@pytest.fixture
def page(text):
    return Page(text)


def library(n, calls=("SIGNAL", "NO_SIGNAL", "UNDECIDABLE")):
    """Rows 0, 1, .. with falling scores; the last tenth is SKIP."""
    skipped = [row >= n - n // 10 for row in range(n)]
    none = pa.nulls(n, pa.float64())
    return pa.table(
        {
            "id": [f"m{row}" for row in range(n)],
            "status": ["SKIP" if is_skipped else "OK" for is_skipped in skipped],
            "reason": ["invalid_smiles" if is_skipped else "" for is_skipped in skipped],
            "score": pa.array([None if is_skipped else float(n - row) for row, is_skipped in enumerate(skipped)]),
            "call": ["" if is_skipped else calls[row % len(calls)] for row, is_skipped in enumerate(skipped)],
            "call_reason": ["r"] * n,
            "canonical_smiles": ["C"] * n,
            "structure_hash": [f"{row:064x}" for row in range(n)],
            "tanimoto_median": none,
        }
    )


def test_the_top_the_suspicious_and_a_sample_are_shown():
    rows = library(90)
    order, _ = ranked(rows, [])
    places = chosen(rows, order, 50, 5, 0)
    assert places[TOP].tolist() == [0, 1, 2, 3, 4]  # by score, whatever the calls
    assert places[SUSPICIOUS].tolist() == [7, 10, 13, 16, 19]
    assert len(places[RANDOM]) == 5
    assert not set(places[RANDOM]) & {*places[TOP], *places[SUSPICIOUS]}
    assert max(places[RANDOM]) < 81  # no SKIP
    assert not np.array_equal(chosen(rows, order, 50, 5, 1)[RANDOM], places[RANDOM])


def test_of_few_molecules_each_is_shown_once():
    rows = library(4, calls=("NO_SIGNAL",))
    order, _ = ranked(rows, [])
    places = chosen(rows, order, 1, 8, 0)
    assert [place.tolist() for place in places.values()] == [[0], [1, 2, 3], []]  # one can be bought
    assert [len(place) for place in chosen(rows, order, 1, 0, 0).values()] == [0, 0, 0]


def test_the_table_holds_all_rows_or_says_which():
    rows = library(100)
    order, _ = ranked(rows, [])
    everyone, caption = listed(rows, order, 100, 0)
    assert everyone.tolist() == [*order.tolist(), *range(90, 100)]
    assert caption.startswith("All 100 rows")
    part, caption = listed(rows, order, 20, 0)
    assert part[:10].tolist() == order[:10].tolist()
    assert len(set(part.tolist())) == 20
    assert "the first 10 of the list to send and 10 drawn at random from the rest (seed 0)" in caption


def test_the_page_asks_nothing_of_a_network(text, page):
    assert "//" not in re.sub(r"<script[^>]*>.*?</script>", "", text, flags=re.DOTALL)
    for tag, attributes in page.found:
        assert tag not in ("img", "link", "iframe", "object", "embed", "base", "form"), tag
        assert not {"src", "srcset", "action", "background", "onload", "onclick", "onerror"} & set(attributes), tag
        assert attributes.get("href", "#").startswith("#") or attributes["href"] == CANDIDATES, attributes
    policy = next(
        attributes for _, attributes in page.found if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy["content"].startswith("default-src 'none'")


def test_ids_of_the_page_are_unique_and_what_is_referred_to_is_there(page):
    ids = page.ids()
    assert len(ids) == len(set(ids))
    for _, attributes in page.found:
        for name in ("aria-labelledby", "for"):
            assert set(attributes.get(name, "").split()) <= set(ids)
        if attributes.get("href", "").startswith("#"):
            assert attributes["href"][1:] in ids


def test_the_page_shows_every_criterion_and_the_files_of_the_pack(stored_run, page):
    text = " ".join(" ".join(page.texts).split())
    accepted = json.loads((stored_run / "registry_row.json").read_text())["acceptance"]
    for name in ("rows_error", "rows_ok", "cost_lift_v1"):
        outcome = "not met" if name in accepted["not_met"] else "met"
        assert f"{outcome} {IN_WORDS[name]}:" in text
    for path in (stored_run / "pack").iterdir():
        assert path.name in text or path.name.startswith("scores"), path.name
    rows = json.loads(next(part for part in page.texts if part.startswith("[[")))
    with (stored_run / "summary.csv").open(newline="", encoding="utf-8") as handle:
        assert len(rows) == sum(1 for _ in csv.DictReader(handle)) < STATIC_ROWS


def test_a_light_pack_names_no_pages(stored_run):
    assert not any(row["report_path"] for row in card_data.read_rows(stored_run / "summary.csv").to_pylist())
    assert not (stored_run / "pack/molecules").exists()


def test_shards_that_do_not_fit_together_are_refused(stored_run, tmp_path, capsys):
    words = ["report", "--run", "x", "--config", "{}", "--facts", "f.json", "--decoys", "a", "b", "--scores", "a"]
    for name in ("summary", "metrics", "decoy-quality", "controls", "hardness-curve", "leakage", "diagnosis"):
        words += [f"--{name}", str(stored_run / "summary.csv")]
    assert (
        cli.main(
            [*words, "--out", str(tmp_path / "r.html"), "--spreadsheet", str(tmp_path / "s.csv"), "--card-decoys", "c"]
        )
        == 2
    )
    assert "--decoys names 2 shards, but --scores 1" in capsys.readouterr().err


@pytest.fixture
def manifest(stored_run):
    return json.loads((stored_run / "pack/manifest.json").read_text())


@pytest.fixture
def config(manifest):
    return {"target": manifest["target"], **manifest["config"]}


@pytest.fixture
def facts(stored_run):
    scores = stored_run.glob("score_source/*.facts.json")
    return [stored_run / "input/facts.json", *scores, stored_run / "truth/facts.json"]


@pytest.fixture
def verb(stored_run, config, facts, tmp_path, capsys):
    """Calls the verb on the stored run, with some of its files replaced by texts; gives exit code and message."""
    files = {name: stored_run / name for name in ("summary.csv", "metrics.json", "decoy_quality.json", "leakage.csv")}
    files |= {"diagnosis.json": stored_run / "diagnosis.json"}
    files |= {"controls.json": stored_run / "controls/controls.json", "truth.csv": stored_run / "truth/truth.csv"}
    files |= {
        "hardness_curve.csv": stored_run / "calls/hardness_curve.csv",
        "hit_curve.csv": stored_run / "hit_curve.csv",
    }
    files |= {
        "cost_lift.json": stored_run / "cost_lift.json",
        "utility_report.json": stored_run / "utility_report.json",
    }

    def call(**texts):
        used = dict(files)
        for name, text in texts.items():
            file = next(candidate for candidate in files if candidate.split(".")[0] == name)
            used[file] = tmp_path / file
            used[file].write_text(text(files[file].read_text(encoding="utf-8")), encoding="utf-8")
        words = ["report", "--run", "small", "--config", json.dumps(config), "--facts", *map(str, facts)]
        for name, path in used.items():
            words += [f"--{name.split('.')[0].removesuffix('_report').replace('_', '-')}", str(path)]
        for name in ("decoys", "scores"):
            words += [f"--{name}", *map(str, sorted(stored_run.glob(f"{name}/*.parquet")))]
        for name, out in (("out", "r.html"), ("spreadsheet", "s.csv"), ("card-decoys", "c.csv")):
            words += [f"--{name}", str(tmp_path / "new" / out)]
        return cli.main(words), capsys.readouterr().err, tmp_path / "new"

    return call


def test_the_verb_makes_the_same_bytes_as_the_stored_run(verb, stored_run, manifest, config, facts):
    """But for the digests of the code and of the environment, which are today's."""
    code, _, folder = verb()
    assert code == 0
    today = manifest_facts("small", config, facts)
    for name, copy in (("report.html", "r.html"), ("summary_spreadsheet.csv", "s.csv"), ("card_decoys.csv", "c.csv")):
        expected = (stored_run / "pack" / name).read_bytes()
        for digest in ("run_id", "code_digest", "environment_lock_sha256"):
            for length in (64, 12):  # pages shorten them
                expected = expected.replace(manifest[digest][:length].encode(), today[digest][:length].encode())
        assert (folder / copy).read_bytes() == expected, name


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("leakage", lambda _: "", "leakage.csv: the file is empty"),
        ("hit_curve", lambda _: "", "hit_curve.csv: the file is empty"),
        ("hardness_curve", lambda text: text.replace("bin", "bean"), "there is no column 'bin'"),
        ("hardness_curve", lambda text: text.replace("0.5", "x", 1), "found 'x', expected a finite number"),
        ("hit_curve", lambda text: text + "1,2\n", "2 cells, but the header has 8"),
        ("summary", lambda text: "\n".join(text.split("\n")[:3]) + "\n", "2 rows, but"),
        ("metrics", lambda _: "{", "not valid JSON"),
    ],
)
def test_a_damaged_file_is_named_and_nothing_is_written(verb, name, text, expected):
    code, message, folder = verb(**{name: text})
    assert code == 1, message
    assert expected in message
    assert "Traceback" not in message
    assert not folder.exists() or not list(folder.iterdir())


def test_a_page_of_huge_cells_and_drawings_stays_small(verb, stored_run, monkeypatch):
    """The limits hold by construction: every part that grows with the data has one."""
    from hetero2.stages import report

    monkeypatch.setattr(report, "DRAWING_BYTES", 5000)
    code, _, folder = verb()
    assert code == 0
    small, whole = (folder / "r.html").read_text(), (stored_run / "pack/report.html").read_text()
    assert small.count('class="drawing"') < whole.count('class="drawing"')
    assert len(small) < len(whole)
