"""A model that is fitted: trained_model.py TRAIN SEED REQUEST SCORES. Mean label of the 5 most alike texts."""

import csv
import random
import sys
from pathlib import Path


def pairs(text: str) -> set[str]:
    return {text[place : place + 2] for place in range(len(text) - 1)}


train, seed, request, scores = sys.argv[1:]
with Path(train).open(newline="") as handle:
    labelled = [(pairs(row["smiles"]), int(row["label"])) for row in csv.DictReader(handle)]
random.Random(int(seed)).shuffle(labelled)  # which of equals comes first
with Path(request).open(newline="") as asked, Path(scores).open("w", newline="") as out:
    writer = csv.writer(out)
    writer.writerow(["id", "score"])
    for row in csv.DictReader(asked):
        own = pairs(row["smiles"])
        near = sorted(labelled, key=lambda other: -len(own & other[0]) / max(1, len(own | other[0])))[:5]
        writer.writerow([row["id"], sum(label for _, label in near) / 5 - len(row["smiles"]) / 1000])
