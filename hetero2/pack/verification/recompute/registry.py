"""Everything in a pack that verification speaks of, in the order of checking."""

from __future__ import annotations

from hetero2.pack.verification.audit_evidence.subjects import AUDIT_EVIDENCE
from hetero2.pack.verification.decision.subjects import DECISION
from hetero2.pack.verification.recompute.counts import COUNTS

SUBJECTS = (*COUNTS, *DECISION, *AUDIT_EVIDENCE)
