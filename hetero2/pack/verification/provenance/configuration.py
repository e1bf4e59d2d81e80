"""config.yaml: the configuration that manifest.json has, key by key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.layout import CONFIG, MANIFEST
from hetero2.pack.verification.problems import Problems
from hetero2.pack.verification.provenance.yaml_text import YamlScalar, is_same, read_yaml
from hetero2.pack.verification.recompute.subject import RECOMPUTED, Subject

_NO_KEY = "no such key"


def _differing_keys(node: Any, value: Any, where: str) -> Iterator[tuple[str, Any, Any]]:
    """(key, as config.yaml has it, as the manifest has it), at the innermost mapping."""
    if isinstance(node, dict) and isinstance(value, dict):
        for key in sorted({*node, *value}):
            yield from _differing_keys(node.get(key, _NO_KEY), value.get(key, _NO_KEY), f"{where}.{key}"[:200])
    elif not is_same(node, value):
        yield where[1:], node.text if isinstance(node, YamlScalar) else node, value


def check_configuration(evidence: Evidence, problems: Problems) -> None:
    """Compare the two."""
    document = read_yaml(evidence.text(CONFIG))
    for key, said, expected in _differing_keys(document, evidence.config, ""):
        problems.add(f"{CONFIG}: {key or 'the whole'} is {str(said)[:200]}, {MANIFEST} has {str(expected)[:200]}")


CONFIGURATION = (
    Subject(f"{CONFIG}: every key", RECOMPUTED, f"config of {MANIFEST}", (CONFIG, MANIFEST), check_configuration),
)
