"""Everything in a pack that verification speaks of, in the order of checking."""

from __future__ import annotations

from hetero2.pack.verification.audit_evidence.subjects import AUDIT_EVIDENCE
from hetero2.pack.verification.decision.subjects import DECISION
from hetero2.pack.verification.presentation.subjects import PRESENTATION
from hetero2.pack.verification.recompute.metrics_figures import METRICS_FIGURES
from hetero2.pack.verification.recompute.summary_rows import SUMMARY_ROWS

SUBJECTS = (*SUMMARY_ROWS, *METRICS_FIGURES, *DECISION, *AUDIT_EVIDENCE, *PRESENTATION)
