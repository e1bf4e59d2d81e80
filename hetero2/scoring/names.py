"""Names of the reference scorers, apart from their code, so that reading a configuration loads no model."""

REFERENCES = (
    "reference:morgan_rf",
    "reference:property_linear",
    "reference:property_boosted",
    "reference:nearest_hit",
)
