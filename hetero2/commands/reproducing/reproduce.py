"""reproduce: make a pack again from what it says of itself, and say whether it comes out the same."""

import argparse
import contextlib
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from hetero2.commands import compare
from hetero2.commands.reproducing import inputs, original, rerun
from hetero2.commands.reproducing.agreement import IN_WORDS, Agreement, agreement
from hetero2.commands.running import started
from hetero2.errors import ConfigError
from hetero2.io.files import sha256_file
from hetero2.pack.verification.command import PACK_HELP, add_max_unpacked
from hetero2.pack.verification.layout import SCORES
from hetero2.runtime.cli_types import cores, positive
from hetero2.runtime.log import printable

EXAMPLE = "hetero2 reproduce results/library/library_evidence_pack.zip --input library.csv"
_SHOWN = 10
_ATTEMPTS = 50
Document = dict[str, Any]


class Outcome(NamedTuple):
    """What came of a rerun: sha256 of both zips (None of a folder), what differs, and how far the results agree."""

    zips: tuple[str | None, str]
    differences: Document
    agreement: Agreement
    seconds: float

    @property
    def identical(self) -> bool:
        """Whether the rerun has the bytes of the pack."""
        return bool(self.zips[0] in (None, self.zips[1]) and self.differences["identical"])


def _file(text: str) -> tuple[str, Path]:
    """NAME=PATH."""
    name, equals, path = text.partition("=")
    if not (name and equals and path):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=PATH, such as train.csv=data/train.csv")
    return name, Path(path)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the pack, the files that it does not hold, and how to run."""
    parser.add_argument("pack", type=Path, help=PACK_HELP)
    parser.add_argument(
        "--input", type=Path, metavar="FILE", help="the library, if the run read it from a file of yours"
    )
    parser.add_argument(
        "--file",
        type=_file,
        action="append",
        default=[],
        metavar="NAME=PATH",
        help="another file that the run read, by its name in manifest.json or by its key; may be repeated",
    )
    parser.add_argument(
        "--model",
        metavar="COMMAND",
        help="the scoring command, if the run had one; a command that a pack records is never run",
    )
    parser.add_argument("--cores", type=positive, help="jobs at once (default: all cores)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the results of the rerun in this new folder")
    parser.add_argument("--other-code", action="store_true", help="run even if other code of hetero2 made the pack")
    parser.add_argument("--json", action="store_true", help="print the result of the comparison as JSON")
    add_max_unpacked(parser)


def _origins(pack: original.Original) -> Iterator[str]:
    """Where the rerun has its inputs from, a line each."""
    config, manifest = pack.config, pack.manifest
    given = [file.name for file in inputs.needed(pack)]
    dataset, source = config["input"]["dataset"], config["scores"]["source"]
    payload = manifest["payload_sha256"][:12]
    yield f"pack      {pack.path.name}: run {manifest['run']} of {manifest['target']}, payload {payload}…"
    yield f"input     {f'data set {dataset}, of an installed package' if dataset else given[0]}"
    held = next((name for name in SCORES if name in pack.pack), "")
    is_held = config["scores"]["path"] is not None or config["scores"]["url"] is not None
    yield f"scores    {f'{held} of the pack' if is_held else f'made again: {source}'}"
    truth = config["truth"]
    brought = truth["path"] is not None or truth["url"] is not None
    of_dataset = (
        "of the data set" if truth["source"] == "external" else truth["source"].replace("none", "there is none")
    )
    yield f"truth     {'truth.csv of the pack' if brought else of_dataset}"


def _said(outcome: Outcome) -> Iterator[str]:
    """What came of it, in words."""
    if outcome.identical:
        yield f"identical: the rerun gives the same bytes{f', sha256 {outcome.zips[0]}' if outcome.zips[0] else ''}"
        return
    if outcome.differences["identical"]:
        yield "first difference: zip"
        yield f"  every file has the same bytes, the zip has not: {outcome.zips[0]} → {outcome.zips[1]}"
    else:
        yield from compare.lines(outcome.differences)
    found = outcome.agreement
    yield f"agreement     {found.grade}: {IN_WORDS[found.grade]}"
    for column, differing in found.differing.items():
        agree = f"{found.n_rows - differing:,} of {found.n_rows:,} rows agree" if differing else "all rows agree"
        yield f"  {column:<12}{agree}"
    yield f"  {'rates':<12}{f'{len(found.rates):,} differ' if found.rates else 'all agree'}"
    yield from (f"    {line}" for line in found.rates[:_SHOWN])
    if found.where:
        size = f"{found.largest:.3g} of its size" if found.largest < float("inf") else "not a number on both sides"
        yield f"  {'largest':<12}{found.where}: {size}"


def _document(outcome: Outcome) -> Document:
    largest = outcome.agreement.largest
    return {
        "identical": outcome.identical,
        "zip_sha256": list(outcome.zips),
        "agreement": {**outcome.agreement._asdict(), "largest": largest if largest < float("inf") else None},
        "seconds": round(outcome.seconds, 1),
        "comparison": outcome.differences,
    }


def _compared(pack: original.Original, archive: Path, seconds: float) -> Outcome:
    sha256 = sha256_file(pack.path) if pack.path.is_file() else None
    differences = compare.comparison(pack.path, archive) | {"second": "the rerun"}
    both = compare.read_pack(pack.path), compare.read_pack(archive)
    return Outcome((sha256, sha256_file(archive)), differences, agreement(*both), seconds)


@contextlib.contextmanager
def _scratch(keep: Path | None) -> Iterator[Path]:
    """A new folder for the rerun, removed in the end: beside the one to keep, so that a rename is enough for that."""
    place = None if keep is None else keep.absolute().parent
    folder = Path(tempfile.mkdtemp(prefix="hetero2-" if place is None else ".hetero2-", dir=place))
    try:
        yield folder
    finally:
        for _ in range(_ATTEMPTS):  # what was stopped may still be writing for a moment
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(0.1)


def _keep(results: Path, folder: Path) -> None:
    results.rename(folder)
    print(printable(f"kept      {folder}"))


def run(args: argparse.Namespace) -> int:
    """Make the pack again in a temporary folder; 0 where it is identical, 1 where not, 2 where that is not possible."""
    if args.keep is not None and (args.keep.exists() or not args.keep.absolute().parent.is_dir()):
        what = "is there already" if args.keep.exists() else "its folder does not exist"
        raise ConfigError(f"--keep: {args.keep}: {what}", "name a new folder in one that exists")
    pack = original.opened(args.pack, args.max_unpacked)
    original.check_code(pack, args.other_code)
    shows = not args.json
    for line in _origins(pack) if shows else ():
        print(printable(line), flush=True)
    if others := list(original.other_packages(pack)):
        more = f" and {len(others) - 3} more" if len(others) > 3 else ""
        note = f"note      bytes may differ: {', '.join(others[:3])}{more}"
        print(printable(note), file=sys.stdout if shows else sys.stderr, flush=True)
    with _scratch(args.keep) as folder:
        began = time.monotonic()
        code, results = rerun.rerun(pack, args, args.cores or cores(), folder)
        if code == started.INTERRUPTED:
            return code
        outcome = _compared(pack, rerun.check_finished(pack, code, results), time.monotonic() - began)
        if args.keep is not None:
            _keep(results, args.keep)
    if args.json:
        print(json.dumps(_document(outcome), indent=2, sort_keys=True, ensure_ascii=False))
    else:
        print(printable("\n".join(_said(outcome))))
        print(f"took      {outcome.seconds:.0f} s")
    return 0 if outcome.identical else 1
