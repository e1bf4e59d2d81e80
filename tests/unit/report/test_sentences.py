import pytest

from hetero2.report.text.sentences import decoys_without_scores, nothing_matches

COVERAGE = {
    "rows_with_scores_input": 3,
    "rows_missing_scores_input": 0,
    "decoys_total": 1200,
    "decoys_scored": 0,
    "decoys_excluded": 10,
    "decoys_missing": 1190,
}


def test_where_no_decoy_has_a_score_it_is_said_how_to_get_them():
    text = decoys_without_scores({"scores_coverage": COVERAGE})
    assert text is not None
    assert text.startswith("decoys have no scores (1,190 missing); score missing_decoy_scores.csv")


@pytest.mark.parametrize(
    "changes",
    [
        {"decoys_scored": 1, "decoys_missing": 1189},
        {"decoys_excluded": 1200, "decoys_missing": 0},
        {"rows_with_scores_input": 0, "rows_missing_scores_input": 3},
    ],
    ids=["one has", "all are excluded", "no molecule has one either"],
)
def test_otherwise_nothing_is_said_of_it(changes):
    assert decoys_without_scores({"scores_coverage": COVERAGE | changes}) is None


def test_scores_that_match_nothing_say_which_keys_would():
    coverage = COVERAGE | {"rows_with_scores_input": 0, "rows_missing_scores_input": 3}
    (text,) = nothing_matches({"scores_coverage": coverage}, None)
    assert text.startswith("NO SCORE MATCHES: none of the 3 molecules that could be audited is in the scores file; ")
    assert "ids of the library, or structure hashes" in text
