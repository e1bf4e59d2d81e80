"""A user's file that was changed in any way is noticed by just the rules that read it; one only touched, by none.

Each row of SAME and OTHER is done to each kind of file, on the level of the plan, which hands the rules a sha256 of
their files; on whole runs by dry runs, some of them nightly.
"""

import csv
import itertools
import os
import re
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from hetero2.io.files import sha256_file
from hetero2.workflow import user_file_digests
from hetero2.workflow.plan import Plan
from tests.conftest import DATA, ROOT, first_by_day, snakemake

TARGET = "value_utility_realtruth"
Change = Callable[[Path], None]


# --- changes that leave the content as it is


def touch(path):
    path.touch()


def touch_into_the_past(path):
    os.utime(path, (1_000_000_000, 1_000_000_000))


def touch_into_the_future(path):
    os.utime(path, (4_000_000_000, 4_000_000_000))


def write_the_same(path):
    path.write_bytes(path.read_bytes())


def copy_over(path):
    copy = path.with_name("copy")
    shutil.copyfile(path, copy)
    copy.replace(path)


def link_to_a_copy(path):
    copy = path.with_name("copy")
    path.rename(copy)
    path.symlink_to(copy.name)


def link_twice(path):
    path.with_name("second").hardlink_to(path)


def make_read_only(path):
    path.chmod(0o444)


def edit_and_edit_back(path):
    content = path.read_bytes()
    path.write_bytes(content + b"x")
    path.write_bytes(content)


def delete_and_restore(path):
    kept = path.with_name("kept")
    shutil.copy2(path, kept)
    path.unlink()
    shutil.copy2(kept, path)


def move_the_folder_away_and_a_copy_there(path):
    folder = path.parent
    folder.rename(folder.with_name("before"))
    shutil.copytree(folder.with_name("before"), folder)


def link_the_folder(path):
    folder = path.parent
    folder.rename(folder.with_name("elsewhere"))
    folder.symlink_to("elsewhere")


# --- changes of the content


def longer(path):
    with path.open("ab") as file:
        file.write(b"\n")


def carriage_returns(path):
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


def byte_order_mark(path):
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())


def without_its_last_byte(path):
    os.truncate(path, path.stat().st_size - 1)


def other(content: bytes) -> bytes:
    """Of the same size."""
    return content[:-2] + bytes([content[-2] ^ 1]) + content[-1:]


def one_byte(path):
    path.write_bytes(other(path.read_bytes()))


def same_time(path: Path, before: os.stat_result) -> None:
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def one_byte_at_the_same_time(path):
    before = path.stat()
    one_byte(path)
    same_time(path, before)


def one_byte_in_place(path):
    """By a program that opens the file for reading and writing, with the time put back."""
    before, content = path.stat(), path.read_bytes()
    with path.open("r+b") as file:
        file.seek(-2, os.SEEK_END)
        file.write(other(content)[-2:])
    same_time(path, before)


def replaced_by(path: Path, content: bytes, times: tuple[int, int] | None = None) -> None:
    newcomer = path.with_name("newcomer")
    newcomer.write_bytes(content)
    if times:
        os.utime(newcomer, ns=times)
    newcomer.replace(path)


def older(path):
    replaced_by(path, path.read_bytes() + b"\n", (10**18, 10**18))


def renamed_over_with_size_and_time(path):
    before = path.stat()
    replaced_by(path, other(path.read_bytes()), (before.st_atime_ns, before.st_mtime_ns))


def from_the_future(path):
    replaced_by(path, other(path.read_bytes()), (4 * 10**18, 4 * 10**18))


def link_switched(path):
    first, second = path.with_name("first"), path.with_name("second")
    path.rename(first)
    second.write_bytes(other(first.read_bytes()))
    same_time(second, first.stat())
    path.symlink_to(second.name)


def hard_link_to_another(path):
    second = path.with_name("second")
    second.write_bytes(other(path.read_bytes()))
    same_time(second, path.stat())
    path.unlink()
    path.hardlink_to(second)


def edited_by_another_name(path):
    second, before = path.with_name("second"), path.stat()
    second.hardlink_to(path)
    second.write_bytes(other(path.read_bytes()))
    same_time(path, before)


def folder_swapped(path):
    """As where data/ is replaced by a folder with files of the same names, sizes and times."""
    folder, before = path.parent, path.stat()
    shutil.copytree(folder, folder.with_name("newer"))
    folder.rename(folder.with_name("before"))
    folder.with_name("newer").rename(folder)
    one_byte(path)
    same_time(path, before)


def link_of_the_folder_switched(path):
    folder, before = path.parent, path.stat()
    folder.rename(folder.with_name("first"))
    shutil.copytree(folder.with_name("first"), folder.with_name("second"))
    one_byte(folder.with_name("second") / path.name)
    same_time(folder.with_name("second") / path.name, before)
    folder.symlink_to("second")


def several_times(path):
    """Edited, edited back, and edited again."""
    edit_and_edit_back(path)
    one_byte(path)


SAME: list[Change] = [
    touch, touch_into_the_past, touch_into_the_future, write_the_same, copy_over, link_to_a_copy, link_twice,
    make_read_only, edit_and_edit_back, delete_and_restore, move_the_folder_away_and_a_copy_there, link_the_folder,
]  # fmt: skip
OTHER: list[Change] = [
    longer, carriage_returns, byte_order_mark, without_its_last_byte, one_byte, one_byte_at_the_same_time,
    one_byte_in_place, older, renamed_over_with_size_and_time, from_the_future, link_switched, hard_link_to_another,
    edited_by_another_name, folder_swapped, link_of_the_folder_switched, several_times,
]  # fmt: skip

# --- what reads which kind of file

KNOWN = {"leakage", "leakage_list", "controls", "score_source"}
TRAINED = {"score_source", "refit", "cross_validation"}
KINDS = {
    "command": {
        "library.csv": {"input"},
        "truth.csv": {"truth"},
        "train.csv": {*KNOWN, *TRAINED},
        "model.py": TRAINED,
        "weights.txt": TRAINED,
        "baseline.csv": {"utility"},
        "known.csv": {"screen_model"},
        "today.csv": {"screen_model"},
    },
    "table": {"scores.csv": {"score_source"}, "train.csv": {*KNOWN, "screen_model"}},
    "rows": {"one.json": {"score_source"}, "two.json": {"score_source"}, "library.csv": {"input"}},
    "column": {"library.csv": {"input", "utility"}},
    "proxy": {"library.csv": {"input", "proxy_truth"}},
    "no truth": {"train.csv": {*KNOWN, "screen_model", "diagnosis"}},
}  # fmt: skip
COMMAND = f"{sys.executable} data/model.py --weights=data/weights.txt {{train}} {{seed}} {{request}} {{scores}}"
CONFIGS = {
    "command": {
        "scores": {"source": "command", "command": COMMAND, "train": "data/train.csv"},
        "selection": {"k": 3, "baseline": "data/baseline.csv"},
        "screen": {"known": "data/known.csv", "today": "data/today.csv"},
        "audit": {"refits": 1, "control_sample": 10},
        "truth": {"path": "data/truth.csv"},
    },
    "table": {"scores": {"path": "data/scores.csv", "train": "data/train.csv"}, "truth": {"path": "data/truth.csv"}},
    "rows": {"scores": {"source": "external"}, "truth": {"path": "data/truth.csv"}},
    "column": {
        "scores": {"path": "data/scores.csv"},
        "selection": {"k": 3, "baseline_column": "batch"},
        "truth": {"path": "data/truth.csv"},
    },
    "proxy": {"scores": {"path": "data/scores.csv"}, "truth": {"source": "proxy_rule_v1"}},
    "no truth": {"scores": {"path": "data/scores.csv", "train": "data/train.csv"}, "truth": {"source": "none"}},
}
MODEL = """\
import csv, sys
weights, train, seed, request, scores = sys.argv[1:]
with open(request, newline="") as asked, open(scores, "w", newline="") as out:
    rows = [(row["id"], len(row["smiles"]) % 7) for row in csv.DictReader(asked)]
    csv.writer(out).writerows([("id", "score"), *rows])
"""


def user_folder(folder: Path, config: str) -> Path:
    """A folder with data/ and my.yaml."""
    data = folder / "data"
    data.mkdir(parents=True)
    for name in ("library.csv", "truth.csv"):
        shutil.copyfile(DATA / name, data / name)
    with (data / "library.csv").open("a") as library:
        library.write("last,CCCCCO,6\n")  # of its last letter another one is as good
    if config == "rows":
        (data / "library.csv").write_text("id,scores_input,smiles\na,one.json,CCO\nb,two.json,CCN\nc,,CCC\n")
    (data / "model.py").write_text(MODEL)
    (data / "weights.txt").write_text("1 2 3\n")
    for name in ("one.json", "two.json", "scores.csv"):
        (data / name).write_text("id,score\naspirin,1\n")
    with (data / "library.csv").open(newline="") as handle:
        ids = dict.fromkeys(row["id"] for row in csv.DictReader(handle) if (row["id"] or "").isprintable())
    for name in ("baseline.csv", "today.csv"):
        with (data / name).open("w", newline="") as handle:
            rows = [("id", "score"), *zip(ids, range(len(ids)), strict=True)]
            csv.writer(handle, lineterminator="\n").writerows(rows)
    for name in ("train.csv", "known.csv"):
        smiles = ("CC(=O)Oc1ccccc1", "CCOc1ccccc1", "CCNc1ccccc1", "CCCCO", "CC(C)Cc1ccccc1", "Oc1ccc(Cl)cc1")
        lines = [f"{name[0]}{number},{text},{number % 2}\n" for number, text in enumerate(smiles)]
        (data / name).write_text("id,smiles,label\n" + "".join(lines))
    shared = {"run_name": "small", "input": {"path": "data/library.csv"}, "decoys": {"k": 2}}
    (folder / "my.yaml").write_text(yaml.safe_dump(shared | CONFIGS[config]))
    return folder


# Which methods of the plan name the files that a rule takes, and those whose content is a parameter of its jobs.
_CALL = r'\b{}\("(\w+)"(?:, "([\w.]+)")?\)'


def asked_of_the_plan(word: str) -> dict[str, list[tuple[str, ...]]]:
    """By rule: the methods, with their arguments, that it names in `word(...)`."""
    text = "".join(path.read_text() for path in sorted((ROOT / "rules").glob("*.smk")))
    bodies = re.split(r"^rule (\w+):", text, flags=re.MULTILINE)[1:]
    rules = dict(zip(bodies[::2], bodies[1::2], strict=True))
    asked = {rule: re.findall(_CALL.format(word), body) for rule, body in rules.items()}
    return {rule: [tuple(filter(None, call)) for call in calls] for rule, calls in asked.items() if calls}


def contents(folder: Path, word: str = "contents") -> dict[str, str]:
    """By rule of the run: digests of the user's files that a call of Snakemake would compare with those of the last."""
    plan = Plan(yaml.safe_load((folder / "my.yaml").read_text()), [TARGET])
    values: dict[str, str] = {}
    for rule, calls in asked_of_the_plan(word).items():
        for method, *arguments in calls:
            try:
                inputs = getattr(plan, method)("small", *arguments)
            except KeyError:  # the rule is not part of this run
                continue
            values[rule] = f"{values.get(rule, '')} {plan.contents_of('small', inputs)}".strip()
    plan.check(needs_scores=False)
    absent = set() if plan.training("small") else {"refit", "cross_validation"}
    absent |= set() if plan.value("small", "truth.source") == "proxy_rule_v1" else {"proxy_truth"}
    return {rule: value for rule, value in values.items() if rule not in absent}


@pytest.fixture(autouse=True)
def noted_at_once(monkeypatch, tmp_path):
    """Notes are made of files however new, and so are what must be seen to be out of date."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(user_file_digests, "_RECENT_SECONDS", -1e12)


CASES = [(config, name) for config, kinds in KINDS.items() for name in kinds]


@pytest.mark.parametrize("change", [*SAME, *OTHER], ids=lambda change: change.__name__)
def test_what_reads_a_changed_file_has_another_parameter_and_nothing_else_has(change, tmp_path, monkeypatch):
    for number, (config, name) in enumerate(CASES):
        folder = user_folder(tmp_path / str(number), config)
        monkeypatch.chdir(folder)
        (folder / "results/small").mkdir(parents=True)
        path = folder / "data" / name
        before, digest = contents(folder), sha256_file(path)
        assert (folder / "results/.inputs.json").is_file()
        time.sleep(0.005)  # file systems count time in ticks
        change(path)
        after = contents(folder)
        differing = {rule for rule in before if before[rule] != after[rule]}
        assert (sha256_file(path) == digest) == (change in SAME)
        assert differing == (set() if change in SAME else KINDS[config][name]), (config, name)


def test_every_file_that_a_rule_takes_from_the_user_is_among_those_whose_content_counts(tmp_path, monkeypatch):
    taken, counted = asked_of_the_plan("given"), asked_of_the_plan("contents")
    assert (
        set(taken)
        == set(counted)
        >= set(itertools.chain(*(rules for kind in KINDS.values() for rules in kind.values())))
    )
    for config in CONFIGS:
        folder = user_folder(tmp_path / config, config)
        monkeypatch.chdir(folder)
        of_inputs, of_params = contents(folder, "given"), contents(folder)
        for rule, digests in of_inputs.items():
            assert set(digests.split()) <= set(of_params.get(rule, "").split()), (config, rule)


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """A run of all kinds of files, finished; its library is larger than what Snakemake itself compares by content."""
    folder = user_folder(tmp_path_factory.mktemp("finished") / "work", "command")
    library = folder / "data/library.csv"
    head, *rows = library.read_text().splitlines()
    library.write_text("\n".join([f"{head},filler", *(f"{row},{'x' * 120_000}" for row in rows)]) + "\n")
    assert library.stat().st_size > 2_000_000
    build_all(folder)
    assert planned_in(folder) == set()
    return folder


def build_all(folder: Path, *words: object):
    """The run and its screen."""
    return snakemake(folder, TARGET, "screen", "--cores", 2, "--configfile", "my.yaml", *words)


def planned_in(folder: Path) -> set[str]:
    """Rules that a dry run would execute."""
    done = build_all(folder, "--dry-run")
    stats = re.search(r"Job stats:\n.*?\n-.*?\n(.*?)\ntotal", done.stdout + done.stderr, re.DOTALL)
    return ({line.split()[0] for line in stats[1].splitlines()} if stats else set()) - {TARGET, "screen"}


WHOLE = [
    (touch, "library.csv", set()),
    (one_byte_at_the_same_time, "truth.csv", {"truth", "leakage_list", "diagnosis", "report"}),
    (copy_over, "model.py", set()),
    (link_switched, "today.csv", {"screen_model", "screen_shard", "screen_list", "utility"}),
    (older, "weights.txt", {"score_source", "scores", "refit", "cross_validation", "controls"}),
    (folder_swapped, "train.csv", {"leakage", "leakage_list", "refit", "controls"}),
    (touch_into_the_future, "train.csv", set()),
    (move_the_folder_away_and_a_copy_there, "known.csv", set()),
    (carriage_returns, "baseline.csv", {"utility", "report", "pack", "registry_row"}),
    (longer, "library.csv", {"input", "decoys_shard", "pack"}),
]


@pytest.mark.parametrize(
    ("change", "name", "rules"), first_by_day(WHOLE, 2), ids=[f"{change.__name__}-{name}" for change, name, _ in WHOLE]
)
def test_a_dry_run_plans_what_must_be_built_again(finished, tmp_path, change, name, rules):
    folder = tmp_path / "work"
    shutil.copytree(finished, folder)
    change(folder / "data" / name)
    planned = planned_in(folder)
    assert planned >= rules
    assert bool(planned) == bool(rules)


def test_the_same_configuration_in_other_words_runs_nothing_again(finished, tmp_path):
    folder = Path(shutil.copytree(finished, tmp_path / "work"))
    values = yaml.safe_load((folder / "my.yaml").read_text())
    text = yaml.safe_dump(dict(reversed(values.items())), sort_keys=False, default_flow_style=True)
    (folder / "my.yaml").write_text(f"# other words\n{text}".replace("\n", "\r\n"))
    assert planned_in(folder) == set()


@pytest.mark.nightly
def test_a_run_that_was_done_again_because_of_a_change_back_and_forth_has_the_bytes_of_the_first(finished, tmp_path):
    folder = Path(shutil.copytree(finished, tmp_path / "work"))
    archive, path = folder / "results/small/small_evidence_pack.zip", folder / "data/truth.csv"
    first, content = archive.read_bytes(), path.read_bytes()
    carriage_returns(path)
    build_all(folder)
    assert archive.read_bytes() != first
    path.write_bytes(content)
    build_all(folder)
    assert archive.read_bytes() == first
