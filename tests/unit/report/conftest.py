import copy
import json

import pytest

from hetero2.report import evidence
from tests.unit.report.runs import UTILITY, changed


@pytest.fixture
def small_evidence(pack):
    """Evidence of the small run: 14 scored molecules of 20 rows, of which 5 are hits, K = 3."""
    return evidence.of_pack(pack, json.loads((pack / "manifest.json").read_text()), [])


@pytest.fixture
def rich(small_evidence):
    """The same with enough hits, where score, audit and chance find different things."""
    return changed(
        small_evidence, utility__utility=copy.deepcopy(UTILITY), metrics__counts={"OK": 400, "SKIP": 0, "ERROR": 0}
    )
