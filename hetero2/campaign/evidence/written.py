"""report.json, report.html and the pack of a campaign, in one folder."""

from pathlib import Path

from hetero2.campaign.evidence import pack
from hetero2.campaign.evidence.page import FILE, Record, campaign_page
from hetero2.campaign.layout import Layout
from hetero2.campaign.report import CONTRACT
from hetero2.io.contracts import write_json
from hetero2.io.files import write_text


def write_report(folder: Path, document: Record, out: Path) -> list[Path]:
    """Write a report (campaign_report.v1) of the campaign in `folder`, its page and its pack into the folder `out`."""
    written, page, zipped = out / FILE, out / "report.html", out / pack.NAME
    write_json(written, document, CONTRACT)
    write_text(page, campaign_page(document, folder.resolve().name))
    files = Layout(folder).evidence() | {f"report/{path.name}": path for path in (written, page)}
    pack.write_pack(zipped, pack.CAMPAIGN, files)
    return [written, page, zipped]
