"""campaign_simulation: campaigns on molecules whose results are known, each order alone; a page and a pack of them."""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from hetero2.campaign.actions import read_state
from hetero2.campaign.choosing import simulation
from hetero2.campaign.choosing.labels import is_hit
from hetero2.campaign.evidence import pack
from hetero2.campaign.evidence.simulated import CONTRACT, Design, simulations
from hetero2.campaign.evidence.simulation_page import FILE, answer, simulation_page
from hetero2.campaign.layout import Layout, Settings
from hetero2.campaign.measurements import read_measurements
from hetero2.campaign.rounds import State
from hetero2.campaign.start import Sources, start
from hetero2.chem.structures.guardrails import Guardrails
from hetero2.inputs.sdf import read_any
from hetero2.inputs.usable_rows import with_an_id
from hetero2.io.contracts import write_json
from hetero2.io.csv_writer import cell
from hetero2.io.files import check_file, write_text
from hetero2.runtime import isolated
from hetero2.runtime.cli_types import natural, positive
from hetero2.runtime.finite import finite
from hetero2.runtime.log import logger, printable
from hetero2.runtime.provenance import file_facts
from hetero2.stages.dataset import read_compounds, source_files, source_folder
from hetero2.stages.input import mark

EXAMPLE = "hetero2 campaign-simulation --hit-at 8 --out results/value_campaign"
TODAY = "size (heavy atoms, largest first), a stand-in for a size-biased score"
_STANDARDISE, _MAX_ATOMS = "none", 200
Record = dict[str, Any]


def _source(measured: Path | None, folder: Path) -> tuple[Path, str, list[Record]]:
    """(table of measured molecules, name of the data, facts of its files)."""
    if measured is not None:
        check_file(measured)
        return measured, measured.name, [file_facts("measured", measured)]
    written = folder / "measured.csv"
    rows = [",".join(map(cell, compound)) for compound in read_compounds(source_folder())]
    write_text(written, "\n".join(["id,smiles,value", *rows]) + "\n")
    return written, "rdkit-freewilson", [file_facts("dataset source", path) for path in source_files()]


def _started(args: argparse.Namespace, measured: Path, folder: Path) -> State:
    """A campaign on all molecules there are, that nothing was bought in."""
    settings = Settings(
        batch=args.batch,
        control_share=0.5,
        per_framework=args.per_framework,
        seed=0,
        hit_at=args.hit_at,
        lower_is_better=args.lower_is_better,
        price_per_measurement=None,
        today_order="size",
        today_lower_is_better=False,
        trust_score=0.2,
        standardise=_STANDARDISE,
    )
    rows = list(with_an_id(mark(read_any(measured)), measured))
    limits = Guardrails(_MAX_ATOMS, True, _STANDARDISE), isolated.Limits()
    start(folder, rows, Sources(measured, None, "score", None), settings, limits, workers=args.workers)
    return read_state(folder)


def document(args: argparse.Namespace, folder: Path) -> Record:
    """campaign_simulation.v1, worked out in an empty folder."""
    measured, name, sources = _source(args.measured, folder)
    layout = Layout(folder / "campaign")
    state = _started(args, measured, layout.folder)
    measurements, notes = read_measurements(measured, state.library, _STANDARDISE)
    truth = {measurement.id: measurement for measurement in measurements}
    simulation.check_truth(state, truth, measured)
    limit = state.limit()
    results = [truth[state.library.ids[row]] for row in state.library.distinct()]
    hits = [is_hit(result.value, result.label, limit, args.lower_is_better) is True for result in results]
    design = Design(args.library, args.rounds, args.known, range(args.seeds))
    return {
        "simulation_schema": CONTRACT,
        "data": {
            "name": name,
            "sources": sources,
            "molecules": len(results),
            "hits": sum(hits),
            "hit_at": args.hit_at,
            "lower_is_better": args.lower_is_better,
        },
        "today": TODAY,
        "design": {
            "library": args.library,
            "batch": args.batch,
            "rounds": args.rounds,
            "bought": min(args.batch * args.rounds, args.library),
            "per_framework": args.per_framework,
            "known": list(args.known),
            "seeds": list(design.seeds),
        },
        "scenarios": simulations(state, truth, design, layout.features, args.workers),
        "notes": notes,
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the measured molecules, what a hit is, and the campaigns."""
    parser.add_argument(
        "--measured", type=Path, help="measured molecules: id, smiles, value or label (default: rdkit-freewilson)"
    )
    parser.add_argument("--hit-at", type=finite, help="value from which on a molecule is a hit")
    parser.add_argument("--lower-is-better", action="store_true", help="of measured values (default: larger is better)")
    parser.add_argument("--library", type=positive, default=500, help="molecules in each library (default 500)")
    parser.add_argument("--batch", type=positive, default=10, help="molecules per round (default 10)")
    parser.add_argument("--rounds", type=positive, default=5, help="rounds (default 5)")
    parser.add_argument("--per-framework", type=positive, default=2, help="most of a generic framework (default 2)")
    parser.add_argument("--known", type=natural, nargs="+", default=[0, 30], help="known before (default 0 30)")
    parser.add_argument("--seeds", type=positive, default=8, help="campaigns, each on a library of its own (default 8)")
    parser.add_argument("--workers", type=positive, default=1, help="processes; changes no result (default 1)")
    parser.add_argument("--out", type=Path, required=True, help="folder for the result, its page and its pack")


def run(args: argparse.Namespace) -> None:
    """Simulate, and write the result, its page and its pack."""
    with tempfile.TemporaryDirectory(prefix="hetero2-") as folder:
        result = document(args, Path(folder))
    written, page = args.out / FILE, args.out / "report.html"
    write_json(written, result, CONTRACT)
    write_text(page, simulation_page(result, args.out.resolve().name))
    sha256 = pack.write_pack(args.out / pack.NAME, pack.SIMULATION, {path.name: path for path in (written, page)})
    logger.info("%s: sha256 %s", pack.NAME, sha256)
    print(printable(answer(result)))
