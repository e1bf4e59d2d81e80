"""A user's command that is fitted again: the training file that it is given."""

import json
import sys

import numpy as np

from hetero2.inputs.training import Training
from hetero2.scoring.scorers.refittable import CommandModel

IDS = ["plain", "re\rturn", "new\nline", 'quo"te', "com,ma", " spaced ", "=1+1", "é\u202e"]
MODEL = """
import csv, json, sys
train, request, scores, seen = sys.argv[1:]
rows = list(csv.DictReader(open(train, newline="", encoding="utf-8"), strict=True))
json.dump(rows, open(seen, "w"))
asked = list(csv.DictReader(open(request, newline="", encoding="utf-8"), strict=True))
with open(scores, "w", newline="") as handle:
    csv.writer(handle).writerows([("id", "score"), *((row["id"], len(rows)) for row in asked)])
"""


def test_every_id_reaches_the_command_as_it_is(tmp_path):
    (tmp_path / "model.py").write_text(MODEL)
    smiles = ["C" * n for n in range(1, len(IDS) + 1)]
    labels = [n % 2 for n in range(len(IDS))]
    line = f"{sys.executable} {tmp_path / 'model.py'} {{train}} {{request}} {{scores}} {tmp_path / 'seen.json'}"
    model = CommandModel(line, Training(IDS, smiles, smiles, labels), ["CCO", "CCN"], 60, tmp_path / "log")
    assert model.scores(np.array(labels), 0).tolist() == [len(IDS)] * 2
    expected = [
        {"id": id_, "smiles": text, "label": str(label)} for id_, text, label in zip(IDS, smiles, labels, strict=True)
    ]
    assert json.loads((tmp_path / "seen.json").read_text()) == expected
