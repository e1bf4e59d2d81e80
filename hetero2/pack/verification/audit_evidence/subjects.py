"""What is checked of the evidence about audit, controls, decoys and score."""

from __future__ import annotations

from hetero2.pack.verification.arithmetic.molecules import molecules_of
from hetero2.pack.verification.audit_evidence.controls import controls_problems
from hetero2.pack.verification.audit_evidence.decoys import quality_problems
from hetero2.pack.verification.audit_evidence.hardness import hardness_of, hardness_problems, library_problems
from hetero2.pack.verification.audit_evidence.trust import diagnosis_problems
from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.layout import CONTROLS, DECOY_QUALITY, DIAGNOSIS, HARDNESS_CURVE, MANIFEST, SUMMARY
from hetero2.pack.verification.problems import Problems
from hetero2.pack.verification.recompute.subject import CONSISTENT, RECOMPUTED, Subject


def check_hardness(evidence: Evidence, problems: Problems) -> None:
    """The line over all decoys from the summary; the bins as far as they are arithmetic."""
    problems.add_all(hardness_problems(hardness_of(evidence), molecules_of(evidence)))


def check_library(evidence: Evidence, problems: Problems) -> None:
    """Calls, mean AUC and interpretation of the library."""
    library = evidence.json(CONTROLS)["library"]
    problems.add_all(library_problems(library, hardness_of(evidence), molecules_of(evidence), evidence.config))


def check_controls(evidence: Evidence, problems: Problems) -> None:
    """Status, verdicts, p values and explanation, from the numbers of the controls and the refits."""
    problems.add_all(controls_problems(evidence.json(CONTROLS), evidence.config))


def check_quality(evidence: Evidence, problems: Problems) -> None:
    """Counts, coverage, targets, shares and intervals of the decoys."""
    quality = evidence.json(DECOY_QUALITY)
    problems.add_all(quality_problems(quality, hardness_of(evidence), molecules_of(evidence), evidence.config))


def check_diagnosis(evidence: Evidence, problems: Problems) -> None:
    """Labels, sign, the score's own ranking, heavy atoms beside it, and the answer."""
    problems.add_all(diagnosis_problems(evidence.json(DIAGNOSIS), molecules_of(evidence), evidence.config))


_SUMMARISED = (SUMMARY, MANIFEST)
AUDIT_EVIDENCE = (
    Subject(
        f"{HARDNESS_CURVE}: the line over all decoys, with its interval",
        RECOMPUTED,
        SUMMARY,
        (*_SUMMARISED, HARDNESS_CURVE),
        check_hardness,
    ),
    Subject(
        f"{HARDNESS_CURVE}: bins by similarity",
        CONSISTENT,
        "the similarity of every decoy is not in the pack; intervals lie around their AUC, counts within those of all",
    ),
    Subject(
        f"{CONTROLS}: library",
        RECOMPUTED,
        f"{SUMMARY} and {HARDNESS_CURVE}; mean_z and dispersion_z only as far as ties allow",
        (*_SUMMARISED, CONTROLS),
        check_library,
    ),
    Subject(
        f"{CONTROLS}: audit, inference, planted, negative",
        CONSISTENT,
        "status, verdict, p values and explanation follow from the z of controls and refits, which are stated",
        (MANIFEST, CONTROLS),
        check_controls,
    ),
    Subject(
        f"{DECOY_QUALITY}: counts, coverage, targets, shares, intervals",
        CONSISTENT,
        f"counts from {SUMMARY} and {HARDNESS_CURVE}; the measures are stated, what is judged follows from them",
        (*_SUMMARISED, DECOY_QUALITY),
        check_quality,
    ),
    Subject(
        f"{DIAGNOSIS}: labels, sign, ranking, heavy_atoms, answer, codes",
        RECOMPUTED,
        f"{SUMMARY} and truth.csv; logP and fitted competitors are stated",
        (*_SUMMARISED, DIAGNOSIS),
        check_diagnosis,
    ),
)
