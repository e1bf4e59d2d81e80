"""Molecules beside their decoys, drawn, by move and by bin; or a list of random decoys to review.

    python -m benchmarks.decoy_gallery [input.csv] [--out docs/images] [--list 100]

Without a file, the default data set. Writes decoys_moves.png and decoys_bins.png; with --list, prints
one random decoy of each of so many molecules as CSV instead.
"""

import argparse
import csv
import random
import sys
from pathlib import Path

from rdkit import Chem, rdBase
from rdkit.Chem.Draw import rdMolDraw2D

from benchmarks.decoys_v1 import library
from hetero2.chem.bins import BINS
from hetero2.chem.decoys_v2.engine import generate
from hetero2.runtime.seeds import row_seed

MOVES = ("relink2", "relink3", "slide", "permute")
WIDTH, HEIGHT, COLUMNS = 300, 220, 4


def blocks(path, n):
    for name, smiles in library(path, n):
        yield name, smiles, generate(smiles, 20, row_seed(0, "per_row", name)).decoys


def draw(rows, path):
    """A sheet of rows of (SMILES, label)."""
    drawer = rdMolDraw2D.MolDraw2DCairo(WIDTH * COLUMNS, HEIGHT * len(rows), WIDTH, HEIGHT)
    drawer.drawOptions().legendFontSize = 16
    cells = [cell for row in rows for cell in row]
    mols = [Chem.MolFromSmiles(smiles) for smiles, _ in cells]
    drawer.DrawMolecules(mols, legends=[label for _, label in cells])
    drawer.FinishDrawing()
    path.write_bytes(drawer.GetDrawingText())


def row(name, smiles, decoys, want):
    chosen = [d for d in decoys if want(d)][: COLUMNS - 1]
    cells = [(smiles, name)] + [(d.smiles, f"{d.move}, {d.tanimoto:.2f} {d.hardness}") for d in chosen]
    return cells if len(cells) == COLUMNS else None


def sheet(path, n, wants):
    """For each wish the first molecule with three decoys that meet it."""
    rows = {}
    for name, smiles, decoys in blocks(path, n):
        for key, want in wants.items():
            candidate = row(name, smiles, decoys, want) if key not in rows else None
            if candidate:
                rows[key] = candidate
                break
    return [rows[key] for key in wants if key in rows]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input", nargs="?", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    parser.add_argument("--list", type=int)
    args = parser.parse_args()
    rdBase.DisableLog("rdApp.*")
    if args.list:
        out, chooser = csv.writer(sys.stdout, lineterminator="\n"), random.Random(1)
        out.writerow(["id", "molecule", "decoy", "move", "tanimoto", "hardness"])
        for name, smiles, decoys in blocks(args.input, args.list):
            if decoys:
                decoy = chooser.choice(decoys)
                out.writerow([name, smiles, decoy.smiles, decoy.move, f"{decoy.tanimoto:.3f}", decoy.hardness])
        return
    args.out.mkdir(parents=True, exist_ok=True)
    moves = {move: (lambda d, move=move: d.move == move) for move in MOVES}
    moves["composed"] = lambda d: "+" in d.move
    draw(sheet(args.input, 60, moves), args.out / "decoys_moves.png")
    draw(
        sheet(args.input, 60, {name: (lambda d, name=name: d.hardness == name) for name in BINS}),
        args.out / "decoys_bins.png",
    )


if __name__ == "__main__":
    main()
