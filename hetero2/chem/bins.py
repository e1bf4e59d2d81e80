"""Bins of decoys by their Tanimoto similarity to the molecule, and the share wanted of each."""

from bisect import bisect_right
from collections.abc import Mapping
from types import MappingProxyType

BINS = ("easy", "medium", "hard")
EDGES = (0.5, 0.7)
QUOTAS: Mapping[str, float] = MappingProxyType({"easy": 0.3, "medium": 0.4, "hard": 0.3})


def check_quotas(quotas: Mapping[str, object]) -> None:
    """Raises ValueError unless there is a share from 0 to 1 for each bin, and they add up to 1."""
    shares = [share for share in quotas.values() if isinstance(share, int | float) and 0 <= share <= 1]
    if set(quotas) != set(BINS) or len(shares) != len(BINS) or abs(sum(shares) - 1) > 1e-6:
        raise ValueError(f"quotas: {dict(quotas)}, expected shares of {', '.join(BINS)} that add up to 1")


def hardness(tanimoto: float) -> str:
    """The bin of a Tanimoto similarity: easy below 0.5, medium, hard from 0.7."""
    return BINS[bisect_right(EDGES, tanimoto)]
