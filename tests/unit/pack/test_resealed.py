"""A pack edited in one place and sealed again: verification computes anew what follows from its files, and says so."""

import functools

import pytest

from hetero2.pack.verification.audit_evidence import trust
from hetero2.pack.verification.checking import verify
from hetero2.pack.verification.decision import utility
from tests.resealed import one_edit, rich_files, sealed
from tests.resealed_edits import EDITS, LISTED

LEAST_SHARE = 0.9  # of the listed edits
BY_DAY = LISTED[::2]  # a third of a second each
EDITED = [pytest.param(edit, id=edit.name, marks=() if edit in BY_DAY else pytest.mark.nightly) for edit in EDITS]


@pytest.fixture(scope="module")
def files():
    return rich_files()


@pytest.fixture(autouse=True, scope="module")
def drawn_once():
    """Resamples of the same molecules are drawn once, not for every edit: they are most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (utility, trust):
            patch.setattr(module, "redrawn", _remembered(module.redrawn))
        yield


def _remembered(redrawn):
    """The function with a memory of what it gave for the same order of molecules, hits and scaffolds."""
    remembered = functools.cache(lambda key: redrawn(*waiting, **dict(key[-1])))
    waiting = []

    def remembering(score, audit, hit, scaffolds, k, seed, **options):
        waiting[:] = score, audit, hit, scaffolds, k, seed
        orders = [tuple(part) for ranking in (score, audit) for part in (ranking.order, ranking.sizes)]
        return remembered((*orders, tuple(hit), tuple(scaffolds), k, seed, tuple(options.items())))

    return remembering


def is_seen(edit, lines):
    """Whether one of the lines is the one expected; without a file any line that holds the word is."""
    return any(line.startswith(edit.file or "") and edit.word.lower() in line.lower() for line in lines)


def test_the_pack_is_in_order_and_stays_so_when_sealed_again(files, tmp_path):
    assert verify(sealed(dict(files), tmp_path / "pack.zip")) == []


@pytest.mark.parametrize("edit", EDITED)
def test_an_edit_is_seen(edit, files, tmp_path):
    lines = one_edit(files, edit, tmp_path / "pack.zip")
    if edit.file is None:
        assert lines == [], "it is seen after all: say so in the table"
    else:
        assert is_seen(edit, lines), lines[:5]


def test_nearly_all_listed_edits_are_seen():
    seen = [edit for edit in LISTED if edit.file is not None]
    assert len(LISTED) == 90
    assert len(seen) >= LEAST_SHARE * len(LISTED)
    assert len({edit.name for edit in EDITS}) == len(EDITS) >= 120
    assert all(edit.word for edit in EDITS if edit.file is None), "the reason why only a digest can tell"
