"""Which of the two an attempt uses, and whether the cluster that an operator named can be used at all."""

import shutil
import socket
from pathlib import Path
from uuid import UUID

import psutil

from hetero2.errors import ConfigError
from hetero2.service.settings import Settings
from hetero2.service.worker.compute import profile, slurm_queue
from hetero2.service.worker.compute.local import Local
from hetero2.service.worker.compute.on_cluster import OnCluster
from hetero2.service.workflows.registry import Workflow

Compute = Local | OnCluster
_PROGRAMS = ("sbatch", "squeue", "scancel", "sinfo")
_OF_ONE_HOST = ("overlay", "ramfs", "tmpfs")  # file systems


def of_attempt(settings: Settings, asked: Workflow, folder: Path, run_id: UUID, attempt: int) -> Compute:
    """Where an attempt computes, whose run has this folder; a workflow without a pipeline never leaves this host."""
    if settings.compute == profile.LOCAL or not asked.has_pipeline:
        return Local(folder, settings.cores)
    return OnCluster(folder, settings.compute, run_id, attempt)


def check(settings: Settings) -> None:
    """Raise ConfigError where runs are to compute on a cluster, and it can be seen from here that they could not."""
    if settings.compute == profile.LOCAL:
        return
    profile.checked(profile.source(settings.compute))
    if missing := [name for name in _PROGRAMS if not shutil.which(name)]:
        raise ConfigError(
            f"--compute {settings.compute}: not installed: {' '.join(missing)}",
            "serve from a login node of the cluster",
        )
    try:
        slurm_queue.jobs()
        nodes = slurm_queue.ask("sinfo", "--noheader", "--Node", "--format=%N").split()
    except slurm_queue.QueueError as error:
        raise ConfigError(f"--compute {settings.compute}: the cluster does not answer: {error}", "sinfo") from None
    kind = _file_system(settings.runs_folder)
    if kind in _OF_ONE_HOST and set(nodes) - {socket.gethostname().split(".")[0]}:
        raise ConfigError(
            f"--runs {settings.runs_folder}: is on a file system of this host alone ({kind}), so no node sees it",
            "name a folder on one that all nodes share, at the same path",
        )


def _file_system(path: Path) -> str:
    """The kind of the file system on which a folder, which need not be there yet, is or would be."""
    there = next(parent for parent in (path, *path.parents) if parent.exists()).resolve()
    mounted = {Path(part.mountpoint): part.fstype for part in psutil.disk_partitions(all=True)}
    return next((mounted[parent] for parent in (there, *there.parents) if parent in mounted), "")
