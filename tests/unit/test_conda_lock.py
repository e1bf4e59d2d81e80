"""Pins of the conda environments: solved and installed for real, from a channel of small packages on this disk."""

import asyncio
import hashlib
import io
import json
import re
import shutil
import tarfile

import pytest
import yaml

from tests.conftest import ROOT, run

rattler = pytest.importorskip("rattler")
from tools import conda_lock  # noqa: E402 - it needs rattler

PYTHON = ("3.11.9", "3.12.1")
# What a package of the channel needs; the rest needs Python alone.
NEEDS = {"scikit-learn": ["python >=3.11", "numpy >=2", "scipy"], "python": ["__glibc >=2.17"], "rdkit": ["numpy"]}


def add(channel, platform, name, version, needs):
    """A package as conda reads it: a file, and what `info/` says of it."""
    folder = channel / platform
    folder.mkdir(parents=True, exist_ok=True)
    content = f"{name} {version}\n".encode()
    path = {"_path": f"share/{name}", "path_type": "hardlink", "sha256": hashlib.sha256(content).hexdigest()}
    index = {"name": name, "version": version, "build": "0", "build_number": 0, "depends": needs, "subdir": platform}
    files = {
        "info/index.json": json.dumps(index),
        "info/paths.json": json.dumps({"paths": [path | {"size_in_bytes": len(content)}], "paths_version": 1}),
        f"share/{name}": content.decode(),
    }
    with tarfile.open(folder / f"{name}-{version}-0.tar.bz2", "w:bz2") as archive:
        for member, text in files.items():
            information = tarfile.TarInfo(member)
            information.size = len(text)
            archive.addfile(information, io.BytesIO(text.encode()))


@pytest.fixture(scope="module")
def channel(tmp_path_factory):
    """The packages that the env files ask for, each in the version asked for and in one that is newer."""
    folder = tmp_path_factory.mktemp("channel")
    for version in PYTHON:
        add(folder, "linux-64", "python", version, NEEDS["python"])
    for requirement in yaml.safe_load((ROOT / "envs/report.yaml").read_text())["dependencies"][1:]:
        name, version = requirement.split(" ==")
        for offered in (version, f"9{version}"):
            add(folder, "linux-64", name, offered, NEEDS.get(name, ["python"]))
    asyncio.run(rattler.index.index_fs(folder))
    return folder


@pytest.fixture
def root(tmp_path):
    """A checkout as far as its env files go."""
    shutil.copytree(ROOT / "envs", tmp_path / "envs", ignore=shutil.ignore_patterns("*.pin.txt"))
    return tmp_path


def lock(root, channel, *words):
    return conda_lock.main(["--root", str(root), "--channel", channel.as_uri(), "--platform", "linux-64", *words])


def test_the_pins_are_the_exact_versions_with_what_they_need(root, channel, capsys):
    assert lock(root, channel) == 0
    said = dict(re.findall(r"envs/(\w+)\.linux-64\.pin\.txt: (\d+) packages", capsys.readouterr().out))
    for environment in conda_lock.environments(root):
        lines = (root / f"envs/{environment.name}.linux-64.pin.txt").read_text().splitlines()
        assert lines[1] == "@EXPLICIT"
        names = [line.rpartition("/")[2].partition("-0.tar.bz2#")[0] for line in lines[2:]]
        asked = [requirement.replace(" ==", "-") for requirement in environment.requirements[1:]]
        assert names == sorted([*asked, "python-3.11.9"])
        assert int(said[environment.name]) == len(names)
        for line in lines[2:]:
            file, _, sha256 = line.removeprefix(channel.as_uri()).partition("#")
            assert hashlib.sha256((channel / file.lstrip("/")).read_bytes()).hexdigest() == sha256
    assert conda_lock.main(["--root", str(root), "--check"]) == 0
    assert sorted(said) == ["chem", "core", "model", "report"]


def test_an_environment_is_installed_as_it_was_solved(root, channel, tmp_path):
    """By the installer of the solver; conda itself is not here. It checks each sha256."""
    environment = conda_lock.environments(root)[2]
    assert environment.name == "model"

    records = conda_lock.solve(environment, "linux-64", [channel.as_uri()])
    into = {"cache_dir": tmp_path / "cache", "platform": rattler.Subdir("linux-64"), "show_progress": False}
    asyncio.run(rattler.install(records, tmp_path / "prefix", **into))
    for requirement in environment.requirements[1:]:
        name, version = requirement.split(" ==")
        assert (tmp_path / f"prefix/share/{name}").read_text() == f"{name} {version}\n"


def test_where_one_cannot_be_solved_none_is_written(root, channel, capsys):
    path = root / "envs/report.yaml"
    path.write_text(path.read_text().replace("jinja2 ==3.1.6", "jinja2 ==3.1.7"))
    assert lock(root, channel) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: report.yaml on linux-64: ")
    assert "jinja2 ==3.1.7" in error
    assert len(error.splitlines()) == 1
    assert not list(root.glob("envs/*.pin.txt"))


def test_a_platform_whose_packages_are_not_there_is_named(root, channel, capsys):
    words = ["--root", str(root), "--channel", channel.as_uri(), "--platform", "osx-arm64"]
    assert conda_lock.main(words) == 1
    assert "chem.yaml on osx-arm64: " in capsys.readouterr().err


@pytest.mark.parametrize("requirement", ["numpy >=2", "numpy", "numpy ==2.*", "numpy 2.4"])
def test_a_version_that_is_not_exact_is_refused(root, requirement, capsys):
    (root / "envs/core.yaml").write_text(f"channels: [conda-forge]\ndependencies:\n  - {requirement}\n")
    assert conda_lock.main(["--root", str(root), "--check"]) == 2
    assert f"core.yaml: '{requirement}': expected a name and an exact version" in capsys.readouterr().err


def edited(root, change):
    path = root / "envs/core.linux-64.pin.txt"
    path.write_text(change(path.read_text()))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("numpy-2", "numpy-3"), "core.linux-64.pin.txt: numpy is 3.4.6, expected 2.4.6"),
        (lambda text: re.sub(".*pyyaml.*\n", "", text), "core.linux-64.pin.txt: pyyaml is missing, expected 6.0.3"),
        (lambda text: text.replace("python-3.11", "python-3.12"), "python is 3.12.9, expected 3.11"),
        (lambda text: re.sub("#[0-9a-f]{64}", "", text), "expected an address of a package, # and its sha256"),
        (lambda text: text.replace("@EXPLICIT\n", ""), "core.linux-64.pin.txt: is not of this core.yaml"),
        (lambda text: text.replace("sha256:", "sha256:0"), "core.linux-64.pin.txt: is not of this core.yaml"),
    ],
)
def test_pins_that_disagree_with_the_env_file_are_named(root, channel, change, message, capsys):
    assert lock(root, channel) == 0
    edited(root, change)
    assert conda_lock.main(["--root", str(root), "--check"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert line.endswith("; make conda-lock")


def test_an_env_file_that_has_changed_makes_its_pins_stale(root, channel):
    assert lock(root, channel) == 0
    with (root / "envs/core.yaml").open("a") as file:
        file.write("# another word\n")
    assert conda_lock.check(root) == ["core.linux-64.pin.txt: is not of this core.yaml; make conda-lock"]


def test_a_pin_of_no_environment_is_named(root, channel):
    assert lock(root, channel) == 0
    (root / "envs/core.linux-64.pin.txt").rename(root / "envs/kern.linux-64.pin.txt")
    assert conda_lock.check(root) == ["kern.linux-64.pin.txt: is of no env file and platform; remove it"]


def test_the_pins_of_this_checkout_are_of_its_env_files():
    assert run("python", "-m", "tools.conda_lock", "--check", cwd=ROOT).returncode == 0
