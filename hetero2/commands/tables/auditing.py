"""An audit of tables in memory: scores of a table, a file or a function, with what truth says of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hetero2.commands import decoy_sets
from hetero2.commands.tables import answers
from hetero2.commands.tables.molecules import labels_of, scores_by
from hetero2.commands.tables.results import Audit, DecoySets
from hetero2.config.resolve import complete_sections


def audit(
    sets: DecoySets,
    scores: Any,
    truth: Any,
    select: int | None,
    higher_is_better: bool,
    training: Path | str | None,
    layer: Mapping[str, Any],
) -> Audit:
    """Audit decoy sets by scores; `layer`: keys of the section `audit`. The rest is as hetero2.api.audit has it."""
    sections = complete_sections(decoy_sets.TARGET, {"audit": layer, "selection": {}})
    settings = decoy_sets.settings_of(sets) | sections
    near, standardise = settings["audit"]["near_tanimoto"], settings["guardrails"]["standardise"]
    with decoy_sets.stored(sets.molecules, sets.decoys) as shard:
        hits = None if truth is None else labels_of(truth, decoy_sets.ids_of(shard))
        leaks, excluded = decoy_sets.find_leaks(shard, training, standardise, near)
        if callable(scores):
            scores = scores_by(scores, decoy_sets.request(shard, excluded))
        audited = decoy_sets.audit_scores(shard, scores, higher_is_better, excluded, settings)
    return Audit(*audited, leaks, *answers.judged(audited, hits, select, higher_is_better, settings))
