"""Options of the actions of `hetero2 campaign`."""

import argparse
from pathlib import Path

from hetero2.campaign.structures import LIMITS
from hetero2.campaign.today import ORDERS
from hetero2.commands.own_columns import add_columns
from hetero2.runtime.cli_types import natural, positive
from hetero2.runtime.finite import finite
from hetero2.runtime.settings import add_option
from hetero2.screening.score_trust import TRUST


def _share(text: str) -> float:
    """A share from 0 to 1."""
    value = finite(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share from 0 to 1")
    return value


def _price(text: str) -> float:
    """A number of at least 0."""
    value = finite(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is less than 0")
    return value


def _add_workers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workers", type=positive, help="processes or threads (default: all cores); changes no result")


def add_campaign(parser: argparse.ArgumentParser) -> None:
    """Name the campaign."""
    parser.add_argument("--campaign", type=Path, required=True, help="folder of the campaign")


def add_start(parser: argparse.ArgumentParser) -> None:
    """Name what a campaign starts with, and its folder."""
    parser.add_argument("--out", type=Path, required=True, help="folder of the campaign; it must be new or empty")
    parser.add_argument(
        "--base-rate", type=_share, help="for the plan: hit rate expected of today's order, such as 0.1"
    )
    parser.add_argument("--expected-rate", type=_share, help="for the plan: hit rate hoped for of the new order")
    parser.add_argument(
        "--planned-rounds", type=positive, help="for the plan: how many rounds; the report then says with what power"
    )
    _add_setup(parser)


def _add_setup(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--input", type=Path, required=True, help="library: .csv, .tsv, .xlsx, .parquet, .smi or .sdf")
    today = parser.add_mutually_exclusive_group(required=True)
    today.add_argument("--today", type=Path, help="the score you choose by today: a table with id and score")
    today.add_argument(
        "--today-order", choices=ORDERS[1:], help="the order you choose by today: largest first, or as listed"
    )
    parser.add_argument("--today-column", default="score", help="column of --today with the score (default score)")
    parser.add_argument(
        "--today-lower-is-better",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="smaller scores of --today are better, as in docking (default: larger)",
    )
    parser.add_argument("--known", type=Path, help="molecules measured before: id, smiles, and value or label (1/0)")
    parser.add_argument("--batch", type=positive, required=True, help="molecules per round")
    parser.add_argument("--hit-at", type=finite, help="measured value from which on a molecule is a hit")
    parser.add_argument(
        "--lower-is-better", action="store_true", help="smaller measured values are better (default: larger)"
    )
    parser.add_argument(
        "--control-share",
        type=_share,
        default=0.5,
        help="share of a batch that today's order drafts, so that both are measured (default 0.5)",
    )
    parser.add_argument(
        "--per-framework", type=positive, default=2, help="most picks of a generic Murcko framework (default 2)"
    )
    parser.add_argument(
        "--seed", type=natural, default=0, help="seed of the coin of the draft, and of samples (default 0)"
    )
    parser.add_argument("--price-per-measurement", type=_price, help="to report money saved")
    parser.add_argument(
        "--trust-score",
        type=_share,
        default=TRUST,
        help="probability, before any label, that today's score says something (default %(default)s)",
    )
    for key in LIMITS:
        add_option(parser, key)
    _add_workers(parser)
    add_columns(parser)


def add_next(parser: argparse.ArgumentParser) -> None:
    """Say what the batch is to be."""
    add_campaign(parser)
    parser.add_argument("--batch", type=positive, help="molecules of this round (default: as at the start)")
    parser.add_argument("--scores", type=Path, help="use this order (id, score; larger is better), not the screen")
    parser.add_argument("--scores-column", default="score", help="column of --scores with the score (default score)")
    parser.add_argument(
        "--without-new-measurements",
        action="store_true",
        help="choose another batch even if nothing was told since the last one",
    )
    parser.add_argument("--copy-to", type=Path, metavar="FILE", help="write the batch to this file, too")
    _add_workers(parser)
    add_columns(parser, None)


def add_tell(parser: argparse.ArgumentParser) -> None:
    """Name the results."""
    add_campaign(parser)
    parser.add_argument(
        "--measured", type=Path, required=True, help="results: id, value or label (1/0); optionally status, smiles"
    )
    add_columns(parser)


def add_report(parser: argparse.ArgumentParser) -> None:
    """Say where to write the report."""
    add_campaign(parser)
    parser.add_argument("--out", type=Path, help="folder for report and pack (default: report in the campaign)")


def add_verify(parser: argparse.ArgumentParser) -> None:
    """Name the pack."""
    parser.add_argument("--pack", type=Path, required=True, help="campaign_evidence_pack.zip")


def add_save(parser: argparse.ArgumentParser) -> None:
    """Name the file."""
    add_campaign(parser)
    parser.add_argument("--out", type=Path, required=True, help="file to write, such as campaign.zip")


def add_restore(parser: argparse.ArgumentParser) -> None:
    """Name the file, and the folder."""
    parser.add_argument("--saved", type=Path, required=True, help="file that `campaign save` wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder of the campaign; it must be new or empty")


def add_plan(parser: argparse.ArgumentParser) -> None:
    """Say what is expected."""
    parser.add_argument("--base-rate", type=_share, required=True, help="hit rate of today's order, such as 0.1")
    parser.add_argument("--expected-rate", type=_share, required=True, help="hit rate that you hope for")
    parser.add_argument("--per-round", type=positive, default=25, help="molecules per arm and round (default 25)")
    parser.add_argument("--seed", type=natural, default=0, help="seed of the simulation (default 0)")


def add_simulate(parser: argparse.ArgumentParser) -> None:
    """Name what a campaign starts with, and the truth."""
    parser.add_argument("--truth", type=Path, required=True, help="results of the library: id, value or label (1/0)")
    parser.add_argument("--rounds", type=positive, default=5, help="rounds of each order alone (default 5)")
    _add_setup(parser)
