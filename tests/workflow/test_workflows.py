"""The workflows of GitHub Actions: what they run is proven here, or it is said why not; and what the image holds."""

import json
import os
import re
import shlex
import shutil
import string
import tomllib

import pytest
import yaml

from tests.conftest import AS_INSTALLED, COMPILED, ROOT, copy_checkout, run, small_library, tracked_files
from tests.release_api import service
from tests.releases import commit, git, release

FOLDER = ROOT / ".github/workflows"
WORKFLOWS = {path.name: yaml.safe_load(path.read_text()) for path in sorted(FOLDER.glob("*.yml"))}
JOBS = [(name, job) for name, workflow in WORKFLOWS.items() for job in workflow["jobs"].values()]
STEPS = [(name, job, step) for name, job in JOBS for step in job.get("steps", [])]
COMMANDS = sorted({step["run"] for _, _, step in STEPS if "run" in step})

# How each command of a workflow is proven. Every recipe of ours is run below with a Python that only tells its words.
CI, WORDS = "part of make ci", "offline: run below, a build in test_release.py"
API = "asks GitHub: run below against a server of our own"
DOCKER = "needs a Docker engine: docs/container.md says what was run instead"
CHANNEL = "needs a conda channel: test_conda_lock.py solves and installs from one of its own"
ONLINE = "asks a database of weaknesses on the internet: every night"
LONG = "too long for every commit: every night, and by hand before a release"
PROOFS = {
    "make .venv/.dev": CI,
    "make .venv/.run": CI,
    "make check": CI,
    "make test": CI,
    "make test-core": CI,
    "make registry-check": WORDS,
    "make pull-request-check": WORDS,
    "make release-plan": WORDS,
    "make release-build": WORDS,
    "make release-contexts": API,
    "make release-publish": API,
    "make release-register": API,
    "make release-record": API,
    "make release-pins": API,
    "make conda-lock": CHANNEL,
    "make audit": ONLINE,
    "make bench-nightly": LONG,
    "make coverage": LONG,
    "make mutation": LONG,
    "make image": DOCKER,
    "make image-run": DOCKER,
    "make image-same": DOCKER,
    "make test-newest": LONG,
    "make run-large": LONG,
    "make test-nightly": LONG,
    "make test-determinism": LONG,
    "make test-faults": LONG,
    "make fuzz-verify": LONG,
    "make bench-uplift": LONG,
    "make bench-fdr": LONG,
}
SELECTION = ("truth_url", "truth_sha256", "scores_url", "scores_sha256", "selection_k", "skip_policy")


def make(*words, env=None, check=True):
    return run("make", *words, cwd=ROOT, env={"MAKEFLAGS": "", "MAKELEVEL": "", **(env or {})}, check=check)


def recipe(command, *options):
    return make("--dry-run", *options, *shlex.split(command)[1:]).stdout


def variable(name):
    """The value of a variable of the Makefile."""
    return make("--silent", f"--eval=show: ; @echo '$({name})'", "show").stdout.strip()


def on(name):
    return WORKFLOWS[name][True]  # YAML 1.1 reads the key `on` as a truth value


def test_every_command_of_a_workflow_is_proven_or_it_is_said_why_not():
    assert sorted(PROOFS) == COMMANDS


def test_a_command_is_one_make_target_without_logic():
    assert all(re.fullmatch(r"make [a-z./-]+", command) for command in COMMANDS)


@pytest.mark.parametrize("command", [command for command in PROOFS if PROOFS[command] == CI])
def test_what_is_part_of_make_ci(command):
    everything, lines = (recipe(asked, "--always-make").splitlines() for asked in ("make ci", command))
    assert lines
    assert set(lines) <= set(everything)


@pytest.mark.parametrize(
    ("target", "environment", "words"),
    [
        ("registry-check", {"BASE": ""}, "registry check"),
        ("registry-check", {"BASE": "abc"}, "registry check --base abc"),
        ("pull-request-check", {"BODY": "Milestone: VALUE-M6"}, "milestones --pull-request -"),
        ("release-contexts", {"REV": "abc"}, "contexts abc"),
        ("release-plan", {"TAG": "value-1"}, "plan value-1"),
        ("release-publish", {"TAG": "value-1", "PRERELEASE": ""}, "publish value-1 --prerelease false"),
        ("release-publish", {"TAG": "value-1", "PRERELEASE": "true"}, "publish value-1 --prerelease true"),
        ("release-register", {"TAG": "value-1"}, "register value-1"),
        ("release-record", {"TAG": "registry/value-1"}, "record value-1"),
        ("release-record", {"TAG": "value-1"}, "record value-1"),
        ("release-pins", {}, "pins"),
        (
            "release-build",
            {"TAG": "value-1", "TRUTH_URL": "https://a/t", "SELECTION_K": "5"},
            "build value-1 --commit HEAD --cores 2 --truth-url https://a/t --truth-sha256 '' --scores-url '' "
            "--scores-sha256 '' --selection-k 5 --skip-policy ''",
        ),
    ],
)
def test_the_words_of_a_command_are_what_the_environment_says(target, environment, words, tmp_path):
    assert told(target, environment, tmp_path)["words"] == ["-m", "tools.release", *shlex.split(words)]


@pytest.mark.parametrize(
    "hostile", ['"; touch made; "', "$(touch made)", "`touch made`", "$(shell touch made)", "a\nb"]
)
def test_what_comes_from_outside_stays_one_word_and_is_never_run(hostile, tmp_path):
    for target, name in (("release-plan", "TAG"), ("release-contexts", "REV"), ("registry-check", "BASE")):
        assert told(target, {name: hostile}, tmp_path)["words"][-1] == hostile
    assert told("pull-request-check", {"BODY": hostile}, tmp_path)["input"] == hostile
    assert told("release-build", {"TAG": "value-1", "TRUTH_URL": hostile}, tmp_path)["words"][9] == hostile
    assert not (ROOT / "made").exists()


def told(target, environment, folder):
    """What a recipe gives to Python, which here only tells its words and what it is given to read."""
    (folder / "bin").mkdir(exist_ok=True)
    for name in (".locked", ".run", ".service", ".dev"):
        (folder / name).touch()
    python = folder / "bin/python"
    record = folder / "told.json"
    program = (
        f"import json, sys; print(json.dumps({{'words': sys.argv[1:], 'input': {{}}}}), file=open('{record}', 'w'))"
    )
    if target == "pull-request-check":
        program = program.replace("{}", "sys.stdin.read()")
    python.write_text(f'#!/bin/sh\nexec {shutil.which("python3")} -c "{program}" "$@"\n')
    python.chmod(0o755)
    empty = dict.fromkeys(("TAG", "REV", "BASE", "BODY", "PRERELEASE", *map(str.upper, SELECTION)), "")
    make(f"VENV={os.path.relpath(folder, ROOT)}", target, env=empty | environment)
    return json.loads(record.read_text())


@pytest.mark.parametrize("command", COMMANDS)
def test_a_step_is_given_all_that_its_recipe_reads(command):
    """A recipe of `make check` and the like reads nothing of the environment."""
    reads = set()
    if PROOFS[command] in (WORDS, API):
        reads = set(re.findall(r"\$\{?([A-Z_0-9]+)", recipe(command)))
        assert reads or command == "make release-pins"
    for name, job, step in STEPS:
        if step.get("run") == command:
            assert "env" not in job
            token = {"GITHUB_TOKEN"} if PROOFS[command] == API else set()
            assert set(step.get("env", {})) == reads | token, name


TAG = "value-utility-proxy-2026-11-22-r1"


@pytest.fixture
def jobs(tmp_path):
    """A function that gives the checkout of a job: a new clone of main, with an artifact of an earlier job.

    The artifact `release` is there, as build-pack would have left it.
    """
    source = copy_checkout(tmp_path / "source")
    git(source, "init", "--quiet", "--initial-branch", "main")
    commit(source, "all")
    git(tmp_path, "clone", "--quiet", "--bare", str(source), "origin.git")
    release(source, TAG, source=git(source, "rev-parse", "HEAD"))
    (source / "release" / TAG).rename(tmp_path / "release")

    def job(name, artifact=None):
        folder = tmp_path / name
        git(tmp_path, "clone", "--quiet", str(tmp_path / "origin.git"), name)
        (folder / ".venv").symlink_to(ROOT / ".venv")
        for lock in folder.glob("*.lock"):  # nothing is to be installed
            os.utime(lock, (0, 0))
        if artifact:
            shutil.copytree(tmp_path / artifact, folder / "release" / TAG)
        return folder

    return job


def test_every_command_of_a_release_in_its_order(jobs, tmp_path):
    """Job by job, with nothing between them but the artifacts that the workflow hands on."""
    steps = {name: job["steps"] for name, job in WORKFLOWS["release.yml"]["jobs"].items() if "steps" in job}
    handed = {
        (name, "up" if "upload" in step["uses"] else "down"): step["with"]["name"]
        for name in steps
        for step in steps[name]
        if "artifact@" in step.get("uses", "")
    }
    with service(tmp_path, tmp_path / "origin.git") as api:
        job_environment = {**api.environment(), "MAKEFLAGS": "", "MAKELEVEL": ""}

        def step(folder, target, check=True, **more):
            environment = {**job_environment, "PYTHONPATH": str(folder), **more}
            done = run("make", "--silent", *AS_INSTALLED, target, cwd=folder, env=environment, check=check)
            return done.stdout + done.stderr

        folder = jobs("contexts")
        head = git(folder, "rev-parse", "HEAD")
        assert "VALUE-M5" in step(folder, "release-plan", TAG=TAG)
        api.checks["ci/docker"] = "failure"
        assert "ci/docker is failure" in step(folder, "release-contexts", REV=head, check=False)
        api.checks["ci/docker"] = "success"
        assert "ci/docker    success" in step(folder, "release-contexts", REV=head)

        folder = jobs("publish", handed["publish", "down"])
        api.fail("POST", "/assets$", "half")
        assert "run the same command again" in step(folder, "release-publish", TAG=TAG, PRERELEASE="", check=False)
        assert "downloaded again, same sha256" in step(folder, "release-publish", TAG=TAG, PRERELEASE="false")
        (published,) = api.all_releases.values()
        assert (published["draft"], published["prerelease"]) == (False, False)
        shutil.copytree(folder / "release" / TAG, tmp_path / handed["publish", "up"])

        registered = step(jobs("register", handed["register", "down"]), "release-register", TAG=TAG)
        assert "pytest run url: https://example.org" in registered
        assert "tested_sha: " + api.all_runs[0]["head_sha"] in registered
        assert f"merge {api.all_pulls[0]['html_url']} first" in step(folder, "release-record", TAG=TAG, check=False)
        api.merge(1)
        assert ("lineage", "down") not in handed
        assert "tested_sha: " in step(jobs("lineage"), "release-record", TAG=f"registry/{TAG}")
        api.merge(2)

        folder = jobs("ci")
        assert "registry: in order" in step(folder, "registry-check", BASE=head)
        assert "VALUE-M5" in step(folder, "pull-request-check", BODY=api.all_pulls[0]["body"])
        assert "names no milestone" in step(folder, "pull-request-check", BODY="", check=False)
        assert f"**DONE**, by {TAG}" in (folder / "docs/roadmap.md").read_text()
        assert "is registered" in step(folder, "release-plan", TAG=TAG, check=False)


def test_nothing_from_outside_is_a_part_of_a_command():
    assert not [step["run"] for _, _, step in STEPS if "${{" in step.get("run", "")]


def test_actions_are_pinned_by_commit_with_their_version_and_leave_no_token():
    for path in FOLDER.glob("*.yml"):
        text = path.read_text()
        for _, _, step in STEPS:
            if f"uses: {step.get('uses')} " in text:  # the version is a comment, for people and for updates
                assert f"uses: {step['uses']} # v" in text, (path.name, step["uses"])
    pinned = [step["uses"].rpartition("@")[2] for _, _, step in STEPS if "uses" in step]
    assert all(len(commit_sha) == 40 and set(commit_sha) <= set(string.hexdigits) for commit_sha in pinned)
    checkouts = [step for _, _, step in STEPS if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_permissions_are_given_job_by_job_and_every_job_ends():
    for name, workflow in WORKFLOWS.items():
        assert workflow["permissions"] == {}, name
    for name, job in JOBS:
        assert job["permissions"]["contents"] in ("read", "write"), name
        assert "uses" in job or 0 < job["timeout-minutes"] <= 150, name
    assert {name for name, job in JOBS if "write" in job["permissions"].values()} == {
        *("release.yml", "build-pack.yml", "conda-lock.yml")
    }


def test_the_contexts_of_a_commit_are_the_jobs_of_ci():
    assert [job["name"] for job in WORKFLOWS["ci.yml"]["jobs"].values()] == ["ci/test", "ci/test-chem", "ci/docker"]
    assert not [job for job in WORKFLOWS["ci.yml"]["jobs"].values() if {"uses", "if", "strategy"} & set(job)]
    assert set(on("ci.yml")) == {"push", "pull_request", "workflow_dispatch"}
    assert on("ci.yml")["push"] == {"branches": ["main"]}
    assert on("ci.yml")["pull_request"] == {"types": ["opened", "synchronize", "reopened", "edited"]}


def test_a_release_goes_from_green_contexts_to_the_registry_one_at_a_time():
    jobs, concurrency = WORKFLOWS["release.yml"]["jobs"], WORKFLOWS["release.yml"]["concurrency"]
    assert {name: job.get("needs") for name, job in jobs.items()} == {
        "contexts": None,
        "build": "contexts",
        "publish": ["contexts", "build"],
        "register": "publish",
        "lineage": None,
    }
    assert concurrency["cancel-in-progress"] is False
    assert concurrency["group"].startswith("release-${{ ")
    assert "inputs.tag || github.ref_name" in concurrency["group"]
    assert jobs["contexts"]["if"] == "github.event_name != 'pull_request'"
    assert jobs["lineage"]["if"].startswith("github.event_name == 'pull_request' && github.event.pull_request.merged")


def test_a_release_starts_by_a_tag_by_hand_or_by_a_merged_registry_pull_request():
    assert on("release.yml")["push"] == {"tags": ["value-*", "pilot-*", "stress-*"]}
    assert on("release.yml")["pull_request"] == {"types": ["closed"], "branches": ["main"]}
    assert list(on("release.yml")["workflow_dispatch"]["inputs"]) == ["ref", "tag", "prerelease", *SELECTION]
    assert list(on("build-pack.yml")["workflow_call"]["inputs"]) == ["ref", "tag", *SELECTION]


def test_every_part_of_a_release_is_of_the_same_commit_and_tag():
    jobs = WORKFLOWS["release.yml"]["jobs"]
    tag, commit = "${{ inputs.tag || github.ref_name }}", "${{ needs.contexts.outputs.commit }}"
    main = "${{ github.event.repository.default_branch }}"
    build = jobs["build"]["with"]
    assert build == {"ref": commit, "tag": tag} | {name: f"${{{{ inputs.{name} }}}}" for name in SELECTION}
    for name in ("publish", "register"):
        checkout, _, download, _, command = jobs[name]["steps"][:5]
        assert checkout["with"]["ref"] == (commit if name == "publish" else main)
        assert download["with"]["path"] == f"release/{tag}"
        assert command["env"]["TAG"] == tag


def test_the_night_has_what_is_too_long_or_too_new():
    assert set(on("nightly.yml")) == {"schedule", "workflow_dispatch"}
    assert {step["run"] for name, _, step in STEPS if name == "nightly.yml" and "run" in step} == {
        command for command in PROOFS if PROOFS[command] in (LONG, ONLINE)
    }


def test_every_test_that_is_left_out_by_day_runs_at_night():
    """Each marker that `make test` deselects is that of a target of the night, or of another part of `make ci`."""
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    markers = {marker.partition(":")[0] for marker in options["markers"]}
    words = shlex.split(options["addopts"])
    left_out = words[words.index("-m") + 1].removeprefix("not ").split(" and not ")
    assert set(left_out) == markers
    night = [command for command in PROOFS if PROOFS[command] == LONG]
    recipes = "".join(recipe(command) for command in [*night, "make ci"])
    assert {marker for marker in markers if re.search(rf'-m "?{marker}\b', recipes)} == markers


def test_the_untouched_template_names_no_milestone():
    template = (ROOT / ".github/pull_request_template.md").read_text()
    assert "Milestone:" in template
    assert "VALUE-M" in template
    assert "VALUE-M" not in re.sub(r"<!--.*?-->", "", template, flags=re.DOTALL)


def image_files():
    """What .dockerignore lets into the image, of the files that git knows."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    allowed = [line.removeprefix("!") for line in lines if line.startswith("!")]
    return [name for name in tracked_files() if any(name == item or name.startswith(f"{item}/") for item in allowed)]


def test_the_dockerfile_copies_what_there_is_onto_the_base_that_make_looks_up():
    lines = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    instructions = [tuple(line.split(maxsplit=1)) for line in lines if line and not line.startswith("#")]
    bases = [words for name, words in instructions if name == "FROM"]
    assert bases[0].startswith(f"{variable('BASE_IMAGE')}${{")
    assert {words.split()[0] for words in bases[1:]} == {"base"}  # the first by its name
    for sources in (words.split()[:-1] for name, words in instructions if name == "COPY"):
        assert sources[0].startswith("--from=") or {*sources} <= {".", *image_files()}
    last = instructions[max(place for place, (name, _) in enumerate(instructions) if name == "FROM") :]
    (program,) = json.loads(dict(last)["ENTRYPOINT"])
    assert os.access(ROOT / program.removeprefix("/opt/hetero2/"), os.X_OK)
    assert all(int(number) > 0 for number in dict(last)["USER"].split(":"))
    assert not [words for _, words in last if "apt-get" in words]


def test_the_image_is_run_in_the_same_way_by_make_and_by_compose():
    service = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["hetero2"]
    assert service["image"] == variable("IMAGE")
    assert service["volumes"] == ["./results:/results"]
    assert service["user"] == "${HETERO2_USER:-1000:1000}"
    assert ":/results" in recipe("make image-run")


@pytest.fixture
def image(tmp_path):
    """A folder with what the image holds of the checkout, and one like its /project with /results mounted."""
    for name in image_files():
        (tmp_path / "opt" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, tmp_path / "opt" / name)
    shutil.copytree(ROOT / COMPILED, tmp_path / "opt" / COMPILED, dirs_exist_ok=True)
    (tmp_path / "mounted").mkdir()
    (tmp_path / "project").mkdir()
    (tmp_path / "project/results").symlink_to(tmp_path / "mounted")
    (tmp_path / "project/.snakemake").symlink_to("results/.snakemake")
    return tmp_path


@pytest.mark.nightly
def test_what_the_image_holds_makes_the_same_pack(image, small_run):
    folder = small_library(image / "mine")
    run(image / "opt/tools/entrypoint.sh", "value_utility_realtruth", "--configfile", "my.yaml", cwd=folder)
    archive = folder / "results/small/small_evidence_pack.zip"
    assert archive.read_bytes() == (small_run / archive.name).read_bytes()


def test_what_snakemake_remembers_is_in_the_mounted_folder(image):
    done = run(image / "opt/tools/entrypoint.sh", "value_utility_realtruth", "--dry-run", cwd=image / "project")
    assert "registry" in done.stdout
    assert (image / "mounted/.snakemake").is_dir()


def test_a_folder_that_the_user_may_not_write_is_told_with_what_to_type(image):
    (image / "mounted").rmdir()
    (image / "mounted").touch()  # as root every folder can be written
    done = run(image / "opt/tools/entrypoint.sh", "value_utility_realtruth", cwd=image / "project", check=False)
    assert done.returncode == 2
    assert "error: /results cannot be written by user" in done.stderr
    assert "--user" in done.stderr
