"""campaign_report: the report of a campaign, its page and its pack."""

import argparse
from pathlib import Path

from hetero2.campaign.actions import read_state
from hetero2.campaign.evidence.text import answer
from hetero2.campaign.evidence.written import write_report
from hetero2.campaign.report import report
from hetero2.runtime.log import logger

EXAMPLE = "hetero2 campaign-report --campaign my-campaign --out report"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the campaign."""
    parser.add_argument("--campaign", type=Path, required=True, help="folder of the campaign")
    parser.add_argument("--out", type=Path, required=True, help="folder for report and pack")


def run(args: argparse.Namespace) -> None:
    """Write them."""
    document = report(read_state(args.campaign))
    write_report(args.campaign, document, args.out)
    logger.info("%s", answer(document))
