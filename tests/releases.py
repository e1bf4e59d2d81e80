"""A small project with a registry, and releases of it as `build` writes them, without building."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

from tests.conftest import ROOT
from tools.release import attestations, build, chain, checks, gates, pages, records
from tools.release.milestones import of_release
from tools.release.tags import VERIFIER, command, parse

COMMIT = "a" * 40
WHO = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
RUN_ROW = ROOT / "tests/contracts/data/registry_row.v1.json"


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *WHO, *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout.strip()


def project(folder: Path) -> Path:
    """A checkout with the files that releases look at, its registry empty, committed."""
    for name in ("config/releases.yaml", "config/milestones.yaml", "docs/claims.md", ".gitignore"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    (folder / "registry").mkdir()
    (folder / checks.ARTEFACTS).touch()
    predecessors = (ROOT / checks.LINEAGE).read_text().splitlines(keepends=True)[:8]
    (folder / checks.LINEAGE).write_text("".join(predecessors))
    pages.write(folder, checks.rows(folder), checks.lineage(folder))
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, "first")
    return folder


def commit(folder: Path, message: str) -> str:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)
    return git(folder, "rev-parse", "HEAD")


def packs(tag, content: bytes) -> dict[str, bytes]:
    """Bytes that stand for the packs of a tag."""
    return {name: content + name.encode() for name in tag.assets()}


def row_of(text: str, content: bytes = b"pack", source: str = COMMIT, **changes: object) -> dict:
    """The row of a release whose gates all held."""
    tag, rows = parse(text), []
    for name, data in packs(tag, content).items():
        row = json.loads(RUN_ROW.read_text())
        sha256 = hashlib.sha256(data).hexdigest().upper()
        variant = name.removesuffix("_evidence_pack.zip").removeprefix(tag.target).removeprefix("_") or None
        row["assets"] = [{"name": name, "url": None, "sha256": sha256, "variant": variant}]
        row["outcome"]["counts"] = {"OK": 11, "SKIP": 7, "ERROR": 0}
        rows.append({**row, "source_commit": source, "acceptance": {"outcome": "GO", "not_met": []}})
    held = [gates.Gate(name, good, str(good), True) for name, good in gates.GOOD.items()]
    separation = {"separated": True, "deltas": {}} if len(rows) > 1 else None
    made = records.registry_row(tag, rows, separation, gates.as_facts(held), command(tag, {}))
    return {**made, "milestone": of_release(made), "claims_tested": True, chain.LINK: None, **changes}


def release(root: Path, text: str, content: bytes = b"pack", source: str = COMMIT) -> dict:
    """release/<tag>/ as it would have been built; its row."""
    tag = parse(text)
    folder, row = build.folder_of(root, tag), row_of(text, content, source)
    folder.mkdir(parents=True)
    for name, data in packs(tag, content).items():
        (folder / name).write_bytes(data)
        (folder / f"{name}.sha256").write_text(f"{hashlib.sha256(data).hexdigest()}  {name}\n")
    for name in (*tag.further(), VERIFIER):
        (folder / name).write_text("{}\n")
    files = [folder / name for name in (*tag.assets(), *tag.further(), VERIFIER)]
    (folder / build.NOTES).write_text("notes\n")
    passed = attestations.gates_statement(row, files, folder / build.NOTES)
    for name, statement in zip(
        tag.statements(), (attestations.provenance_statement(tag, row, files), passed), strict=True
    ):
        (folder / name).write_text(json.dumps(statement))
    (folder / build.ROW).write_text(json.dumps(row))
    return row


def published(text: str, **changes: object) -> dict:
    """A row whose assets can be downloaded."""
    row = row_of(text)
    urls = {asset["name"]: f"https://example.org/{asset['name']}" for asset in row["assets"]}
    green = {"test": "success", "test-chem": "success", "docker": "success"}
    return {**records.published(row, urls, green, "https://example.org/run/1"), **changes}
