"""The decoy strategies behind one call."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from hetero2.chem import decoys_v1
from hetero2.chem.bins import QUOTAS, hardness
from hetero2.chem.decoys_v2 import engine
from hetero2.chem.molecules import parse_known, structure_hash
from hetero2.chem.similarity import fingerprint, tanimoto
from hetero2.chem.structures.same_compound import skeleton

NAMES = (engine.NAME, decoys_v1.CHAIN, *(link.name for link in decoys_v1.STRATEGIES))
DEFAULT = engine.NAME
_EXAMPLE = "CCOC(=O)c1ccccc1N"  # every compiled loop has something to do in it
DIFFERENCES = ("logp", "tpsa", "hbond_donors", "hbond_acceptors", "rotatable_bonds")


@dataclass(frozen=True)
class Made:
    """The decoys of a molecule: what made them, a record each, and why there are fewer than asked for."""

    strategy: str | None
    records: tuple[dict[str, Any], ...]
    reason: str | None


def make(strategy: str, canonical_smiles: str, k: int, seed: int, quotas: Mapping[str, float], hard_mode: bool) -> Made:
    """Decoys of a molecule given by its canonical SMILES. Raises ValueError for an unknown strategy or SMILES."""
    if strategy == engine.NAME:
        return _v2(canonical_smiles, k, seed, quotas, hard_mode)
    generated = decoys_v1.generate(canonical_smiles, k, seed, strategy, hard_mode)
    similar = tanimoto(fingerprint(parse_known(canonical_smiles)), [fingerprint(mol) for mol in generated.mols])
    unknown: dict[str, Any] = {f"d_{name}": None for name in DIFFERENCES}
    records = tuple(
        _record(index, smiles, generated.strategy, "rewire", similarity, unknown | {"skeleton": skeleton(mol)})
        for index, (smiles, mol, similarity) in enumerate(zip(generated.smiles, generated.mols, similar, strict=True))
    )
    return Made(generated.strategy, records, None if len(records) == k else "attempts_exhausted")


@cache
def warm_up(strategy: str) -> None:
    """Compile the loops and read the tables that making decoys needs, once a process.

    Without a compiler's cache on disk this takes some 20 s of CPU, with one 2 s.
    """
    make(strategy, _EXAMPLE, 20, 0, QUOTAS, False)
    skeleton(parse_known(_EXAMPLE))


def _v2(canonical_smiles: str, k: int, seed: int, quotas: Mapping[str, float], hard_mode: bool) -> Made:
    generated = engine.generate(canonical_smiles, k, seed, quotas, hard_mode)
    records = tuple(
        _record(
            index,
            decoy.smiles,
            engine.NAME,
            decoy.move,
            decoy.tanimoto,
            {f"d_{name}": decoy.differences[name] for name in DIFFERENCES} | {"skeleton": decoy.skeleton},
        )
        for index, decoy in enumerate(generated.decoys)
    )
    return Made(engine.NAME if records else None, records, generated.reason)


def _record(
    index: int, smiles: str, strategy: str | None, move: str, similarity: float, more: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "decoy_index": index,
        "decoy_smiles": smiles,
        "decoy_hash": structure_hash(smiles),
        "strategy": strategy,
        "move": move,
        "tanimoto": similarity,
        "hardness": hardness(similarity),
        **more,
    }
