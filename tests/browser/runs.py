"""The runs whose reports are opened: a good one, one full of hostile texts, one with next to nothing in it."""

import csv
import shutil
import sys
import zipfile
from pathlib import Path

from tests.conftest import DATA, build

# A text from outside must stay a text: none of these may become an element, a handler, a link or a script.
HOSTILE = (
    "<script>window.__hacked=1</script>",
    "</script><script>window.__hacked=1</script>",
    "<!--<script>",
    '"><img src=x onerror="window.__hacked=1">',
    "' onmouseover='window.__hacked=1",
    "<svg onload=window.__hacked=1>",
    '=HYPERLINK("http://x")',
    "a & b &lt;i&gt; &amp;",
    "new\nline",
    "\u202egnp.exe \u05d0\u05d1\u05d2",  # right to left
    "separators \u2028 of \u2029 JavaScript",
    "javascript:window.__hacked=1",
    "{{ 7 * 7 }} {% raw %} ${7*7}",
    "x" * 5000,
)
SMILES = (
    "CC(=O)OC1=CC=CC=C1C(=O)O",
    "CC(C)CC1=CC=C(C=C1)C(C)C(=O)O",
    "CC(=O)NC1=CC=C(O)C=C1OCCN",
    "CCOC(=O)c1ccccc1N",
    "CCN(CC)CCNC(=O)c1ccc(N)cc1",
    "Cn1cnc2n(C)c(=O)n(C)c(=O)c12",
    "CC(C)NCC(O)COc1cccc2ccccc12",
    "O=C(O)CCCCC(N)CO",
    "CC(C)(C)NCC(O)c1ccc(O)c(CO)c1",
    "COc1ccc2cc(ccc2c1)C(C)C(=O)O",
    "CCN(CC)CC(=O)Nc1c(C)cccc1C",
    "CC(=O)Nc1ccc(O)cc1",
    "OC(=O)c1ccccc1O",
    "CCCCNC(=O)c1ccncc1",
)
FILLERS = 130  # rows without a structure: cheap, and more than a page of the table holds
CONFIG = """\
run_name: {name}
input: {{path: '{library}'}}
decoys: {{k: 4}}
scores:
  source: command
  command: {python} model.py {{request}} {{scores}}
selection: {{k: 3}}
truth: {truth}
"""


def _written(path: Path, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle, quoting=csv.QUOTE_ALL)
        writer.writerow(header)
        writer.writerows(rows)


def _folder(folder: Path, name: str, library: str, truth: str, rows: list[tuple[str, ...]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(DATA / "model.py", folder / "model.py")
    _written(folder / library, ("id", "smiles"), rows)
    config = CONFIG.format(name=name, library=library, truth=truth, python=sys.executable)
    (folder / "my.yaml").write_text(config, encoding="utf-8")
    return folder


def hostile(folder: Path) -> Path:
    """Results folder of a run whose ids, structures and file name try to break out of the page."""
    rows = list(zip(HOSTILE, SMILES, strict=True))
    rows += [(f"bad {number}", text) for number, text in enumerate(HOSTILE)]
    rows += [(f"filler-{number:03d}", "") for number in range(FILLERS)]
    library = "<img src=x onerror=window.__hacked=1> & 'library'.csv".replace("'", "")
    _folder(folder, "hostile", library, "{path: truth.csv}", rows)
    labels = [(id_, ("PASS", "FAIL")[place % 2]) for place, id_ in enumerate(HOSTILE)]
    truth = [(*label, "external", "customer_truth.v1") for label in labels]
    _written(folder / "truth.csv", ("molecule_id", "expensive_label", "truth_source", "truth_version"), truth)
    build(folder)
    return folder / "results/hostile"


def nearly_empty(folder: Path) -> Path:
    """Results folder of a run in which no row is audited: the scores are those of another library."""
    rows = [("bad", "C1CC"), ("", "CCO"), ("missing", ""), ("methane", "C"), ("aspirin", SMILES[0])]
    _folder(folder, "empty", "library.csv", "{source: none}", rows)
    _written(folder / "scores.csv", ("id", "score"), [("0" * 64, "1")])
    layer = (folder / "my.yaml").read_text(encoding="utf-8")
    before, after = layer.index("  source: command"), layer.index("selection:")
    external = layer[:before] + "  source: external\n  path: scores.csv\n" + layer[after:]
    (folder / "my.yaml").write_text(external, encoding="utf-8")
    build(folder)
    return folder / "results/empty"


def taken_out(results: Path, folder: Path, name: str = "report.html") -> Path:
    """A file of the pack's zip, alone in a folder: whatever it needed beside it would be missing."""
    with zipfile.ZipFile(results / f"{results.name}_evidence_pack.zip") as archive:
        return Path(archive.extract(name, folder))


def summary(results: Path) -> list[dict[str, str]]:
    """The rows of summary.csv."""
    csv.field_size_limit(1 << 20)
    with (results / "summary.csv").open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))
