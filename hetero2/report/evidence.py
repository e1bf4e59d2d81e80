"""What the report is made from: the files of a pack, and what was looked up for its figures, cards and table."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hetero2.io.csv_reader import read_csv
from hetero2.io.files import read_json
from hetero2.io.tables import arrow_schema, number_cell
from hetero2.pack.verification.layout import (
    CANDIDATES,
    CONTROLS,
    COST_LIFT,
    DECOY_QUALITY,
    DIAGNOSIS,
    HARDNESS_CURVE,
    HIT_CURVE,
    LEAKAGE,
)

# Ways of choosing, as utility_report.json names them.
AUDIT, SCORE, BASELINE, RANDOM = "score_plus_audit_topk", "score_topk", "baseline_topk", "random"
SCREEN = "screen_topk"
FIRST = 6  # molecules that the first screen names
Record = dict[str, Any]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Evidence:
    """The documents of a pack, and numbers of its summary.csv.

    `facts` is what manifest.json will say but its files. `diagnosis` is None in packs that are older than it. `utility`
    and `cost_lift` are None without truth, `cost_lift` also where it was refused. `auc`, `p_value`: (molecules with a
    score,). `curve`: hits at a grid of K, as in `utility.at`; empty without truth. `most_decoys` is the largest number
    of scored decoys of a molecule, `hits_by_call` (molecules with truth, hits) of each call, `first` the first lines of
    the list to send (ranked_candidates.v1).
    """

    facts: Record
    lock_differences: Sequence[str]
    metrics: Record
    quality: Record
    controls: Record
    hardness: Sequence[Record]
    leaks: Mapping[str, int]
    diagnosis: Record | None = None
    utility: Record | None = None
    cost_lift: Record | None = None
    auc: Floats = field(default_factory=lambda: np.zeros(0))
    p_value: Floats = field(default_factory=lambda: np.zeros(0))
    most_decoys: int = 0
    hits_by_call: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    curve: Sequence[Record] = ()
    first: Sequence[Record] = ()

    @property
    def n_rows(self) -> int:
        """Rows of the library."""
        return sum(self.metrics["counts"].values())

    @property
    def primary(self) -> Record | None:
        """Hits at the primary K: the entry of `utility.at`; None where nothing can be said of hits."""
        utility = self.worth
        return None if utility is None else next(at for at in utility["at"] if at["k"] == utility["k"])

    @property
    def worth(self) -> Record | None:
        """What `utility_report.json` says of hits; None without truth of two classes, and in older packs."""
        utility = None if self.utility is None else self.utility["utility"]
        return utility if utility is not None and utility["at"] and "list" in utility else None

    @property
    def knows_training(self) -> bool:
        """Whether the training set of the model is known, so that leakage into the library was looked for."""
        inputs = any(entry["role"] == "training set" for entry in self.facts["inputs"])
        return inputs or bool(self.facts["config"]["scores"].get("train"))

    @property
    def present(self) -> str:
        """The present practice: today's filter where there is one, or the score itself."""
        compared = None if self.utility is None else self.utility["utility"]["before_after"]
        return SCORE if compared is None else str(compared["before"]["method"])


def _rows(path: Path, contract: str) -> Iterator[Record]:
    """Lines of a CSV of ours with numbers as its contract has them, None where a cell is empty."""
    schema = arrow_schema(contract)
    kinds = {
        field.name: int if pa.types.is_integer(field.type) else float for field in schema if field.type != pa.string()
    }
    for line, row in read_csv(path, schema.names):
        yield {
            name: (kinds[name](number_cell(text, path, f"line {line}", name)) if name in kinds else text)
            if text
            else None
            for name, text in row.items()
        }


def _curve(path: Path) -> list[Record]:
    """Lines of hit_curve.csv, those of one K together."""
    methods_at: dict[int, Record] = {}
    for row in _rows(path, "hit_curve.v1"):
        k, method = row.pop("k"), row.pop("method")
        methods_at.setdefault(k, {})[method] = row
    return [{"k": k, "methods": methods} for k, methods in methods_at.items()]


def read(files: Mapping[str, Path], cost_lift: Path | None, **other_fields: Any) -> Evidence:
    """Evidence from the files of a pack by their names there; `cost_lift` is what its stage wrote."""
    utility, curve, diagnosis = (files.get(name) for name in ("utility_report.json", HIT_CURVE, DIAGNOSIS))
    return Evidence(
        metrics=read_json(files["metrics.json"]),
        quality=read_json(files[DECOY_QUALITY]),
        controls=read_json(files[CONTROLS]),
        hardness=list(_rows(files[HARDNESS_CURVE], "hardness_curve.v1")),
        leaks=Counter(row["kind"] for _, row in read_csv(files[LEAKAGE], ["kind"])),
        diagnosis=None if diagnosis is None else read_json(diagnosis),
        utility=None if utility is None else read_json(utility),
        curve=[] if curve is None else _curve(curve),
        cost_lift=None if cost_lift is None else read_json(cost_lift)["report"],
        **other_fields,
    )


_OF_A_PACK = ("metrics.json", DECOY_QUALITY, CONTROLS, HARDNESS_CURVE, LEAKAGE)
_IF_THERE = (DIAGNOSIS, "utility_report.json", HIT_CURVE)


def of_pack(folder: Path, facts: Record, lock_differences: Sequence[str]) -> Evidence:
    """Evidence from the folder of a pack; `facts` is its manifest, or what that will say."""
    files = {name: folder / name for name in _OF_A_PACK}
    files |= {name: folder / name for name in _IF_THERE if (folder / name).is_file()}
    report = folder / COST_LIFT
    listed = folder / CANDIDATES
    rows = (row for _, row in read_csv(listed, ("id", "selected_at_k"))) if listed.is_file() else iter(())
    first = [row for row in islice(rows, FIRST) if row["selected_at_k"]]
    evidence = read(files, None, facts=facts, lock_differences=lock_differences, first=first)
    return replace(evidence, cost_lift=read_json(report) if report.is_file() else None)
