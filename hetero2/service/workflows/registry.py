"""The registered workflows: what each needs, the commands that it is, and the files that it publishes."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from hetero2.service.domain.errors import ServiceError
from hetero2.service.workflows import package
from hetero2.service.workflows.packs import Kind
from hetero2.service.workflows.parameters import (
    Columns,
    OfCampaign,
    OfDemo,
    OfLater,
    OfReference,
    OfRound,
    OfScores,
    OfScoresOnly,
    OfScreen,
    Parameters,
    lower_today,
    options_of,
)

SETTINGS = "settings.json"  # in the folder of a run: the layer of the configuration
REQUEST = "score_request"  # the kind of a file that waits for scores
TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".parquet", ".smi", ".sdf", ".json", ".gz")  # endings of files that are read
CAMPAIGN = "campaign"  # the kind of a file that the next round of a campaign takes
Files = Mapping[str, str]  # role: path in the folder of a run
Command = list[str]  # words after `hetero2`


@dataclass(frozen=True)
class Role:
    """A file of a run: what it is, and whether the run needs it."""

    text: str
    is_required: bool = True
    endings: tuple[str, ...] = TABLES


@dataclass(frozen=True)
class Output:
    """A file that a run publishes: where it is below the results of the run, and what it is."""

    path: str
    kind: str
    media_type: str
    is_required: bool = True


@dataclass(frozen=True)
class Workflow:
    """One entry of the registry."""

    name: str
    version: str
    title: str
    text: str
    roles: Mapping[str, Role]
    parameters: type[Parameters]
    commands: Callable[[Any, Files, str], list[Command]]
    outputs: tuple[Output, ...]
    pack: Kind | None = "run"  # what verifies it
    has_pipeline: bool = True  # with stages that a cluster can compute; else one command on one host
    fixed_name: str | None = None  # of its results, whatever the run is called
    check: Callable[[Any, Collection[str]], None] = lambda _parameters, _roles: None  # of parameters and files together
    later: str | None = None  # a file that may come after the first attempt, which then stops at the request for it

    @property
    def digest(self) -> str:
        """Of this entry and of all code that it runs."""
        entry = [self.name, self.version, sorted(self.roles), self.parameters.model_json_schema(), _code_digest()]
        return hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()


@cache
def _code_digest() -> str:
    """Of the package: modules, schemas, workflow."""
    workflow = package.workflow_folder()
    patterns = ("Snakefile", "rules/*.smk", "schemas/**/*.json", "config/**/*.yaml", "requirements.lock")
    files = {*package.folder().glob("**/*.py"), *(path for pattern in patterns for path in workflow.glob(pattern))}
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


_PACKED = (
    Output("{name}_evidence_pack.zip", "pack", "application/zip"),
    Output("pack/report.html", "report", "text/html"),
    Output("pack/ranked_candidates.csv", "list", "text/csv"),
    Output("pack/summary.csv", "summary", "text/csv"),
    Output("pack/metrics.json", "metrics", "application/json"),
    Output("pack/manifest.json", "manifest", "application/json"),
    Output("missing_decoy_scores.csv", "missing_scores", "text/csv", is_required=False),
)
REQUESTED = Output("score_request.csv", REQUEST, "text/csv")
_LIBRARY = Role("your library: ids and SMILES (.csv, .tsv, .xlsx, .parquet, .smi, .sdf)")
_TRUTH = Role("measured results of molecules of the library", is_required=False)
_TRAIN = Role("labelled molecules that the model was fitted on", is_required=False)


def _run(parameters: Columns, files: Files, name: str, *score: str) -> list[Command]:
    options = [f"--{role}={files[role]}" for role in ("train", "truth", "scores", "known") if role in files]
    fixed = [f"--name={name}", "--out=results", f"--configfile={SETTINGS}"]
    return [["run", files["library"], *score, *options, *parameters.options(), *fixed]]


def _reference(parameters: OfReference, files: Files, name: str) -> list[Command]:
    return _run(parameters, files, name, f"--model=reference:{parameters.scorer}")


def _later(parameters: OfLater, files: Files, name: str) -> list[Command]:
    return _run(parameters, files, name, *(() if "scores" in files else ("--request-scores",)))


def _scores_only(parameters: OfScoresOnly, files: Files, name: str) -> list[Command]:  # noqa: ARG001 - all in its layer
    table = files["library"]
    truth = f"path={files['truth']}" if "truth" in files else "source=none"
    keys = (f"input.path={table}", "input.structures=false", f"scores.path={table}", f"truth.{truth}")
    return [["run", f"--name={name}", "--out=results", f"--configfile={SETTINGS}", *(f"--set={key}" for key in keys)]]


def _screen(parameters: OfScreen, files: Files, name: str) -> list[Command]:
    words = ["screen", f"--input={files['library']}", f"--known={files['known']}", f"--out=results/{name}/ranked.csv"]
    words += [f"--today={files['today']}"] if "today" in files else []
    words += options_of(parameters, "hit_at", "lower_is_better", "representative", "seed")
    return [[*words, f"--trust-score={parameters.trust}", *lower_today(parameters.today_lower_is_better)]]


def _check_order(parameters: OfCampaign, roles: Collection[str]) -> None:
    """Raise invalid where today's order is said twice, or not at all."""
    if ("today" in roles) == (parameters.today_order is not None):
        said = "is said twice" if "today" in roles else "is missing"
        raise ServiceError(
            "invalid",
            f"today's order {said}: it is your score (today), or else the order (today_order), size or listed",
            "give one of the two",
        )


def _campaign(parameters: OfCampaign, files: Files, name: str) -> list[Command]:
    given = [f"--{role}={files[role]}" for role in ("today", "known") if role in files]
    out = [f"--input={files['library']}", f"--out=campaign/{name}"]
    return [["campaign", "start", *out, *given, *parameters.options()], *_chosen(name)]


def _round(parameters: OfRound, files: Files, name: str) -> list[Command]:
    of = f"--campaign=campaign/{name}"
    options = options_of(parameters, "batch")
    options += [f"--scores={files['scores']}"] if "scores" in files else []
    return [
        ["campaign", "restore", f"--saved={files['campaign']}", f"--out=campaign/{name}"],
        ["campaign", "tell", of, f"--measured={files['results']}"],
        *_chosen(name, *options),
    ]


def _chosen(name: str, *options: str) -> list[Command]:
    """The next batch, the report so far, and the campaign as a file for the round after."""
    of, out = f"--campaign=campaign/{name}", f"results/{name}"
    return [
        ["campaign", "next", of, f"--copy-to={out}/next_batch.csv", *options],
        ["campaign", "report", of, f"--out={out}"],
        ["campaign", "save", of, f"--out={out}/campaign.zip"],
    ]


_OF_CAMPAIGN = (
    Output("next_batch.csv", "list", "text/csv"),
    Output("campaign_evidence_pack.zip", "pack", "application/zip"),
    Output("report.html", "report", "text/html"),
    Output("report.json", "metrics", "application/json"),
    Output("campaign.zip", CAMPAIGN, "application/zip"),
)
_ALL = (
    Workflow(
        "demo", "1", "Demonstration", "A report from data that come with HETERO-2, in about a minute.", {}, OfDemo,
        lambda _parameters, _files, _name: [["demo", "--out=results"]], _PACKED, fixed_name="demo",
        has_pipeline=False,
    ),
    Workflow(
        "audit_scores", "1", "Audit of scores",
        "Are the scores of a library worth trust, and the list its price? Decoys count where they were scored.",
        {"library": _LIBRARY, "scores": Role("scores, by id or by structure hash"), "train": _TRAIN, "truth": _TRUTH},
        OfScores, _run, _PACKED,
    ),
    Workflow(
        "audit_later", "1", "Audit of scores that come later",
        "The run stops with the structures, decoys too, that need a score, and goes on when they have been uploaded.",
        {
            "library": _LIBRARY, "train": _TRAIN, "truth": _TRUTH,
            "scores": Role("scores by the ids of the request, once there is one", is_required=False),
        },
        OfLater, _later, _PACKED, later="scores",
    ),
    Workflow(
        "scores_only", "1", "Audit of scores without structures",
        "Nothing but scores, of molecules and of decoys that you made: no structure leaves you.",
        {
            "library": Role("id,decoy,score: a line for each molecule, decoy left empty, and for each of its decoys"),
            "truth": Role("measured results, in the form of customer_truth.v1", is_required=False),
        },
        OfScoresOnly, _scores_only, _PACKED,
    ),
    Workflow(
        "reference_scorer", "1", "Audit of a reference scorer",
        "A scorer that comes with HETERO-2, fitted on a training table and audited on a library.",
        {"library": _LIBRARY, "train": Role("labelled molecules to fit the scorer on"), "truth": _TRUTH},
        OfReference, _reference, _PACKED,
    ),
    Workflow(
        "screen", "1", "Screen", "A library ranked by a few molecules with known results.",
        {
            "library": _LIBRARY,
            "known": Role("molecules with known results: id, smiles, and value or label"),
            "today": Role("your score: id and score", is_required=False),
        },
        OfScreen, _screen, (Output("ranked.csv", "list", "text/csv"),), pack=None, has_pipeline=False,
    ),
    Workflow(
        "campaign_start", "1", "Campaign, first round",
        "A batch to measure. Today's order and a screen take turns in picking it, so you see what the screen is worth.",
        {
            "library": _LIBRARY,
            "today": Role("the score you choose by today: id and score", is_required=False),
            "known": Role("molecules measured before: id, smiles, and value or label", is_required=False),
        },
        OfCampaign, _campaign, _OF_CAMPAIGN, pack="campaign", has_pipeline=False, check=_check_order,
    ),
    Workflow(
        "campaign_round", "1", "Campaign, next round",
        "Bring what was measured; get the next batch, and a report of what each of the two orders has found so far.",
        {
            "campaign": Role("the file campaign.zip of the round before", endings=(".zip",)),
            "results": Role("what was measured: id, and value or label"),
            "scores": Role("an order to use in place of the screen: id and score, larger is better", is_required=False),
        },
        OfRound, _round, _OF_CAMPAIGN, pack="campaign", has_pipeline=False,
    ),
)  # fmt: skip
WORKFLOWS: Mapping[str, Workflow] = {workflow.name: workflow for workflow in _ALL}


def workflow(name: str, version: str | None = None) -> Workflow:
    """The workflow of a name, and version if one is named; raises unknown_workflow."""
    registered = WORKFLOWS.get(name)
    if registered is None or version not in (None, registered.version):
        asked = name if version is None else f"{name} of version {version}"
        there = ", ".join(f"{entry.name} {entry.version}" for entry in _ALL)
        raise ServiceError("unknown_workflow", f"workflow: there is no {asked[:200]}", f"there are {there}")
    return registered
