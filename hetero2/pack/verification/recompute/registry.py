"""Everything in a pack that verification speaks of, in the order of checking."""

from __future__ import annotations

from hetero2.pack.verification.described.descriptions import DESCRIBED
from hetero2.pack.verification.recompute.counts import COUNTS
from hetero2.pack.verification.recompute.lift import LIFT

SUBJECTS = (*COUNTS, *LIFT, *DESCRIBED)
