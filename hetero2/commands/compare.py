"""compare: where two runs or packs first differ, in which numbers, and in which molecules."""

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from hetero2.errors import InputError
from hetero2.io.tables import number
from hetero2.pack.results import pack_at
from hetero2.pack.verification.container.folders import open_pack
from hetero2.pack.verification.container.pack import Pack, digest
from hetero2.pack.verification.form.json_text import parse_json
from hetero2.pack.verification.form.tables import read_rows
from hetero2.pack.verification.layout import (
    CANDIDATES,
    CONTROLS,
    COST_LIFT,
    DECOY_QUALITY,
    DECOYS,
    DIAGNOSIS,
    HARDNESS_CURVE,
    HIT_CURVE,
    LEAKAGE,
    MANIFEST,
    MISSING_SCORES,
    SELECTED_DECOYS,
)
from hetero2.pack.verification.problems import Problems
from hetero2.report.text.vocabulary import CALL, STATUS, VERDICT
from hetero2.runtime.log import printable

EXAMPLE = "hetero2 compare results/first results/second"
# What a pack holds of each layer, in the order in which one follows from those before.
LAYERS: Mapping[str, tuple[str, ...]] = {
    "decoys": (DECOY_QUALITY, DECOYS),
    "scores": (MISSING_SCORES,),
    "audit": ("summary.csv", "metrics.json", CONTROLS, HARDNESS_CURVE, LEAKAGE, DIAGNOSIS),
    "truth": ("truth.csv",),
    "utility": ("utility_report.json", COST_LIFT, HIT_CURVE, CANDIDATES, SELECTED_DECOYS),
}
_ORDER = ("environment", "code", "configuration", "input", *LAYERS, "bytes")
_NUMBERS = ("metrics.json", CONTROLS, "utility_report.json", COST_LIFT, DIAGNOSIS)
_OF_A_MOLECULE = ("status", "reason", "verdict", "call", "score", "slack", "p_value", "n_decoys")
_IN_WORDS: Mapping[str, tuple[str, Mapping[str, str]]] = {  # columns that hold codes: what people read in their place
    "status": ("row", STATUS),
    "verdict": ("above all decoys", {code: VERDICT.word(code) for code in VERDICT.codes}),
    "call": ("stands out", {code: CALL.word(code) for code in CALL.codes}),
}
_SHOWN = 10
Document = dict[str, Any]


class Read(NamedTuple):
    """A pack: its manifest, the sha256 of each file by name, and the pack itself."""

    manifest: Document
    digests: dict[str, str]
    pack: Pack


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the two."""
    parser.add_argument("first", type=Path, help="results folder of a run, or a pack (zip or folder)")
    parser.add_argument("second", type=Path, help="the other run or pack")
    parser.add_argument("--json", action="store_true", help="print the comparison as JSON, with the codes of the files")


def read_pack(path: Path) -> Read:
    """A pack, or that of a finished run; raises InputError where it cannot be read."""
    problems = Problems()
    pack = open_pack(pack_at(path), problems)
    manifest = None if pack is None or MANIFEST not in pack else parse_json(pack, MANIFEST, problems)
    if pack is None or not isinstance(manifest, dict) or not isinstance(manifest.get("files"), list):
        why = problems[0] if problems else f"there is no {MANIFEST}"
        raise InputError(f"{path}: cannot be read as a pack: {why}", "`hetero2 verify` lists its problems")
    digests = {name: digest(pack, name, problems) for name in sorted(pack.sizes)}
    return Read(manifest, digests, pack)


def flat(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted key, value) of everything in a document that is no section."""
    if isinstance(value, dict):
        for key in sorted(value):
            yield from flat(value[key], f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for row, inner in enumerate(value):
            yield from flat(inner, f"{place}[{row}]")
    else:
        yield place, value


def _changed(first: Any, second: Any) -> list[Document]:
    """The keys whose value differs, with both values."""
    left, right = dict(flat(first)), dict(flat(second))
    names = [name for name in dict.fromkeys([*left, *right]) if left.get(name) != right.get(name)]
    return [{"key": name, "first": left.get(name), "second": right.get(name)} for name in names]


def json_of(side: Read, name: str) -> Any:
    """A JSON file of a pack; None where it has none of this name."""
    return parse_json(side.pack, name, Problems()) if name in side.pack else None


def _environment(first: Read, second: Read) -> list[Document]:
    def packages(side: Read) -> Document:
        document = json_of(side, "environment.json") or {}
        installed = {p["name"]: p.get("installed") or p.get("version") for p in document.get("packages", [])}
        return {"python": document.get("python"), **installed, **side.manifest.get("versions", {})}

    return _changed(packages(first), packages(second))


def _files_of(layer: str, first: Read, second: Read) -> list[Document]:
    names = list(LAYERS[layer])
    if layer == "scores":
        scores = [side.manifest["scores"]["name"] for side in (first, second) if side.manifest.get("scores")]
        names += list(dict.fromkeys(scores))
    pairs = ((name, first.digests.get(name), second.digests.get(name)) for name in names)
    return [{"key": name, "first": one, "second": other} for name, one, other in pairs if one != other]


def _workflow(side: Read) -> dict[str, str]:
    return {name: digest for name, digest in side.digests.items() if name.startswith("workflow/")}


def _layers(first: Read, second: Read) -> dict[str, list[Document]]:
    """What differs, by layer, in their order."""
    code = _changed(
        {"code_digest": first.manifest.get("code_digest")}, {"code_digest": second.manifest.get("code_digest")}
    )
    differences = {
        "environment": _environment(first, second),
        "code": [*code, *_changed(_workflow(first), _workflow(second))],
        "configuration": _changed(first.manifest.get("config"), second.manifest.get("config")),
        "input": _changed(_inputs(first), _inputs(second)),
        **{layer: _files_of(layer, first, second) for layer in LAYERS},
    }
    named = {row["key"] for rows in differences.values() for row in rows}
    names = [name for name in sorted({*first.digests, *second.digests}) if name not in named]
    rest = [(name, first.digests.get(name), second.digests.get(name)) for name in names]
    differences["bytes"] = [{"key": name, "first": one, "second": other} for name, one, other in rest if one != other]
    return {layer: differences[layer] for layer in _ORDER}


def _inputs(side: Read) -> dict[str, str]:
    return {f"{entry['role']}, {entry['name']}": entry["sha256"] for entry in side.manifest.get("inputs", [])}


def _numbers(first: Read, second: Read) -> list[Document]:
    """Numbers of the result that differ, with their difference."""
    rows = []
    for name in _NUMBERS:
        if first.digests.get(name) != second.digests.get(name) and name in first.pack and name in second.pack:
            for row in _changed(json_of(first, name), json_of(second, name)):
                both = row["first"], row["second"]
                if all(isinstance(value, int | float) and not isinstance(value, bool) for value in both):
                    rows.append({"file": name, **row, "difference": both[1] - both[0]})
    return rows


def rows_of(side: Read) -> dict[tuple[str, int], dict[str, str]]:
    """The rows of summary.csv, by id and how many rows before have it."""
    if "summary.csv" not in side.pack:
        return {}
    rows = read_rows(side.pack, "summary.csv")
    header, seen, by_id = next(rows, []), Counter[str](), dict[tuple[str, int], dict[str, str]]()
    for row in filter(None, rows):
        by_id[row[0], seen[row[0]]] = dict(zip(header, row, strict=False))
        seen[row[0]] += 1
    return by_id


def _molecules(first: Read, second: Read) -> list[Document]:
    """Rows that only one has, or whose result differs; one after the other, as they stand in the first."""
    if first.digests.get("summary.csv") == second.digests.get("summary.csv"):
        return []
    left, right, rows = rows_of(first), rows_of(second), list[Document]()
    for key in dict.fromkeys([*left, *right]):
        before, after = left.get(key), right.get(key)
        if before is None or after is None:
            rows.append({"id": key[0], "only_in": "first" if after is None else "second", "changed": []})
        elif before != after:
            columns = [name for name in _OF_A_MOLECULE if before.get(name) != after.get(name)]
            changed = [{"key": name, "first": before.get(name), "second": after.get(name)} for name in columns]
            rows.append({"id": key[0], "only_in": None, "changed": changed})
    return rows


def comparison(first: Path, second: Path) -> Document:
    """What differs between two packs: `first_difference` is the layer from which the rest may follow, or None."""
    one, other = read_pack(first), read_pack(second)
    layers = _layers(one, other)
    return {
        "first": str(first),
        "second": str(second),
        "identical": one.digests == other.digests,
        "first_difference": next((layer for layer in layers if layers[layer]), None),
        "layers": layers,
        "numbers": _numbers(one, other),
        "molecules": _molecules(one, other),
    }


def _shown(value: Any) -> str:
    text = "not there" if value is None else str(value)
    if number(text) == number(text) and "." in text:
        return f"{float(text):.6g}"
    return text[:12] + "…" if len(text) == 64 else text if len(text) <= 60 else text[:57] + "…"


def _cut(rows: list[str], what: str) -> list[str]:
    return rows if len(rows) <= _SHOWN else [*rows[:_SHOWN], f"  … and {len(rows) - _SHOWN:,} more {what}"]


def lines(document: Document) -> Iterator[str]:
    """A comparison in words."""
    if document["identical"]:
        yield "identical: every file of both packs has the same bytes"
        return
    yield f"first difference: {document['first_difference'] or 'none that a file shows'}"
    for layer, rows in document["layers"].items():
        yield f"{layer:<14}{f'{len(rows):,} different' if rows else 'the same'}"
        if layer == document["first_difference"]:
            yield from _cut([f"  {row['key']}: {_shown(row['first'])} → {_shown(row['second'])}" for row in rows], "")
    numbers = [
        f"  {row['file']} {row['key']}: {_shown(row['first'])} → {_shown(row['second'])}" for row in document["numbers"]
    ]
    if numbers:
        yield f"numbers that moved: {len(numbers):,}"
        yield from _cut(numbers, "numbers")
    if document["molecules"]:
        yield f"molecules whose result differs: {len(document['molecules']):,}"
        yield from _cut([_of_molecule(row) for row in document["molecules"]], "molecules")


def _cell(column: str, *both: str | None) -> str:
    """A cell of a molecule before and after, in words where the file has codes."""
    name, words = _IN_WORDS.get(column, (column.replace("_", " "), {}))
    before, after = (_shown(words.get(text or "", text or "none").replace("_", " ")) for text in both)
    return f"{name} {before} → {after}"


def _of_molecule(row: Document) -> str:
    if row["only_in"]:
        return f"  {row['id']}: only in the {row['only_in']} of the two"
    changed = ", ".join(_cell(each["key"], each["first"], each["second"]) for each in row["changed"])
    return f"  {row['id']}: {changed or 'other columns'}"


def run(args: argparse.Namespace) -> int:
    """Print the comparison; 0 where all bytes are the same, else 1."""
    document = comparison(args.first, args.second)
    if args.json:
        print(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        print(printable("\n".join(lines(document))))
    return 0 if document["identical"] else 1
