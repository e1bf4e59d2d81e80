"""Everything in a pack that verification speaks of, in the order of checking."""

from __future__ import annotations

from hetero2.pack.verification.audit_evidence.subjects import AUDIT_EVIDENCE
from hetero2.pack.verification.contracts.overview import FORM
from hetero2.pack.verification.decision.subjects import DECISION
from hetero2.pack.verification.described.descriptions import DESCRIBED
from hetero2.pack.verification.presentation.subjects import PRESENTATION
from hetero2.pack.verification.provenance.configuration import CONFIGURATION
from hetero2.pack.verification.provenance.environment import ENVIRONMENT_FACTS
from hetero2.pack.verification.provenance.manifest_facts import MANIFEST_FACTS
from hetero2.pack.verification.recompute.calls import CALLS
from hetero2.pack.verification.recompute.candidates import CANDIDATE_LIST
from hetero2.pack.verification.recompute.decoy_rows import DECOY_ROWS
from hetero2.pack.verification.recompute.leakage import LEAKS
from hetero2.pack.verification.recompute.metrics_figures import METRICS_FIGURES
from hetero2.pack.verification.recompute.scores_used import SCORES_USED
from hetero2.pack.verification.recompute.summary_rows import SUMMARY_ROWS

SUBJECTS = (
    *FORM,
    *CONFIGURATION,
    *MANIFEST_FACTS,
    *ENVIRONMENT_FACTS,
    *SCORES_USED,
    *SUMMARY_ROWS,
    *CALLS,
    *METRICS_FIGURES,
    *CANDIDATE_LIST,
    *DECOY_ROWS,
    *LEAKS,
    *DECISION,
    *AUDIT_EVIDENCE,
    *PRESENTATION,
    *DESCRIBED,
)
