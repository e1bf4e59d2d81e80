"""Descriptors of molecules and of their decoys, from which the quality of decoys is measured."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hetero2.chem.alerts import all_alerts
from hetero2.chem.molecules import Mol, parse_known
from hetero2.chem.properties import (
    accessibility_and_fragments,
    dude_properties,
    feature_fingerprints,
    nearest,
    reference_molecules,
)
from hetero2.chem.scaffold import murcko_scaffold
from hetero2.chem.similarity import fingerprint, fingerprint_matrix

# Decoy bias: what a molecule and its decoys may differ in beside their structure. Names as in decoy_quality.v1.
BIASES = ("synthetic_accessibility", "fragment_popularity", "rare_fragments", "reference_similarity")
LOGP = 1  # column of `properties`
DecoySet = tuple[str, Sequence[str]]


@dataclass(frozen=True)
class Features:
    """n structures of b decoy sets: `label` (n,) 1 for a parent, `set_number` (n,) from 0, `cluster` (b,) the scaffold.

    `properties` (n, 6) of DUD-E (`properties.dude_properties`), `bits` (n, 2048) ECFP4, `biases` (n, 4) in the order of
    BIASES; `doppelganger` (d,): the decoys' largest FCFP6 similarity to any other parent than their own. `alert` (n,):
    whether a parent has a structural alert, and a decoy one that its parent lacks.
    """

    label: NDArray[np.int64]
    set_number: NDArray[np.int64]
    cluster: NDArray[np.int64]
    properties: NDArray[np.float64]
    bits: NDArray[np.uint8]
    biases: NDArray[np.float64]
    doppelganger: NDArray[np.float64]
    alert: NDArray[np.bool_]

    def every(self, step: int) -> "Features":
        """Of the decoy sets every `step`-th, from the first on."""
        kept = np.arange(len(self.cluster)) % step == 0
        rows = kept[self.set_number]
        return Features(
            self.label[rows],
            self.set_number[rows] // step,
            self.cluster[kept],
            self.properties[rows],
            self.bits[rows],
            self.biases[rows],
            self.doppelganger[rows[self.label == 0]],
            self.alert[rows],
        )


def features(decoy_sets: Sequence[DecoySet]) -> Features:
    """Descriptors of decoy sets (parent, decoys), canonical SMILES, each with a decoy at least."""
    smiles = [text for parent, decoys in decoy_sets for text in (parent, *decoys)]
    mols = [parse_known(text) for text in smiles]
    sizes = [1 + len(decoys) for _, decoys in decoy_sets]
    label = np.zeros(len(smiles), np.int64)
    label[np.cumsum([0, *sizes[:-1]])] = 1
    set_number = np.repeat(np.arange(len(decoy_sets)), sizes)
    parents, decoys = np.flatnonzero(label == 1), np.flatnonzero(label == 0)
    _, cluster = np.unique([murcko_scaffold(mols[position]) for position in parents], return_inverse=True)
    reference = [fingerprint(mol) for mol in reference_molecules()]
    similar = nearest([fingerprint(mol) for mol in mols], reference)
    shapes = feature_fingerprints(mols)
    others = nearest([shapes[i] for i in decoys], [shapes[i] for i in parents], set_number[decoys].tolist())
    return Features(
        label,
        set_number,
        cluster.astype(np.int64),
        dude_properties(mols),
        fingerprint_matrix(mols),
        np.column_stack([accessibility_and_fragments(mols), similar]),
        others,
        _alerted(mols, parents[set_number]),
    )


def _alerted(mols: Sequence[Mol], parent_places: NDArray[np.int64]) -> NDArray[np.bool_]:
    """`Features.alert`; `parent_places` (n,): place of the parent of each structure, of itself for a parent."""
    names_of_each = [all_alerts(mol) for mol in mols]
    new = [
        names if place == parent else names - names_of_each[parent]
        for place, (names, parent) in enumerate(zip(names_of_each, parent_places.tolist(), strict=True))
    ]
    return np.array(list(map(bool, new)), bool)
