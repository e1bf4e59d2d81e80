"""manifest.json: seeds, name, truth and inputs follow from configuration and files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.layout import MANIFEST, SCORES, TRUTH
from hetero2.pack.verification.problems import Problems
from hetero2.pack.verification.recompute.subject import DIGEST_ONLY, RECOMPUTED, Subject

Facts = dict[str, Any]
_MISSING = object()


def _section(config: Facts, name: str) -> Facts:
    section = config.get(name)
    return section if isinstance(section, dict) else {}


def _from_config(manifest: Facts, config: Facts) -> Iterator[tuple[str, Any, Any]]:
    """(what, as the manifest says it, as the configuration gives it)."""
    decoys, selection = _section(config, "decoys"), _section(config, "selection")
    expected = {
        "decoys": decoys.get("seed"),
        "decoys_seed_strategy": decoys.get("seed_strategy"),
        "selection": selection.get("seed"),
    }
    if "dataset" in config:
        expected["dataset_split"] = _section(config, "dataset").get("split_seed")
    yield "seeds", manifest.get("seeds"), expected
    yield "run", manifest.get("run"), config.get("run_name", _MISSING)
    scores, brought = manifest.get("scores") or {}, _section(config, "scores")
    for key in ("source", "higher_is_better", "command"):
        if key in scores and key in brought:
            yield f"scores.{key}", scores[key], brought[key]


def _inputs(manifest: Facts, config: Facts) -> Iterator[tuple[str, Any, Any]]:
    """(what, as the manifest says it, as its list of inputs gives it): names and digests of files of the user."""
    by_role = {entry["role"]: entry for entry in manifest["inputs"]}
    for section, role in (("input", "library"), ("truth", "truth"), ("scores", "scores")):
        entry, said = by_role.get(role), _section(config, section).get("sha256")
        if entry is not None and said is not None:
            yield f"config.{section}.sha256", said, entry["sha256"]
    for section, role in (("truth", "truth"), ("scores", "scores")):
        entry, facts = by_role.get(role), manifest.get(section)
        if entry is not None and isinstance(facts, dict) and section == "truth":
            yield f"{section}.sha256", facts.get("sha256"), entry["sha256"]


def check_manifest_facts(evidence: Evidence, problems: Problems) -> None:
    """Compare what the manifest says twice, or of files that are there."""
    manifest, config = evidence.json(MANIFEST), evidence.config
    for what, said, expected in (*_from_config(manifest, config), *_inputs(manifest, config)):
        if expected is not _MISSING and said != expected:
            problems.add(f"{MANIFEST}: {what} is {said}, the configuration and the inputs give {expected}")
    scores = manifest.get("scores") or {}
    names = [name for name in SCORES if name in evidence]
    if scores.get("name") not in names and _section(config, "scores").get("source") != "external":
        problems.add(f"{MANIFEST}: scores.name is {scores.get('name')!r}, the scores file is {', '.join(names)}")


def check_truth_counts(evidence: Evidence, problems: Problems) -> None:
    """Labels by outcome, and where they come from; a molecule has one label."""
    facts = evidence.json(MANIFEST)["truth"]
    if facts is None:
        return
    labels, sources, ids = Counter[str](), set(), set()
    for molecule_id, label, source in evidence.rows(TRUTH, "molecule_id", "expensive_label", "truth_source"):
        labels[label] += 1
        sources.add(source)
        number = hash(molecule_id)
        if number in ids:
            problems.add(f"{TRUTH}: {molecule_id[:80]!r} has two labels")
        ids.add(number)
    for key, count in (("n_pass", labels["PASS"]), ("n_fail", labels["FAIL"])):
        if facts.get(key) != count:
            problems.add(f"{MANIFEST}: truth.{key} is {facts.get(key)}, {TRUTH} has {count}")
    if sources != {facts.get("truth_source")}:
        problems.add(
            f"{MANIFEST}: truth.truth_source is {facts.get('truth_source')!r}, {TRUTH} has {sorted(sources)[:3]}"
        )


MANIFEST_FACTS = (
    Subject(
        f"{MANIFEST}: seeds, run, scores.source, higher_is_better, command, digests of inputs",
        RECOMPUTED,
        "its configuration and its list of inputs",
        (MANIFEST,),
        check_manifest_facts,
    ),
    Subject(
        f"{MANIFEST}: truth.n_pass, n_fail, truth_source", RECOMPUTED, TRUTH, (MANIFEST, TRUTH), check_truth_counts
    ),
    Subject(
        f"{MANIFEST}: code_digest, source_commit, timestamp_utc, tool_version, target, digests of inputs",
        DIGEST_ONLY,
        "code and inputs are in no pack: run again, or compare with the release",
    ),
)
