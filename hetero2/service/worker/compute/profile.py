"""The Snakemake profile by which runs compute on a cluster: the operator's, with a job name for each attempt."""

import shutil
from pathlib import Path
from typing import Any

import yaml

from hetero2.errors import ConfigError
from hetero2.service.workflows import package

LOCAL, SLURM = "local", "slurm"
_CONFIG = "config.yaml"
_PREFIX = "slurm-jobname-prefix"


def source(compute: str) -> Path:
    """The folder of the profile that a setting names: the one that comes with the package, or the operator's."""
    if compute != SLURM:
        return Path(compute).expanduser().absolute()
    return package.workflow_folder() / "profiles" / SLURM


def checked(folder: Path) -> dict[str, Any]:
    """What a profile says; raises ConfigError for one whose jobs could not be found and canceled."""
    others = sorted(path.name for path in folder.glob("config.v*.yaml"))
    if others:
        raise ConfigError(f"--compute {folder}: has {others[0]}, of which nothing is read here", f"name it {_CONFIG}")
    try:
        content = yaml.safe_load((folder / _CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        said = " ".join(str(error).split())
        raise ConfigError(f"--compute {folder}: is no profile of Snakemake: {said}", "copy profiles/slurm") from None
    if not isinstance(content, dict) or content.get("executor") != SLURM:
        raise ConfigError(
            f"--compute {folder}: {_CONFIG} does not say `executor: slurm`",
            "jobs of other executors could not be seen, nor canceled; copy profiles/slurm",
        )
    return content


def write(folder: Path, target: Path, job_name: str) -> None:
    """A copy of a profile in which the names of all jobs begin with `job_name`."""
    content = checked(folder) | {_PREFIX: job_name}
    shutil.copytree(folder, target)
    (target / _CONFIG).unlink()  # which may be read-only, as the operator's is
    (target / _CONFIG).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
