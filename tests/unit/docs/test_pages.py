"""The pages: every link leads somewhere, every command exists as it is written, every configuration is one."""

import argparse
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from hetero2 import api, cli
from hetero2.config import keys
from hetero2.config.load import load_layer
from hetero2.config.resolve import resolve
from tests.conftest import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHELL = {"", "console", "sh", "bash"}
# Options of Snakemake whose next word is their value, in the commands of the pages.
WITH_VALUE = set(
    "--cores --jobs --configfile --config --profile --snakefile --directory --report --forcerun --until --sdm "
    "--cleanup-metadata --default-resources --set-resources --set-threads --slurm-status-command".split()
)
# What a block leaves out: a run of a user's own library.
OTHER_SECTIONS = {
    "run_name": "mine",
    "input": {"path": "library.csv"},
    "scores": {"source": "command", "command": "model {request} {scores}"},
    "truth": {"source": "none"},
}
BETWEEN = {"|", "||", "&&", ";", "&"}
FENCE = re.compile(r"^```([\w-]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def indented_code(text: str) -> Iterator[str]:
    """Blocks of lines four spaces in, after an empty line and outside lists."""
    for paragraph in re.split(r"\n\s*\n", FENCE.sub("", text)):
        lines = paragraph.strip("\n").splitlines()
        if lines and all(line.startswith("    ") for line in lines):
            yield "\n".join(line.removeprefix("    ") for line in lines)


def inline_code(text: str) -> Iterator[str]:
    prose = "\n\n".join(part for part in re.split(r"\n\s*\n", FENCE.sub("", text)) if not part.startswith("    "))
    yield from (" ".join(code.split()) for code in re.findall(r"(?<!`)`([^`]+)`(?!`)", prose))


def typed(text: str) -> Iterator[str]:
    """The command lines of a page: of blocks, and of sentences that quote one."""
    for language, block in FENCE.findall(text):
        lines = block.replace("\\\n", " ").splitlines()
        if language in SHELL and any(line.startswith("$ ") for line in lines):
            yield from (line.removeprefix("$ ") for line in lines if line.startswith("$ "))
        elif language in SHELL:
            yield from lines
    for block in indented_code(text):
        yield from block.replace("\\\n", " ").splitlines()
    yield from (code for code in inline_code(text) if code.startswith(("hetero2 ", "snakemake ")))


def commands(text: str, program: str) -> Iterator[list[str]]:
    """The words that follow a program, of each time that it is called; an image of this name is not the program."""
    for line in typed(text):
        if program not in line or "docker" in line:
            continue
        words: list[str] = []
        for word in [*shlex.split(line.replace(";", " ; "), comments=True), ";"]:
            if word not in BETWEEN:
                words.append(word)
                continue
            if program in words and (words[0] in (program, "xargs") or "-m" in words):
                yield words[words.index(program) + 1 :]
            words = []


@cache
def parser_of(verb: str) -> argparse.ArgumentParser:
    return cli._parser(verb, cli.VERBS, "hetero2")[0]


def options_of(words: list[str]) -> set[str]:
    """The options that a call may have: those of its verb, and of the action where the verb has actions."""
    parser = parser_of(words[0])
    options = set(parser._option_string_actions)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            assert words[1] in action.choices, f"hetero2 {words[0]} {words[1]}: no such action"
            options |= set(action.choices[words[1]]._option_string_actions)
    return options


def unknown_in_call(words: list[str]) -> list[str]:
    """What a call of hetero2 names that is not there; `<verb>` and the like stand for anything."""
    if words == [] or not re.fullmatch(r"[a-z-]+", words[0]):
        return [] if words == [] or words[0] in ("<verb>", "--help", "--version") else [words[0]]
    if words[0] not in cli.VERBS:
        return [words[0]]
    written = [word.strip("[]").partition("=")[0] for word in words if word.startswith(("--", "[--"))]
    return [option for option in written if option not in options_of(words)] if written else []


@cache
def rules() -> set[str]:
    files = [ROOT / "Snakefile", *(ROOT / "rules").glob("*.smk")]
    return {name for path in files for name in re.findall(r"^rule (\w+):", path.read_text(), re.MULTILINE)}


def unknown_in_workflow(words: list[str]) -> list[str]:
    """What a call of Snakemake asks for that is neither a target nor a rule; files and placeholders may be anything."""
    asked = [word for before, word in zip(["", *words], words, strict=False) if before not in WITH_VALUE]
    names = [word for word in asked if re.fullmatch(r"[a-z][a-z0-9_]*", word)]
    return [name for name in names if name not in {*api.targets(), *rules()}]


def anchors(path: Path) -> set[str]:
    """The anchors of a page, as GitHub makes them of its headings."""
    slugs: set[str] = set()
    for heading in re.findall(r"^#+ (.+)$", FENCE.sub("", path.read_text()), re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        number = 0
        while slug in slugs:
            number += 1
            slug = f"{slug}-{number}"
        slugs.add(slug)
    return slugs


def broken(page: Path, link: str) -> bool:
    """Whether a link of a page to a file of the repository, or to a part of a page, leads nowhere."""
    name, _, anchor = link.partition("#")
    path = page.parent / name if name else page
    if not path.exists():
        return True
    return bool(anchor) and (path.suffix != ".md" or anchor not in anchors(path))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page):
    prose = re.sub(r"`[^`\n]*`", "``", FENCE.sub("", page.read_text()))
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", prose) if not re.match(r"[a-z]+:", link)]
    assert [link for link in links if broken(page, link)] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_exists_as_it_is_written(page):
    text = page.read_text()
    unknown = [(words, names) for words in commands(text, "hetero2") if (names := unknown_in_call(words))]
    assert unknown == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_target_that_is_asked_for_exists(page):
    text = page.read_text()
    unknown = [(words, names) for words in commands(text, "snakemake") if (names := unknown_in_workflow(words))]
    assert unknown == []


def configurations() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        blocks = [block for language, block in FENCE.findall(page.read_text()) if language == "yaml"]
        for block in blocks:
            if set(keys.schema()["properties"]) & set(yaml.safe_load(block)):
                yield name_of(page), block


@pytest.mark.parametrize("block", [pytest.param(block, id=page) for page, block in configurations()])
def test_every_configuration_is_one(block, tmp_path):
    path = tmp_path / "my.yaml"
    path.write_text(block.replace("<64 hex digits>", "0" * 64))
    resolve("value_utility_realtruth", {**OTHER_SECTIONS, **load_layer(path)})


def test_the_checks_see_what_is_wrong(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A `b`: c\n\n    hetero2 verfy A.zip && hetero2 verify --sha255 B.zip  # --no\n\n# A `b`: c\n")
    calls = list(commands(page.read_text(), "hetero2"))
    assert list(map(unknown_in_call, calls)) == [["verfy"], ["--sha255"]]
    assert unknown_in_call(["campaign", "next", "--campaign", "c", "--hit-at", "7"]) == ["--hit-at"]
    assert anchors(page) == {"a-b-c", "a-b-c-1"}
    assert [broken(page, link) for link in ("#a-b-c-1", "#a", "page.md", "none.md")] == [False, True, False, True]
    (call,) = commands("```console\n$ snakemake --cores 2 plot screen results/a.csv\nplots\n```\n", "snakemake")
    assert unknown_in_workflow(call) == ["plot"]
