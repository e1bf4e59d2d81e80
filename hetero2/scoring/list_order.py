"""The order of the list to send: by score alone, so that the audit moves no molecule."""

import numpy as np
import pyarrow as pa

from hetero2.io.columns import Ints
from hetero2.io.files import sha256_bytes
from hetero2.io.structure_keys import keys
from hetero2.stats.benefit.enrichment import dense_priority, order_candidates


def list_order(rows: pa.Table) -> Ints:
    """(molecules with a score,): indices of the rows in the order to send, best score first. O(n log n).

    Needs score, structure_hash and id. Ties are broken by structure hash, which knows no label, or by the hash of the
    id where a row has no structure.
    """
    place = np.flatnonzero(rows["score"].is_valid().to_numpy())
    scored = rows.select(["score", "structure_hash", "id"]).take(pa.array(place))
    return place[order_candidates(dense_priority(scored["score"].to_numpy()), *keys(_tie_break(scored)))]


def _tie_break(rows: pa.Table) -> pa.Array:
    pairs = zip(rows["structure_hash"].to_pylist(), rows["id"].to_pylist(), strict=True)
    return pa.array([key or sha256_bytes(name.encode("utf-8")) for key, name in pairs], pa.string())
