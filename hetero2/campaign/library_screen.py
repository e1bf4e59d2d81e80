"""The screen of a whole library, fitted once and applied a shard at a time; memory does not grow with the library."""

import io
import itertools
import math
import zipfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hetero2.campaign.choosing.labels import Labels, labels_of, threshold
from hetero2.campaign.measurements import read_measurements_alone
from hetero2.campaign.structures import Limits, Structure, structures_of, structures_of_rows
from hetero2.campaign.today import coverage, read_today
from hetero2.chem.count_features import CountFeatures, count_features, totals_of
from hetero2.errors import InputError
from hetero2.io.files import atomic_path
from hetero2.io.tables import from_columns, quoted, read_parquet
from hetero2.screening.gaussian_process import Fit
from hetero2.screening.kernel import Centre, Postings
from hetero2.screening.labels import normal_scores
from hetero2.screening.score_trust import Support
from hetero2.screening.screen import Screen, Settings, centre_sample, labels_to_fit

SHARD, RANKED = "screened_molecule.v1", "screen.v1"
_BLOCK = 2048
Array = NDArray[Any]
Floats = NDArray[np.float64]
Record = dict[str, Any]


class Options(NamedTuple):
    """How a library is screened.

    hit_at, lower_is_better: of measured values; today_lower_is_better: of today's score, None where nobody said;
    settings: of the screen; seed: of its samples.
    """

    hit_at: float | None = None
    lower_is_better: bool = False
    today_lower_is_better: bool | None = None
    settings: Settings = Settings()
    seed: int = 0


class Model(NamedTuple):
    """A fitted screen, the ids and structure hashes of its labels, and z of every row of the library, where scored."""

    screen: Screen
    ids: list[str]
    hashes: list[str]
    has_score: bool


class Fitted(NamedTuple):
    """A model; (rows,) normal scores of today's score; what is recorded, and what a person should know."""

    model: Model
    z: Floats
    facts: Record


def _sample(rows: pa.Table, n: int, seed: int, limits: Limits) -> CountFeatures:
    """Features of n usable molecules, chosen by their ids; of some more, since not every one may be usable."""
    usable = rows.filter(pc.is_null(rows["status"]))
    texts = usable["smiles"].take(pa.array(centre_sample(usable["id"].to_pylist(), 2 * n + 100, seed))).to_pylist()
    structures = structures_of(texts, limits, with_framework=False)
    smiles = (structure.record["canonical_smiles"] for structure in structures if structure.bins is not None)
    return count_features(list(itertools.islice(smiles, n)))


def _today(
    rows: pa.Table, path: Path | None, column: str, lower: bool | None
) -> tuple[Floats, dict[str, float], list[str]]:
    """((rows,) today's scores, larger is better, NaN where there is none; all of them by id; notes)."""
    ids = rows["id"].to_pylist()
    if path is None:
        return np.full(len(ids), np.nan), {}, []
    scores, _ = read_today(path, column, lower)
    notes = [*scores.notes, coverage(scores.by_id, ids, path)]
    status = rows["status"].to_pylist()
    pairs = zip(ids, status, strict=True)
    return (
        np.array([scores.by_id.get(name, math.nan) if why is None else math.nan for name, why in pairs], float),
        scores.by_id,
        notes,
    )


def _check_same_structures(rows: pa.Table, known: Path, labels: Labels, limits: Limits) -> None:
    """Raise InputError where a known molecule has the id of another structure of the library."""
    hashes = dict(zip(labels.ids, labels.hashes, strict=True))
    ids = pc.if_else(pc.is_null(rows["status"]), rows["id"], None)
    shared = rows.filter(pc.is_in(ids, value_set=pa.array(labels.ids)))
    structures = structures_of(shared["smiles"].to_pylist(), limits, with_framework=False)
    for name, structure in zip(shared["id"].to_pylist(), structures, strict=True):
        if structure.bins is not None and structure.record["structure_hash"] != hashes[name]:
            raise InputError(
                f"{known}: the id {quoted(name)} is that of another structure in the library "
                f"({structure.record['canonical_smiles']})",
                "correct the structure, or give the known molecule an id of its own",
            )


def fit(rows: pa.Table, known: Path, today: Path | None, today_column: str, options: Options, limits: Limits) -> Fitted:
    """Learn from known molecules (known_measurements.v1).

    rows: all of the library (input_row.v1; id, smiles, status); today: a table with the team's score. Raises InputError
    where a file cannot be read, or no label is in it.
    """
    measurements, notes = read_measurements_alone(known, limits[0].standardise)
    limit = threshold(options.hit_at, options.lower_is_better, measurements, measurements)
    labels = labels_of(measurements, limit, options.lower_is_better)
    if not labels.n:
        raise InputError(
            f"{known}: no row says whether its molecule is a hit",
            limit.note or "; ".join(labels.notes) or "give the column label (1 a hit, 0 not), or value, with --hit-at",
        )
    _check_same_structures(rows, known, labels, limits)
    scores, by_id, today_notes = _today(rows, today, today_column, options.today_lower_is_better)
    fitted = labels.take(labels_to_fit(labels.measured.is_hit, options.seed))
    of_labels = np.array([by_id.get(name, math.nan) for name in fitted.ids], float)
    sample = _sample(rows, options.settings.sample, options.seed, limits)
    screen = Screen.fit(
        sample,
        count_features(fitted.canonical_smiles),
        fitted.measured,
        options.settings,
        None if today is None else normal_scores(scores, of_labels),
    )
    facts = {
        "labels": labels.n,
        "labels_fitted": fitted.n,
        "hits": int(labels.measured.is_hit.sum()),
        "hit_at": limit.hit_at,
        "labels_with_today": int(np.isfinite(of_labels).sum()),
        "today_slope": None if today is None else round(screen.support.slope, 6),
        "today_supported": None if today is None else round(screen.support.probability, 6),
        "notes": [*notes, *([limit.note] if limit.note else []), *labels.notes, *today_notes, *_few(labels, fitted)],
    }
    model = Model(screen, fitted.ids, labels.hashes, today is not None)
    return Fitted(model, normal_scores(scores, scores), facts)


def _few(labels: Labels, fitted: Labels) -> list[str]:
    if fitted.n < labels.n:
        return [f"{labels.n} labels are more than a fit takes: {fitted.n} of them are used, hits first"]
    return []


def screened(model: Model, rows: Sequence[Record], z: Floats, limits: Limits, workers: int = 1) -> pa.Table:
    """A shard of the library with its predictions (screened_molecule.v1).

    rows: input_row.v1; z: of these rows. A row's values do not depend on the others. Some 0.7 ms a molecule.
    """
    results = structures_of_rows(rows, limits, workers, with_framework=False)
    parts, n_before = list[pa.Table](), 0
    while block := list(itertools.islice(results, _BLOCK)):
        parts.append(_predicted(model, block, z[n_before : n_before + len(block)]))
        n_before += len(block)
    return pa.concat_tables(parts) if parts else from_columns(SHARD, 0, {})


def _predicted(model: Model, block: Sequence[tuple[Record, Structure]], z: Floats) -> pa.Table:
    usable = [place for place, (_, structure) in enumerate(block) if structure.bins is not None]
    features = _features([block[place][1] for place in usable])
    prediction = model.screen.predict(features, z[usable] if model.has_score else None)
    in_block = partial(_spread, usable, len(block))
    known = set(model.hashes)
    records = [structure.record for _, structure in block]
    columns: dict[str, Any] = {
        "mean": in_block(prediction.mean),
        "sd": in_block(prediction.sd),
        "nearest_known_similarity": in_block(prediction.similarity),
        "nearest_known_id": in_block(np.array(model.ids)[prediction.nearest]),
        "in_domain": in_block(prediction.in_domain),
        "is_known": [record.get("structure_hash") in known for record in records],
        **{name: [row[name] for row, _ in block] for name in ("row", "id")},
        **{
            name: [record[name] for record in records]
            for name in ("status", "reason", "canonical_smiles", "structure_hash")
        },
    }
    return from_columns(SHARD, len(block), columns)


def _spread(places: Sequence[int], n: int, values: Array) -> pa.Array:
    """Values (m,) at m of n places, null at the others."""
    whole, empty = np.zeros(n, values.dtype), np.ones(n, bool)
    whole[places], empty[places] = values, False
    return pa.array(whole, mask=empty)


def _features(structures: Sequence[Structure]) -> CountFeatures:
    bins = [structure.bins for structure in structures if structure.bins is not None]
    values = [structure.values for structure in structures if structure.values is not None]
    start = np.concatenate([[0], np.cumsum([len(part) for part in bins])]).astype(np.int64)
    all_bins = np.concatenate([np.zeros(0, np.uint32), *bins])
    all_values = np.concatenate([np.zeros(0, np.uint16), *values])
    return CountFeatures(start, all_bins, all_values, totals_of(start, all_bins, all_values))


def ranked(shards: Sequence[Path]) -> pa.Table:
    """All rows of some shards, as `rank` orders them."""
    return rank(pa.concat_tables([read_parquet(path, SHARD) for path in shards]))


def rank(predicted: pa.Table) -> pa.Table:
    """Rows (screen.v1): those that are OK by mean, ties by structure hash; then the others, in their order."""
    rows = predicted.combine_chunks()
    is_ok = np.array(rows["status"].to_pylist()) == "OK"
    mean = np.where(is_ok, rows["mean"].fill_null(0.0).to_numpy(), -np.inf)
    hashes = np.array(rows["structure_hash"].fill_null("").to_pylist())
    order = np.lexsort((rows["row"].to_numpy(), np.where(is_ok, hashes, ""), -mean))
    rank = np.arange(1, len(rows) + 1)
    columns = {name: rows[name].take(pa.array(order)) for name in rows.column_names if name != "row"}
    return from_columns(RANKED, len(rows), columns | {"rank": pa.array(rank, mask=~is_ok[order])})


def save(model: Model, path: Path) -> None:
    """Write a model: the same bytes for the same model."""
    screen = model.screen
    arrays: dict[str, Array] = {
        **{f"known.{name}": array for name, array in screen.known._asdict().items()},
        **{f"sample.{name}": array for name, array in screen.sample._asdict().items()},
        "known_means": screen.known_means,
        "mean_of_means": np.array(screen.centre.mean_of_means),
        "prior_mean": np.array(screen.prior_mean),
        "slopes": np.array(screen.support.slopes, float).reshape(-1, 2),
        "supported": np.array(screen.support.probability),
        "inverse": screen.process.inverse,
        "weights": screen.process.weights,
        "log_likelihood": np.array(screen.process.log_likelihood),
        "ids": np.array(model.ids, str),
        "hashes": np.array(model.hashes, str),
        "has_score": np.array(model.has_score),
    }
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.asarray(array), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), buffer.getvalue())


def load(path: Path) -> Model:
    """Read a model."""
    with np.load(path, allow_pickle=False) as arrays:
        fields: Mapping[str, Array] = {name: arrays[name] for name in arrays.files}
    known, sample = (Postings(*(fields[f"{side}.{name}"] for name in Postings._fields)) for side in ("known", "sample"))
    slopes = tuple((float(slope), float(limit)) for slope, limit in fields["slopes"])
    screen = Screen(
        known,
        sample,
        fields["known_means"],
        Centre(float(fields["mean_of_means"])),
        float(fields["prior_mean"]),
        Support(slopes, float(fields["supported"])),
        Fit(fields["inverse"], fields["weights"], float(fields["log_likelihood"])),
    )
    return Model(screen, fields["ids"].tolist(), fields["hashes"].tolist(), bool(fields["has_score"]))
