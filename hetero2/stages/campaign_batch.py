"""campaign_batch: choose the next batch of a campaign, and copy it to where the workflow puts its results."""

import argparse
from pathlib import Path

from hetero2.campaign.actions import next_round
from hetero2.io.files import copy_file
from hetero2.runtime.cli_types import positive
from hetero2.runtime.log import logger

EXAMPLE = "hetero2 campaign-batch --campaign my-campaign --out next_batch.csv"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the campaign."""
    parser.add_argument("--campaign", type=Path, required=True, help="folder of the campaign")
    parser.add_argument("--workers", type=positive, default=1, help="threads; changes no result (default 1)")
    parser.add_argument("--out", type=Path, required=True, help="copy of the batch to measure")


def run(args: argparse.Namespace) -> None:
    """Choose it, or take the last one where nothing was told since."""
    chosen, is_new = next_round(args.campaign, workers=args.workers)
    copy_file(chosen.folder / "batch.csv", args.out)
    logger.info("round %d, %s: %s", chosen.record["round"], "new" if is_new else "as before", chosen.folder)
