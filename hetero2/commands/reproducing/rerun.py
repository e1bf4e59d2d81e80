"""A run of a pack's configuration in a folder of its own, up to its zip."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hetero2.commands.reproducing import inputs
from hetero2.commands.reproducing.original import Original, impossible
from hetero2.commands.running import preflight, started
from hetero2.config.overlays import variants
from hetero2.config.resolve import merge, resolve
from hetero2.io.files import write_text
from hetero2.runtime import identity
from hetero2.workflow import command, run_layout, targets

Layer = dict[str, Any]
_MINUTES = 7 * 24 * 60  # how long a scoring command may take; whoever waits can stop it


def _variant(original: Original) -> tuple[str | None, str]:
    """(variant of the target that the run is, name of its runs without it)."""
    name = original.manifest["run"]
    for variant in variants(original.manifest["target"]):
        if name.endswith(f"_{variant}"):
            return variant, name.removesuffix(f"_{variant}")
    return None, name


def _layer(original: Original, args: Any, folder: Path) -> Layer:
    """The layer of the rerun, whose files and results are in `folder`; raises ConfigError."""
    variant, name = _variant(original)
    layer = inputs.layer_of(original, args, folder / "files")
    execution = {
        "results_dir": str(folder / "results"),
        "command_minutes": _MINUTES,
        "download": {"ports": sorted({443, *_ports(layer)})},
    }
    release = {key: original.manifest.get(key) for key in ("source_commit", "timestamp_utc")}
    layer = merge(layer, {"run_name": name, "execution": execution, "release": release})
    inputs.check_resolved(original, resolve(original.manifest["target"], layer, variant))
    return layer


def _ports(layer: Layer) -> Iterator[int]:
    """The ports of URLs that the run downloaded from; the rerun takes these files from the pack."""
    for section in (layer["scores"], layer["truth"]):
        port = urlsplit(str(section.get("url") or "")).port
        if port is not None:
            yield port


def _environment(original: Original) -> dict[str, str]:
    """The target that is asked for, and the job of a service in whose name the pack was made, where there was one."""
    manifest = original.manifest
    job = {"job_id": manifest["job_id"], **manifest.get("service_run", {})} if manifest["job_id"] else None
    return {targets.VARIABLE: manifest["target"], identity.JOB_VARIABLE: "" if job is None else json.dumps(job)}


def rerun(original: Original, args: Any, cores: int, folder: Path) -> tuple[int, Path]:
    """(exit code, the results folder of the rerun); raises ConfigError before any job where it is not possible here.

    `folder` is empty, and only it is written to. The code is 0, that of Snakemake, or 130 where it was stopped.
    """
    layer = _layer(original, args, folder)
    results = folder / "results" / original.manifest["run"]
    if (downloaded := folder / "files" / inputs.DOWNLOADED).is_dir():
        shutil.copytree(downloaded, results / "download")
    configfile = folder / "run.yaml"
    write_text(configfile, preflight.layer_text(layer))
    names = [
        run_layout.run_file(str(folder / "results"), key).format(run=results.name) for key in ("zip", "zip_sha256")
    ]
    words = [*command.words(names[0], configfile, cores, folder), names[1], *command.SHOWN_AS_OURS]
    return started.to_its_end(words, _environment(original), resumes=False), results


def check_finished(original: Original, code: int, results: Path) -> Path:
    """The zip of a rerun; raises ConfigError where it ended without one."""
    archive = results / f"{original.manifest['run']}_evidence_pack.zip"
    if code or not archive.is_file():
        raise impossible(
            original.path, "the run ended with the error above", "the pack was made where it did not occur"
        )
    return archive
