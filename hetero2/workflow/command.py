"""The command that runs a target: what `hetero2 run` and `api.run_command` start."""

import sys
from pathlib import Path

from hetero2.paths import SNAKEFILE

# What profiles/default says, without Snakemake's message that it reads one: our progress, no lock file, which would
# outlive a killed run (hetero2/workflow/results_folder/results_lock.py takes the results folder instead), and the
# greedy scheduler: the default starts a solver for each choice of jobs, and a run stopped meanwhile leaves its files in
# TMPDIR.
SHOWN_AS_OURS = (
    "--workflow-profile", "none", "--rerun-incomplete", "--nolock", "--scheduler", "greedy", "--logger", "hetero2",
)  # fmt: skip


def words(target: str, configfile: Path | None, cores: int, directory: Path | str | None = None) -> list[str]:
    """The words of the command; more options of Snakemake may be appended.

    configfile: YAML or JSON with what differs from the target; directory: the working directory of the run, to which
    results and relative paths belong, None for that of the caller.
    """
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(SNAKEFILE)]
    command += [] if directory is None else ["--directory", str(directory)]
    command += [] if configfile is None else ["--configfile", str(configfile.absolute())]
    return [*command, "--cores", str(cores), target]


def profile(name: str) -> Path | str:
    """A profile by name or path: one that comes with the project, or another."""
    shipped = SNAKEFILE.parent / "profiles" / name
    return shipped if shipped.is_dir() and not Path(name).exists() else name


def shows_progress() -> bool:
    """Whether Snakemake finds our plugin, which shows progress in place of its log."""
    from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry

    return bool(LoggerPluginRegistry().is_installed("hetero2"))
