"""What the diagnosis says of scores whose worth is known: python -m benchmarks.diagnosis FOLDER

FOLDER holds a folder for each data set: input.csv (id,smiles), truth.csv (molecule_id,expensive_label) and a
scores_NAME.csv (molecule_id,score; larger is better) for each score. Prints a Markdown table, one row per score; the
docs say which scores these were and what was expected of them.
"""

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from hetero2.chem.molecules import canonical, parse_known, structure_hash
from hetero2.chem.scaffold import murcko_scaffold
from hetero2.runtime.seeds import sample
from hetero2.stages.diagnosis import MOST_LABELLED, MOST_SCORED, Molecules, diagnose, sign_of
from hetero2.stats.diagnosis.answer import TRUTH

Record = dict[str, Any]
_SAYS = {"better": "", "no_better": " =", "undecided": " ?", None: " –"}


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as handle:
        return list(csv.DictReader(handle))


def molecules(folder: Path) -> list[Record]:
    """The molecules of a data set with their labels."""
    labels = {row["molecule_id"]: row["expensive_label"] == "PASS" for row in _read(folder / "truth.csv")}
    records = []
    for row in _read(folder / "input.csv"):
        mol = parse_known(row["smiles"])
        smiles = canonical(mol)
        records.append(
            {
                "id": row["id"],
                "canonical_smiles": smiles,
                "structure_hash": structure_hash(smiles),
                "scaffold": murcko_scaffold(mol),
                "hit": labels[row["id"]],
            }
        )
    return records


def diagnosed(records: list[Record], scores: dict[str, float]) -> Record:
    """diagnosis.json of a score, as the stage makes it."""
    rows = [record | {"score": scores[record["id"]]} for record in records if record["id"] in scores]
    scored, with_label = (Molecules.of(sample(rows, most, 0)) for most in (MOST_SCORED, MOST_LABELLED))
    sign = sign_of(pa.chunked_array([[row["score"] for row in rows]]), higher_is_better=True)
    return diagnose(scored, with_label, TRUTH, None, sign, seed=0)


def lines(folder: Path) -> Iterator[str]:
    """The table: AUC with interval, that of each competitor (= no better, ? undecided), explained share, answer."""
    yield "| set | score | ROC-AUC | atoms | logP | property model | nearest hit | explained | answer | codes |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for data_set in sorted(path.parent for path in folder.glob("*/truth.csv")):
        records = molecules(data_set)
        for path in sorted(data_set.glob("scores_*.csv")):
            scores = {row["molecule_id"]: float(row["score"]) for row in _read(path) if row["score"]}
            document = diagnosed(records, scores)
            ranking, bulk = document["ranking"], document["bulk_properties"]
            beside = [f"{entry['auc']:.2f}{_SAYS[entry['score_is']]}" for entry in ranking["competitors"]]
            area = f"{ranking['auc']:.2f} ({ranking['ci_low']:.2f} to {ranking['ci_high']:.2f})"
            codes = ", ".join([document["codes"][0], *(c for c in document["codes"][1:] if c == "PROPERTY_MODEL")])
            name = path.stem.removeprefix("scores_")
            cells = [data_set.name, name, area, *beside, f"{bulk['explained_share']:.2f}", document["answer"], codes]
            yield f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    for line in lines(parser.parse_args().folder):
        print(line, flush=True)


if __name__ == "__main__":
    main()
