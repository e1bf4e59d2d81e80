"""Draw the stages and the rule graph of the default target for docs/flow.md and the report: `make docs`.

    python -m tools.rule_graph [--check]

Snakemake says which rule needs which. A stage is a file of rules/, and needs another where one of its rules does.
The graph of stages leaves out an arrow where a longer path leads to the same stage.
"""

import itertools
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tools import made_files
from tools.made_files import ROOT

TARGET = "value_utility_realtruth"
PAGE, PICTURE = ROOT / "docs/flow.md", ROOT / "hetero2/report/templates/flow.svg"
_FENCE = re.compile(r"(```mermaid\n).*?(```)", re.DOTALL)  # the stages first, then the rules
_ROW, _GAP, _HEIGHT, _LETTER = 58, 22, 26, 7.3
Edges = set[tuple[str, str]]


def edges(mermaid: str) -> Edges:
    """(rule, rule that needs it) of a graph in mermaid's words."""
    names = dict(re.findall(r"^\s*(\w+)\[(\w+)\]", mermaid, re.MULTILINE))
    return {(names.get(a, a), names.get(b, b)) for a, b in re.findall(r"^\s*(\w+) --> (\w+)", mermaid, re.MULTILINE)}


def rule_graph() -> Edges:
    """The edges of the default target, from Snakemake."""
    program = Path(sys.executable).with_name("snakemake")
    words: list[str | Path] = [program, "--snakefile", ROOT / "Snakefile", TARGET, "--rulegraph", "mermaid-js"]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True)
    return edges(done.stdout)


def stages(graph: Edges) -> Edges:
    """The edges between the stages of these rules; rules that stand in no file, such as the target, are left out."""
    stage_of = {
        name: path.stem
        for path in (ROOT / "rules").glob("*.smk")
        for name in re.findall(r"^rule (\w+):", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    pairs = {(stage_of[a], stage_of[b]) for a, b in graph if a in stage_of and b in stage_of}
    return {(a, b) for a, b in pairs if a != b}


def mermaid(graph: Edges, order: list[str]) -> str:
    """The graph in mermaid's words, each rule beside what it makes possible."""
    place = {name: number for number, name in enumerate(order)}
    lines = sorted(graph, key=lambda edge: (place[edge[0]], place[edge[1]]))
    return "flowchart TB\n" + "".join(f"    {a} --> {b}\n" for a, b in lines)


def layers(graph: Edges) -> dict[str, int]:
    """Of each rule the length of the longest way to it."""
    needs = defaultdict(set)
    for a, b in graph:
        needs[b].add(a)
    depths: dict[str, int] = {}

    def depth(name: str) -> int:
        if name not in depths:
            depths[name] = 1 + max((depth(before) for before in sorted(needs[name])), default=-1)
        return depths[name]

    for name in sorted({name for edge in graph for name in edge}):
        depth(name)
    return depths


def reduced(graph: Edges) -> Edges:
    """The graph without the arrows that a longer way makes superfluous."""
    after = defaultdict(set)
    for a, b in graph:
        after[a].add(b)

    def reached(name: str) -> set[str]:
        return after[name].union(*(reached(rule) for rule in after[name]))

    return {(a, b) for a, b in graph if not any(b in reached(rule) for rule in after[a] - {b})}


def _chains(graph: Edges, depth: dict[str, int]) -> list[list[str]]:
    """Each arrow as the names of what it passes: its rules, and a joint in every layer between them."""
    return [[a, *(f"{a}>{b}@{layer}" for layer in range(depth[a] + 1, depth[b])), b] for a, b in sorted(graph)]


def _rows(chains: list[list[str]], depth: dict[str, int]) -> list[list[str]]:
    """The nodes of each layer, ordered so that arrows cross little: each goes to the mean place of its neighbours."""
    level = {name: depth[chain[0]] + step for chain in chains for step, name in enumerate(chain)}
    rows = [sorted(name for name in level if level[name] == layer) for layer in range(max(level.values()) + 1)]
    beside = defaultdict(list)
    for chain in chains:
        for a, b in itertools.pairwise(chain):
            beside[a].append(b)
            beside[b].append(a)
    for sweep in range(24):
        place = {name: (number + 0.5) / len(row) for row in rows for number, name in enumerate(row)}
        for row in rows if sweep % 2 else rows[::-1]:
            row.sort(key=lambda name: (sum(place[neighbour] for neighbour in beside[name]) / len(beside[name]), name))
            place |= {name: (number + 0.5) / len(row) for number, name in enumerate(row)}
    return rows


def _width(name: str) -> float:
    return 14.0 if ">" in name else _LETTER * len(name) + 16


def picture(graph: Edges) -> str:
    """The graph as SVG, from above to below."""
    depth = layers(graph)
    chains = _chains(reduced(graph), depth)
    rows = _rows(chains, depth)
    wide = max(sum(map(_width, row)) + _GAP * (len(row) - 1) for row in rows)
    at: dict[str, tuple[float, float]] = {}
    for number, row in enumerate(rows):
        gap = (wide - sum(map(_width, row))) / (len(row) + 1)
        x = gap
        for name in row:
            at[name] = (x + _width(name) / 2 + 8, number * _ROW + _HEIGHT / 2 + 4)
            x += _width(name) + gap
    lines = "".join(_line([at[name] for name in chain]) for chain in chains)
    boxes = "".join(_box(name, *at[name]) for row in rows for name in row if ">" not in name)
    return (
        f'<svg viewBox="0 0 {wide + 16:.0f} {len(rows) * _ROW:.0f}" role="img" aria-label="stages: '
        f'{len(depth)} of them, from {" and ".join(sorted(a for a in depth if depth[a] == 0))} to {rows[-1][0]}">'
        '<g font-family="DejaVu Sans Mono,monospace" font-size="12" text-anchor="middle">'
        f'<path d="{lines}" fill="none" stroke="#777"/>{boxes}</g></svg>\n'
    )


def _line(points: list[tuple[float, float]]) -> str:
    (x, y), *rest = points
    drawn = f"M{x:.0f} {y + _HEIGHT / 2:.0f}"
    for number, (x1, y1) in enumerate(rest):
        end = y1 - _HEIGHT / 2 if number == len(rest) - 1 else y1
        middle = (y + y1) / 2
        drawn += f"C{x:.0f} {middle:.0f} {x1:.0f} {middle:.0f} {x1:.0f} {end:.0f}"
        x, y = x1, y1
    return drawn


def _box(name: str, x: float, y: float) -> str:
    wide = _width(name)
    return (
        f'<rect x="{x - wide / 2:.0f}" y="{y - _HEIGHT / 2:.0f}" width="{wide:.0f}" height="{_HEIGHT}" rx="4" '
        f'fill="#fff" stroke="#1a1a1a"/><text x="{x:.0f}" y="{y + 4:.0f}">{name}</text>'
    )


def pictures() -> Iterator[tuple[Path, str]]:
    """Both pictures as they should be."""
    graph, text = rule_graph(), PAGE.read_text(encoding="utf-8")
    drawn = iter([_in_order(reduced(stages(graph))), _in_order(graph)])
    yield PAGE, _FENCE.sub(lambda fence: fence[1] + next(drawn) + fence[2], text)
    yield PICTURE, picture(stages(graph))


def _in_order(graph: Edges) -> str:
    depth = layers(graph)
    return mermaid(graph, sorted(depth, key=lambda name: (depth[name], name)))


def main() -> int:
    """Write both pictures, or say which is not current."""
    return made_files.main(__doc__, pictures())


if __name__ == "__main__":
    sys.exit(main())
