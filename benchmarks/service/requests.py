"""What is asked of the service: small runs of each workflow with inputs made here, and inputs that are no good."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.service.served import Served

Body = dict[str, Any]
_ALCOHOLS = "id,smiles\n" + "".join(f"m{n},{'C' * (n % 7 + 1)}{'NO'[n % 2]}C(=O)c1ccc(C)cc1\n" for n in range(14))
_KNOWN = "id,smiles,label\nk1,CCOC(=O)c1ccccc1N,1\nk2,CCO,0\nk3,CCN,0\nk4,CCCNC(=O)c1ccccc1,1\n"
_TRAIN = "id,smiles,label\n" + "".join(f"t{n},{'C' * (n % 5 + 1)}{'NOS'[n % 3]}c1ccccc1,{n % 2}\n" for n in range(30))
_SCORES = "id,score\n" + "".join(f"m{n},{n % 5 + n / 100}\n" for n in range(14))
_PAIRS = "id,decoy,score\n" + "".join(
    f"m{n},,{n + 0.5}\n" + "".join(f"m{n},d{k},{k + n % 3}\n" for k in range(10)) for n in range(12)
)
# No refits on permuted labels, and a small sample of decoys, as in `hetero2 demo`: the other jobs are the same.
_SMALL = {"audit": {"refits": 0, "control_sample": 10}, "decoys": {"quality_sample": 10}}
# Of forty runs: a screen takes seconds, a run that ends in a pack ten times as long.
STANDARD = {"screen": 36, "scores_only": 1, "audit_scores": 1, "audit_later": 1, "reference_scorer": 1}


def screen(served: Served, seed: int) -> Body:
    """A library ranked by four molecules."""
    inputs = {"library": served.put("library.csv", _ALCOHOLS), "known": served.put("known.csv", _KNOWN)}
    return {"workflow": "screen", "inputs": inputs, "parameters": {"seed": seed}}


def screen_files(folder: Path) -> dict[str, Path]:
    """The files of a screen, by the option of the command line that names each."""
    files = {"input": folder / "library.csv", "known": folder / "known.csv"}
    for path, content in zip(files.values(), (_ALCOHOLS, _KNOWN), strict=True):
        path.write_text(content)
    return files


def scores_only(served: Served, seed: int) -> Body:
    """Scores of twelve molecules with ten decoys each."""
    inputs = {"library": served.put("pairs.csv", _PAIRS)}
    return {"workflow": "scores_only", "inputs": inputs, "parameters": _parameters(seed)}


def audit_scores(served: Served, seed: int) -> Body:
    """Scores of a library, none of its decoys."""
    inputs = {"library": served.put("library.csv", _ALCOHOLS), "scores": served.put("scores.csv", _SCORES)}
    return {"workflow": "audit_scores", "inputs": inputs, "parameters": _parameters(seed)}


def audit_later(served: Served, seed: int) -> Body:
    """A library whose scores come once it has asked for them."""
    inputs = {"library": served.put("library.csv", _ALCOHOLS)}
    return {"workflow": "audit_later", "inputs": inputs, "parameters": _parameters(seed)}


def reference_scorer(served: Served, seed: int) -> Body:
    """The nearest hit among thirty labelled molecules as the score."""
    inputs = {"library": served.put("library.csv", _ALCOHOLS), "train": served.put("train.csv", _TRAIN)}
    parameters = {**_parameters(seed), "scorer": "nearest_hit"}
    return {"workflow": "reference_scorer", "inputs": inputs, "parameters": parameters}


MAKERS: dict[str, Callable[[Served, int], Body]] = {
    function.__name__: function for function in (screen, scores_only, audit_scores, audit_later, reference_scorer)
}
# Content of a library that each of these workflows must refuse, or end as EXECUTOR_ERROR.
_BAD = {
    "no rows": "id,smiles\n",
    "no column of structures": "id,structure_of_it\nm1,CCO\n",
    "no table": "\x00\x01\x02",
    "no structure that can be read": "id,smiles\nm1,C(((\nm2,not one\n",
    "one line": "x" * 100_000,
}


def bad(served: Served, number: int) -> Body:
    """A screen whose library is no good."""
    content = list(_BAD.values())[number % len(_BAD)]
    inputs = {"library": served.put("library.csv", content), "known": served.put("known.csv", _KNOWN)}
    return {"workflow": "screen", "inputs": inputs, "parameters": {"seed": number}}


def mix(n_runs: int) -> list[str]:
    """The names of the workflows of so many runs, in the proportion of STANDARD, spread evenly."""
    total = sum(STANDARD.values())
    names: list[str] = []
    for number in range(n_runs):
        # The workflow that is furthest behind its share.
        names.append(max(STANDARD, key=lambda name: STANDARD[name] * (number + 1) / total - names.count(name)))
    return names


def scores_for(request: str) -> str:
    """A table of scores for a score request: a number by the structure's hash, molecules somewhat higher."""
    rows = csv.DictReader(io.StringIO(request))
    return "id,score\n" + "".join(
        f"{row['id']},{int(row['id'][:6], 16) / 16**6 + (0.5 if row['role'] == 'original' else 0)}\n" for row in rows
    )


def _parameters(seed: int) -> dict[str, Any]:
    return {"top_k": 3, "settings": {**_SMALL, "audit": {**_SMALL["audit"], "seed": seed}}}
