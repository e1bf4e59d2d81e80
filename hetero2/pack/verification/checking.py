"""All checks of a pack, in order."""

from __future__ import annotations

from pathlib import Path

from hetero2.pack.verification.container.folders import open_pack
from hetero2.pack.verification.container.pack import Pack
from hetero2.pack.verification.contracts.identity import check_identity, check_provenance
from hetero2.pack.verification.contracts.lists import check_files
from hetero2.pack.verification.contracts.required import check_required
from hetero2.pack.verification.contracts.schema_sets import check_schema_set
from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.form.json_text import parse_json
from hetero2.pack.verification.form.schema_check import check_schemas
from hetero2.pack.verification.form.table_form import check_tables
from hetero2.pack.verification.layout import MANIFEST, SCHEMAS
from hetero2.pack.verification.problems import MAX_PROBLEMS, Problem, Problems, TooManyProblemsError
from hetero2.pack.verification.recompute.registry import SUBJECTS
from hetero2.pack.verification.recompute.subject import check_subjects


def _is_of_a_campaign(manifest: object) -> bool:
    """Whether a manifest says that its pack is of another kind, with other files and a check of its own."""
    return isinstance(manifest, dict) and str(manifest.get("manifest_schema")).startswith("campaign_manifest.")


def _check(pack: Pack, problems: Problems, quick: bool) -> None:
    try:
        parsed = {name: parse_json(pack, name, problems) for name in SCHEMAS}
        if _is_of_a_campaign(parsed[MANIFEST]):
            problems.clear()
            problems.add(f"{MANIFEST}: this is the pack of a campaign, not of a run: use hetero2 campaign verify")
            return
        check_required(pack, parsed, problems)
        digests = check_files(pack, parsed[MANIFEST], problems)
        check_schema_set(digests, problems)
        out_of_form = check_schemas(pack, parsed, problems) | check_tables(pack, problems)
        check_identity(parsed[MANIFEST], digests, problems)
        check_provenance(parsed[MANIFEST], digests, problems)
        if quick:
            return
        check_subjects(SUBJECTS, Evidence(pack, parsed, digests, out_of_form), problems)
    except TooManyProblemsError:
        raise
    except Exception as error:  # a pack can be crafted to break a reader: that counts as a problem of the pack
        problems.add(f"the check could not be completed: {type(error).__name__}: {error}")


def verify(path: Path, max_unpacked: int | None = None, quick: bool = False) -> list[Problem]:
    """All problems of a pack, none if it is in order; raises FileNotFoundError if there is no pack at `path`.

    `max_unpacked` is the number of bytes it may unpack to; None means a limit in proportion to its size on disk.
    `quick`: digests and form alone, nothing is computed again.
    """
    problems = Problems()
    try:
        pack = open_pack(path, problems, max_unpacked)
        if pack is not None:
            _check(pack, problems, quick)
    except TooManyProblemsError:
        problems.append(Problem(f"{path.name}: more than {MAX_PROBLEMS} problems: the rest was not checked"))
    return problems
