"""What is checked of files as such, before anything is computed again from them."""

from __future__ import annotations

from hetero2.pack.verification.layout import CHECKSUMS, LOCK, MANIFEST, SNAKEFILE
from hetero2.pack.verification.recompute.subject import CONSISTENT, DIGEST_ONLY, RECOMPUTED, Subject

FORM = (
    Subject("zip: every byte outside the contents of files", RECOMPUTED, "names, sizes, CRC and offsets"),
    Subject(
        f"{MANIFEST}: files, payload_sha256, run_id; {CHECKSUMS}", RECOMPUTED, "every file, and the manifest itself"
    ),
    Subject("which files there are", RECOMPUTED, "version (its schemas), configuration, truth, Snakefile"),
    Subject("workflow/schemas/", RECOMPUTED, "known digest of the schemas of every version, all together"),
    Subject("JSON and tables: form, types, ranges, columns", CONSISTENT, "workflow/schemas/"),
    Subject(
        f"{SNAKEFILE}, workflow/rules/, workflow/envs/, {LOCK}",
        DIGEST_ONLY,
        "they are what made the pack; which rules there are follows from the Snakefile",
    ),
    Subject("molecules/", DIGEST_ONLY, "pages of molecules; which there are follows from summary.csv"),
)
