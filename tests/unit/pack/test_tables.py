"""Tables of packs are read as the standard library reads them, whatever is quick about it."""

import csv
import hashlib
import io
import random
import re

import pytest

from hetero2.pack.verification.container.pack import Pack
from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.form.tables import read_batches, read_rows
from hetero2.pack.verification.limits import BASE, MAX_FIELD
from hetero2.pack.verification.presentation.copies import _digest_of_copy, harmless
from hetero2.report.spreadsheet import neutral

CELLS = (
    *(
        "",
        "m1",
        "0",
        "-0.25",
        "1e-05",
        "+1",
        "-1-1",
        "=1+1",
        "C[C@@H](N)C(=O)O",
        "[O-]c1ccccc1",
        "(C)",
        "\uff1dx",
        " =x",
    ),
    *("a;b", "a;=b", "a|-b", "\t@", "\u200b+x", "-", ".5", "-.5e3", "é", "\u2028x", "\x0b", "x" * 70),
)
QUOTED = (*CELLS, "a,b", 'a"b', "a\nb", "a\n-5", "a\r\nb", '"', ",")


def pack_of(content, block=50):
    blocks = [content[place : place + block] for place in range(0, len(content), block)]
    return Pack({"t.csv": len(content)}, lambda _: iter(blocks), BASE)


def table(cells, seed, line_end="\n", n_columns=4, n_rows=300):
    draw = random.Random(seed)
    text = io.StringIO(newline="")
    # With carriage returns alone the writer would leave line feeds in cells without quotes.
    quoting = csv.QUOTE_ALL if line_end == "\r" and cells is QUOTED else csv.QUOTE_MINIMAL
    writer = csv.writer(text, lineterminator=line_end, quoting=quoting)
    writer.writerow([f"c{n}" for n in range(n_columns)])
    writer.writerows([draw.choice(cells) for _ in range(n_columns)] for _ in range(n_rows))
    return text.getvalue()


def rows_by_the_standard_library(text):
    return [row for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True) if row]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("cells", [CELLS, QUOTED], ids=["plain", "quoted"])
@pytest.mark.parametrize("block", [7, 1000, 1 << 20])
def test_rows_are_those_that_the_standard_library_reads(cells, line_end, mark, block):
    text = mark + table(cells, seed=block, line_end=line_end) + line_end
    expected = rows_by_the_standard_library(text)
    assert len(expected) > 300
    pack = pack_of(text.encode(), block)
    assert list(read_rows(pack, "t.csv")) == expected
    evidence = Evidence(pack, {}, {}, set())
    assert list(evidence.rows("t.csv", "c2", "c0")) == [(row[2], row[0]) for row in expected[1:]]
    assert list(evidence.rows("t.csv", "c3", "later")) == [(row[3], "") for row in expected[1:]]
    assert list(evidence.rows("t.csv", "c1")) == [(row[1],) for row in expected[1:]]


def test_quotes_that_begin_late_in_a_table_are_read_as_quotes():
    text = table(CELLS, seed=1) + table(QUOTED, seed=2)
    assert list(read_rows(pack_of(text.encode(), 5000), "t.csv")) == rows_by_the_standard_library(text)


def test_only_the_cells_that_are_needed_are_divided():
    pack = pack_of(b"a,b,c\n1,2,3\n")
    assert [row for batch in read_batches(pack, "t.csv", 1) for row in batch] == [["a", "b,c"], ["1", "2,3"]]


def test_rows_before_a_fault_are_read_before_it_is_raised():
    read = []
    with pytest.raises(ValueError, match="decode"):
        read.extend(read_rows(pack_of(b"a,b\n1,2\n\xff,3\n"), "t.csv"))
    batches = read_batches(pack_of(b'a,b\n"1",2\n"3"x,4\n', 1000), "t.csv")
    assert next(batches) == [["a", "b"], ["1", "2"]]
    with pytest.raises(csv.Error):
        next(batches)


@pytest.fixture
def field_size_limit():
    """The limit of the whole process, which is put back."""
    before = csv.field_size_limit(MAX_FIELD)
    yield
    csv.field_size_limit(before)


@pytest.mark.usefixtures("field_size_limit")
def test_a_cell_that_is_too_long_is_refused_with_and_without_quotes():
    for long in (b"x" * (MAX_FIELD + 1), b'"' + b"x" * (MAX_FIELD + 1) + b'"'):
        with pytest.raises(csv.Error, match="field larger"):
            list(read_rows(pack_of(b"a,b\n1," + long + b"\n", 1 << 20), "t.csv"))


@pytest.mark.parametrize("cells", [CELLS, CELLS[:5], QUOTED, ("1", "a;b"), ("x", "-5"), ("-5\n-5",), ("-1", "-1-1")])
@pytest.mark.parametrize("block", [60, 1 << 20])
def test_the_copy_for_spreadsheets_is_that_of_every_cell_by_itself(cells, block):
    text = table(cells, seed=3)
    expected = io.StringIO(newline="")
    rows = rows_by_the_standard_library(text)
    csv.writer(expected, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(map(neutral, row) for row in rows)
    evidence = Evidence(pack_of(text.encode(), block), {}, {}, set())
    digest = hashlib.sha256(("\ufeff" + expected.getvalue()).encode()).hexdigest()
    assert _digest_of_copy(evidence, "t.csv") == digest
    assert [harmless(cell) for row in rows for cell in row] == [neutral(cell) for row in rows for cell in row]


def test_formulas_are_those_that_the_definition_finds():
    formula = re.compile(
        r"(^|[;,|\t\r\n])([\s\"\x00-\x20\xad\u061c\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u206f]*)"
        r"(?=[=+\-@\uff1d\uff0b\uff0d\uff20])"
    )
    number = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", re.ASCII)
    draw, letters, n_marked = random.Random(4), ';,|\t\r\n "\u200b\x00\xad=+-@\uff1d1.eEaC[(\u2028\x85', 0
    for _ in range(20_000):
        cell = "".join(draw.choice(letters) for _ in range(draw.randrange(9)))
        expected = cell if number.fullmatch(cell) else formula.sub(r"\1\2'", cell)
        assert harmless(cell) == neutral(cell) == expected, cell
        n_marked += expected != cell
    assert n_marked > 5000


def test_a_long_cell_is_read_once():
    """A look at the rest of the cell from each of its tabs would take hours."""
    for cell in ("\t" * 1_000_000, "a" + "\t;" * 500_000):
        assert harmless(cell) == neutral(cell) == cell
        assert harmless(f"{cell}=") == neutral(f"{cell}=") == f"{cell}'="


def test_rows_with_nul_are_left_to_the_standard_library():
    """Before Python 3.11 it refuses them."""
    text = "a,b\n1,\0\n"
    assert list(read_rows(pack_of(text.encode()), "t.csv")) == [["a", "b"], ["1", "\0"]]
