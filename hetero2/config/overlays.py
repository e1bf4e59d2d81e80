"""The targets: one overlay in config/runs each, with the variants of a target that makes several packs."""

from typing import Any

from hetero2.config.keys import shortened
from hetero2.config.load import load_yaml
from hetero2.errors import ConfigError
from hetero2.paths import CONFIG


def targets() -> list[str]:
    """Names of all targets."""
    return sorted(path.stem for path in (CONFIG / "runs").glob("*.yaml"))


def overlay(target: str) -> dict[str, Any]:
    """What a target says over the defaults, with its `variants`; raises ConfigError where there is no such target."""
    if target not in targets():
        raise ConfigError(f"unknown target {shortened(repr(target))}", f"targets are {', '.join(targets())}")
    return load_yaml(CONFIG / "runs" / f"{target}.yaml")


def variants(target: str) -> list[str]:
    """Names of the packs that a target makes, where it makes several."""
    return list(overlay(target).get("variants", {}))
