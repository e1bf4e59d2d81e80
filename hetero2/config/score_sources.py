"""Names of the sources of scores, apart from their code, so that reading a configuration loads no model."""

SCREEN = "screen"
REFERENCES = (
    SCREEN,
    "reference:morgan_rf",
    "reference:property_linear",
    "reference:property_boosted",
    "reference:nearest_hit",
)
# Scores that stand in for a model. They are there to test the audit and the plumbing, and are evidence of nothing else.
SUITE_VARIANTS = ("constant", "random", "synthetic_good")  # of the suite's own scores file
STAND_INS = (*SUITE_VARIANTS, "mock")
