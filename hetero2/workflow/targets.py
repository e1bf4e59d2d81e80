"""Which runs a call of Snakemake makes: targets with their variants, the user's layer on the targets asked for."""

from collections.abc import Mapping, Sequence
from typing import Any

from hetero2.config import overlays
from hetero2.config.resolve import Config, resolve
from hetero2.errors import ConfigError

DEFAULT_TARGET = "value_utility_realtruth"
# Carries the targets asked for to jobs that run in a Snakemake of their own, on another machine.
VARIABLE = "HETERO2_TARGETS"
_TAKE_ALL = {"--cores", "-c", "--jobs", "-j", "--quiet", "-q", "--slurm-array-jobs"}  # `--cores all` asks for no target
Runs = dict[str, tuple[str, Config]]


def requested(words: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """The targets that a command line asks for; none where it names files, or nothing."""
    targets = overlays.targets()
    words = [word for before, word in zip(["", *words], words, strict=False) if before not in _TAKE_ALL]
    if "all" in words:
        return targets
    asked = [target for target in targets if target in words]
    if not asked and {"score_requests", "screen"} & set(words):
        return [DEFAULT_TARGET]
    return asked or [target for target in environment.get(VARIABLE, "").split(",") if target in targets]


def resolve_all(user: Mapping[str, Any], asked: Sequence[str]) -> tuple[dict[str, list[str]], Runs]:
    """(names of the runs of each target, target and configuration of each run).

    The user's layer goes to the targets asked for; with none, to the default one where the layer names a run or a
    library, else to all. The other targets take only `execution` and `suite_strategy` from the layer. Raises
    ConfigError where two runs would share a folder.
    """
    if not asked:
        names_a_run = "run_name" in user or "input" in user
        asked = [DEFAULT_TARGET] if names_a_run else overlays.targets()
    rest = {key: user[key] for key in ("execution", "suite_strategy") if key in user}
    names: dict[str, list[str]] = {}
    runs: Runs = {}
    for target in overlays.targets():
        names[target] = []
        several: list[str] | list[None] = overlays.variants(target) or [None]
        for variant in several:
            config = resolve(target, user if target in asked else rest, variant)
            name = config["run_name"]
            if name in runs:
                raise ConfigError(
                    f"configuration: run_name: {runs[name][0]} and {target} would both write to the folder {name!r}",
                    "ask for one target at a time, and choose a run_name that is not the name of a target",
                )
            names[target].append(name)
            runs[name] = (target, config)
    return names, runs
