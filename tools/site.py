"""What the site needs that Markdown on its own does not give: a hook of mkdocs (`make site`).

On GitHub a page links to files beside docs/, and draws its graphs from mermaid. The site holds neither those files nor
a program that draws, so a link that leaves docs/ becomes the name of its file, and a graph becomes a picture.
"""

import posixpath
import re
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # mkdocs loads this file alone

from tools import rule_graph

_LINK = re.compile(r"\[([^\]]+)\]\((\.\./[^)\s#]+)[^)\s]*\)")
_GRAPH = re.compile(r"```mermaid\n(.*?)```", re.DOTALL)


def _named(link: re.Match[str], folder: str) -> str:
    """A link that leaves docs/ as text and name of its file; any other as it is."""
    name = posixpath.normpath(posixpath.join("docs", folder, link[2]))
    if name.startswith("docs/"):
        return link[0]
    return f"`{name}`" if link[1].strip("`") == name else f"{link[1]} (`{name}`)"


def _picture(mermaid: str) -> str:
    """A graph as SVG, no wider than its letters need."""
    drawn = rule_graph.picture(rule_graph.edges(mermaid))
    return re.sub(r'viewBox="0 0 (\d+) ', r'style="max-width: \1px" \g<0>', drawn, count=1)


def on_page_markdown(markdown: str, /, *, page: Any, **_: object) -> str:
    """The text of a page for the site."""
    folder = posixpath.dirname(page.file.src_uri)
    text = _LINK.sub(lambda link: _named(link, folder), markdown)
    return _GRAPH.sub(lambda graph: _picture(graph[1]), text)
