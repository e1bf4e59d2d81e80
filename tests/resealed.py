"""Packs that somebody edited and sealed again: every list, digest and the zip agree with the edited files."""

import copy
import csv
import hashlib
import io
import json
import tarfile
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from hetero2.io.files import pretty_json
from hetero2.pack import manifest
from hetero2.pack.verification.checking import verify
from hetero2.pack.verification.container.zip_form import STORED, Member, central_header, end_record, local_header
from hetero2.pack.verification.layout import CHECKSUMS, DESCRIPTIONS, LOCK, MANIFEST, SCORES
from tests.conftest import DATA
from tests.packs import descriptions

RICH = (
    DATA / "rich_pack.tar.xz"
)  # of value_utility_realtruth with truth, refits and prices; its config.yaml makes it again
Files = dict[str, bytes]
Change = Callable[[Files], None]
Row = dict[str, str]


class Edit(NamedTuple):
    """What was changed, how, and the line that verification must print: it begins with a file and holds a word.

    `file` is None where only a digest from outside can tell, which `word` then explains.
    """

    name: str
    change: Change
    file: str | None
    word: str


def rich_files() -> Files:
    """The files of the stored pack."""
    with tarfile.open(RICH) as archive:
        return {entry.name: archive.extractfile(entry).read() for entry in archive if entry.isfile()}  # type: ignore[union-attr]


def sealed(files: Files, out: Path) -> Path:
    """The zip of edited files, with lists, descriptions, digests, provenance and run_id that agree with them."""
    out.write_bytes(_zip(sealed_files(files, json.loads(files[MANIFEST]), json.loads(files[MANIFEST]))))
    return out


def sealed_files(files: Files, facts: Any, before: dict[str, Any]) -> Files:
    """Edited files with all that follows from them made anew, as far as the manifest has the form for it.

    facts: the manifest as somebody edited it; before: one with the digests that the files had, since a description that
    somebody edited stays as it is.
    """
    files = dict(files)
    if isinstance(facts, dict):
        facts = copy.deepcopy(facts)
        _agree(files, facts)
        roles = facts.pop("roles_of", {})  # an edit of the list of files itself
        _redescribe(files, facts, {entry["path"]: entry["sha256"] for entry in before["files"]})
        listed = _listed(files)
        facts = manifest.with_files(
            facts, [{**entry, "role": roles.get(entry["path"], entry["role"])} for entry in listed]
        )
    return with_manifest(files, pretty_json(facts).encode("utf-8", "surrogatepass"))


def with_manifest(files: Files, text: bytes) -> Files:
    """The files with this text of a manifest, and the list of checksums of all."""
    files = {**files, MANIFEST: text}
    digests = {name: sha256_of(content) for name, content in files.items() if name != CHECKSUMS}
    lines = "".join(f"{digests[name]}  {name}\n" for name in sorted(digests))
    return {**files, CHECKSUMS: lines.encode()}


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _agree(files: Files, facts: dict[str, Any]) -> None:
    """Make what a manifest says of scores, truth, lock and run follow from the files and from itself."""
    scores = next((name for name in SCORES if name in files), "")
    for section, name in (("scores", scores), ("truth", "truth.csv")):
        if name in files and isinstance(facts.get(section), dict):
            facts[section]["sha256"] = sha256_of(files[name])
    if LOCK in files:
        facts["environment_lock_sha256"] = sha256_of(files[LOCK])
    identity = {key: facts.get(key) for key in ("inputs", "config", "code_digest", "environment_lock_sha256")}
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    facts["run_id"] = sha256_of(text.encode("utf-8", "surrogatepass"))


def _listed(files: Files) -> list[dict[str, Any]]:
    return [
        {
            "path": name,
            "role": manifest.role_of(name),
            "sha256": sha256_of(content),
            "size_bytes": len(content),
        }
        for name, content in sorted(files.items())
        if name not in (MANIFEST, CHECKSUMS)
    ]


def _redescribe(files: Files, facts: dict[str, Any], honest: dict[str, str]) -> None:
    """Write the descriptions of the pack anew, but those that are no longer what they were."""
    untouched = [name for name in DESCRIPTIONS if name in files and sha256_of(files[name]) == honest[name]]
    if not untouched:
        return
    with tempfile.TemporaryDirectory() as scratch:
        for name, content in files.items():
            if name.endswith((".csv", ".schema.json")):
                path = Path(scratch, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        rest = [entry for entry in _listed(files) if entry["path"] not in DESCRIPTIONS]
        texts = descriptions(Path(scratch), facts, rest)
    files.update({name: texts[name].encode("utf-8", "surrogatepass") for name in untouched if name in texts})


def _zip(files: Files) -> bytes:
    stream, members = io.BytesIO(), []
    for name, content in sorted(files.items()):
        member = Member(name, STORED, zlib.crc32(content), len(content), len(content), stream.tell())
        stream.write(local_header(member) + content)
        members.append(member)
    start, directory = stream.tell(), b"".join(map(central_header, members))
    return stream.getvalue() + directory + end_record(len(members), len(directory), start)


def rows_of(files: Files, name: str) -> list[Row]:
    return list(csv.DictReader(io.StringIO(files[name].decode("utf-8-sig"), newline="")))


def put_rows(files: Files, name: str, rows: Iterable[Row]) -> None:
    """Write the rows of a table in the form that it has: the mark, the quotes."""
    old = files[name].decode("utf-8-sig")
    header = next(csv.reader(io.StringIO(old, newline="")))
    stream = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if old.startswith('"') else csv.QUOTE_MINIMAL
    writer = csv.DictWriter(stream, header, lineterminator="\n", quoting=quoting)
    writer.writeheader()
    writer.writerows(rows)
    mark = b"\xef\xbb\xbf" if files[name].startswith(b"\xef\xbb\xbf") else b""
    files[name] = mark + stream.getvalue().encode()


def cells(name: str, which: Callable[[Row], bool], every: bool = False, **values: Any) -> Change:
    """Change cells of the first row that a test finds, or of `every` such row."""

    def change(files: Files) -> None:
        rows = rows_of(files, name)
        matching = [row for row in rows if which(row)]
        assert matching, f"{name}: no row to edit"
        for row in matching if every else matching[:1]:
            row.update({key: value(row[key]) if callable(value) else str(value) for key, value in values.items()})
        put_rows(files, name, rows)

    return change


def table(name: str, edit: Callable[[list[Row]], Iterable[Row]]) -> Change:
    """Change the rows of a table as a whole."""
    return lambda files: put_rows(files, name, edit(rows_of(files, name)))


def value(name: str, path: str, new: Any) -> Change:
    """Change a value of a JSON file, at keys and places joined by dots: to `new`, or what `new` makes of it."""

    def change(files: Files) -> None:
        document = json.loads(files[name])
        *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        inner = document
        for step in steps:
            inner = inner[step]
        old = inner[last] if isinstance(inner, list) else inner.get(last)
        inner[last] = new(old) if callable(new) else new
        assert inner[last] != old, f"{name}: {path}: nothing to edit"
        files[name] = pretty_json(document).encode()

    return change


def text(name: str, old: str, new: str) -> Change:
    """Put one text in place of another, where it stands first."""

    def change(files: Files) -> None:
        assert old.encode() in files[name], f"{name}: no {old!r} to edit"
        files[name] = files[name].replace(old.encode(), new.encode(), 1)

    return change


def content(name: str, new: bytes) -> Change:
    """Put other content in place of a file."""
    return lambda files: files.update({name: new})


def removed(*names: str) -> Change:
    """Take files out, all those whose name begins like this."""

    def change(files: Files) -> None:
        gone = [name for name in files if name.startswith(names)]
        assert gone, f"no {names} to remove"
        for name in gone:
            del files[name]

    return change


def all_of(*changes: Change) -> Change:
    """Several changes that belong together, in order."""

    def change(files: Files) -> None:
        for each in changes:
            each(files)

    return change


def recount(files: Files) -> None:
    """Make the counts of metrics.json those of summary.csv, as who edits the one would."""
    rows = rows_of(files, "summary.csv")
    status, verdict = (
        Counter(row["status"] for row in rows),
        Counter(row["verdict"] for row in rows if row["status"] == "OK"),
    )
    metrics = json.loads(files["metrics.json"])
    metrics["counts"] = {key: status[key] for key in ("OK", "SKIP", "ERROR")}
    metrics["verdict_counts"] = {key: verdict[key] for key in ("PASS", "FAIL", "SKIP")}
    metrics["pass_rate"], metrics["fail_rate"] = (verdict[key] / status["OK"] for key in ("PASS", "FAIL"))
    files["metrics.json"] = pretty_json(metrics).encode()


def one_edit(files: Files, edit: Edit, out: Path) -> list[str]:
    """The lines of verification about a pack in which somebody has made an edit and sealed it again."""
    edited = dict(files)
    edit.change(edited)
    return [str(problem) for problem in verify(sealed(edited, out))]
