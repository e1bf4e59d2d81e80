"""A real small run in the sandbox, as no user of this system, without network, and with the loops compiled before."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from hetero2.service.worker import collect, numba_cache, process, runtime, sandbox
from hetero2.service.worker.limits import Limits
from hetero2.service.worker.process import Kind
from hetero2.service.workflows import package
from tests.conftest import run, small_library
from tests.service.sandboxes import handed_over

pytestmark = [pytest.mark.service, pytest.mark.skipif(sandbox.isolation() == "none", reason=sandbox.why_none())]
PACK = "results/small/small_evidence_pack.zip"


def compiled(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.nb?"))


@pytest.mark.nightly
def test_a_run_in_the_sandbox_gives_a_pack_that_verifies(tmp_path, capsys):
    began = time.monotonic()
    cache = numba_cache.warm(tmp_path / "cache")
    warmed = time.monotonic()
    assert numba_cache.warm(tmp_path / "cache") == cache
    folder = small_library(tmp_path / "run", python="python")
    handed_over(folder)
    words = "python -m hetero2 run value_utility_realtruth --configfile my.yaml --cores 2".split()
    limits, log = replace(Limits(), wall_clock=900), tmp_path / "log.txt"
    command = sandbox.command(folder, words, limits, {}, cache)
    outcome = process.run(command, folder, limits, log, lambda: False)
    with capsys.disabled():
        print(f"\nnumba's cache: {warmed - began:.0f} s; the run with it: {time.monotonic() - warmed:.0f} s")
    assert outcome.kind is Kind.COMPLETE, log.read_text()
    copy = folder / ".home/numba"
    assert len(compiled(cache)) > 50
    assert compiled(copy) == compiled(cache), "loops were compiled that the cache lacks"
    written = [(copy / name).stat().st_mtime for name in compiled(copy)]
    assert max(written) - min(written) < 5, "loops were compiled anew long after they were copied"
    assert collect.declared(folder, ["results/small/*.zip"]) == [PACK]
    pack = tmp_path / "pack.zip"
    pack.write_bytes(b"".join(collect.chunks(folder, PACK, 10**8)))
    run("python", "-m", "hetero2", "verify", pack, cwd=tmp_path, env={"PYTHONPATH": str(package.folder().parent)})
    text = log.read_text()
    assert str(tmp_path) not in text, "a path of the service is in the log"
    assert not [path for path in folder.rglob("*") if path.lstat().st_uid != folder.stat().st_uid]


def test_a_folder_that_other_runs_could_read_is_refused(tmp_path, monkeypatch):
    folder = handed_over(tmp_path / "run")
    monkeypatch.setattr(runtime, "mounts", lambda: [runtime.Mount(tmp_path, Path("/opt"))])
    with pytest.raises(ValueError, match="every run can read"):
        sandbox.command(folder, ["true"], Limits(), {})
