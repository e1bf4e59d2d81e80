"""Whether the score tells molecules from their isomers, in plain words."""

from dataclasses import replace

import pytest

from hetero2.report.text import isomers
from tests.unit.report.runs import changed, curve_of


def diagnosed(
    run,
    area=(0.6, 0.55, 0.65),
    interpretation="SIGNAL_ON_HARD",
    verdict="NOT_ASSESSABLE",
    explained_by=(),
    p_value=0.03,
    **more,
):
    inference = {
        "verdict": verdict,
        "reason": "the_scorer_cannot_be_fitted_again",
        "p_value": None if verdict == "NOT_ASSESSABLE" else p_value,
        "refits": 0 if verdict == "NOT_ASSESSABLE" else 99,
        "model_seeds": 1,
        "quick_look": False,
        "explanation": "EXPLAINED_BY_NOVELTY" if explained_by else None,
        "explained_by": list(explained_by),
    }
    parts = {"controls__audit": {"status": "OK", "reason": None}, "controls__inference": inference}
    parts |= {"controls__library__interpretation": interpretation, "controls__library__why": "3 of 90 decoys are hard"}
    return isomers.diagnose(replace(changed(run, **parts | more), hardness=curve_of(*area)))


@pytest.mark.parametrize(
    ("options", "answered", "because"),
    [
        (
            {},
            "yes",
            "also from those that look most like them (AUC 0.60, 0.55 to 0.65); only Y-randomisation could",
        ),
        (
            {"explained_by": ["nearest_training_neighbour"]},
            "not shown",
            "nearest training neighbour alone prefers the mol",
        ),
        ({"interpretation": "ILLUSION"}, "not shown", "only where isomers look little like the molecule"),
        (
            {"interpretation": "NOT_SHOWN_ON_HARD"},
            "not shown",
            "those that look most like the molecules score about as high",
        ),
        (
            {"interpretation": "INCONCLUSIVE_TOO_FEW_HARD"},
            "not shown",
            "too few isomers look like the molecules (3 of 90",
        ),
        ({"verdict": "RESOLVES_STRUCTURE"}, "yes", "does with shuffled labels (Y-randomisation: 99 refits, p = 0.03)"),
        (
            {"verdict": "RESOLVES_STRUCTURE", "area": (0.3, 0.2, 0.4)},
            "yes",
            "p = 0.03); it prefers the isomers (AUC 0.30, 0.20 to 0.40), which does not mean that its sign is wrong",
        ),
        (
            {"verdict": "NOT_SHOWN", "p_value": 0.1},
            "not shown",
            "although it ranks molecules above them (AUC 0.60, 0.55 to 0.65), 9 of 99 models trained on "
            "shuffled labels did as well or better (p = 0.1)",
        ),
        (
            {"verdict": "NOT_SHOWN"},
            "not shown",
            "stand out from their isomers less than random items would (Y-randomisation: 99 refits",
        ),
        ({"area": (0.3, 0.2, 0.4)}, "no", "it prefers the isomers (AUC 0.30, 0.20 to 0.40), which does"),
        (
            {"controls__audit": {"status": "INCONCLUSIVE", "reason": "fewer_than_20_molecules"}},
            "not shown",
            "whether the audit works on this library could not be tested (audit.control_sample",
        ),
        (
            {"metrics__scores_coverage__decoys_scored": 0, "metrics__scores_coverage__decoys_missing": 44},
            "not shown",
            "decoys have no scores (44 missing); score missing_decoy_scores.csv (decoy_smiles) with the same",
        ),
    ],
)
def test_the_diagnosis_is_told_in_plain_words(small_evidence, options, answered, because):
    result = diagnosed(small_evidence, **options)
    assert (result.answer, because in result.because) == (answered, True), result
    assert result.sentence().startswith(f"Does it tell molecules from their isomers? {answered.capitalize()}: ")


@pytest.mark.parametrize(
    ("signal", "passed", "verdict", "words"),
    [
        (0, 12, "RESOLVES_STRUCTURE", ["It tells molecules from their isomers, yet no single molecule"]),
        (0, 90, "NOT_ASSESSABLE", ["90 molecules score above all their decoys, 10 by chance, yet none"]),
        (7, 90, "NOT_SHOWN", ["7 molecules stand out from isomers, yet it is not shown"]),
        (7, 90, "RESOLVES_STRUCTURE", []),
    ],
)
def test_findings_that_seem_to_contradict_each_other_are_explained(small_evidence, signal, passed, verdict, words):
    odd = changed(
        small_evidence,
        metrics__call_counts__SIGNAL=signal,
        metrics__verdict_counts__PASS=passed,
        metrics__pass_expected_by_chance=10.0,
        controls__inference__verdict=verdict,
    )
    explained = list(isomers.contradictions(odd))
    assert len(explained) == len(words)
    assert all(text.startswith(begin) for text, begin in zip(explained, words, strict=True))
