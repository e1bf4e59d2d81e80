"""The engine of decoy_strategy.v2: rearrangements of a molecule, enumerated, previewed, built and chosen."""
