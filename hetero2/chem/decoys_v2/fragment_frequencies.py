"""How common a Morgan fragment is: the table of SA_Score in the RDKit wheel (doi 10.1186/1758-2946-1-8).

RDKit's Morgan identifiers (doi 10.1021/ci100050t) are 32-bit hashes of an atom's invariants, then of its neighbours'
identifiers, layer by layer; the same arithmetic stands in `kernels`, so that what a rearrangement does to the fragments
is known before any molecule is built. The table gives their log frequencies in a million compounds.
"""

import gzip
import pickle
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rdkit import RDConfig

from hetero2.chem.decoys_v2 import kernels

Floats = NDArray[np.float32]
# Log frequency of a fragment that the table does not hold: what the SA score gives it, below the rarest it holds.
UNKNOWN = -4.0
_TABLE_BITS = 22  # 4.2 million places for 0.7 million fragments: most look-ups end at the first place


@cache
def frequencies() -> tuple[NDArray[np.uint32], Floats]:
    """Open addressing in two arrays of 2^22: identifier and log frequency, 0 where empty."""
    path = Path(RDConfig.RDContribDir) / "SA_Score" / "fpscores.pkl.gz"
    with gzip.open(path) as stream:
        rows = pickle.load(stream)  # noqa: S301 - a file of the pinned RDKit wheel
    keys = np.concatenate([np.array(row[1:], np.int64).astype(np.uint32) for row in rows])
    values = np.concatenate([np.full(len(row) - 1, row[0], np.float32) for row in rows])
    size = 1 << _TABLE_BITS
    both = np.zeros((size, 2), np.uint32)  # side by side, so that looking one up waits for memory once
    table, scores = both[:, 0], both.view(np.float32)[:, 1]
    scores[:] = UNKNOWN  # what a free place says
    kernels.add_frequencies(table, scores, keys, values)
    return table, scores
