"""`python -m tools.release VERB`: publishes this repository; not shipped to users."""

import sys

from hetero2 import cli

VERBS = {
    "plan": ("tools.release.commands.plan", "say what a tag builds, or why it cannot be released"),
    "build": ("tools.release.commands.build", "build a release twice, check its gates, write release/<tag>/"),
    "contexts": ("tools.release.commands.contexts", "say whether CI was green on a commit: exit code 0 or 1"),
    "publish": ("tools.release.commands.publish", "upload what was built and compare what can be downloaded"),
    "register": ("tools.release.commands.register", "open the pull request for the registry and wait for its CI"),
    "record": ("tools.release.commands.record", "once that was merged: the same for the lineage"),
    "pins": ("tools.release.commands.pins", "open the pull request for the conda pins and wait for its CI"),
    "registry": ("tools.release.commands.registry", "check, add to, render and show registry and lineage"),
    "milestones": ("tools.release.commands.milestones", "say how far each milestone is, according to the registry"),
}


def main(argv: list[str] | None = None) -> int:
    """Run one verb; the exit codes are those of hetero2."""
    return cli.main(argv, VERBS, "python -m tools.release")


if __name__ == "__main__":
    sys.exit(main())
