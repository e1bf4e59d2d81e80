"""`python -m tools.release`: what publishes this repository; not shipped to users."""

import sys

from hetero2 import cli

VERBS = {
    "release": ("tools.release.verb", "plan, build, publish and record a release"),
    "registry": ("tools.release.registry_verb", "add to, check, render and show what was built and published"),
    "milestones": ("tools.release.milestones_verb", "say how far each milestone is, by the registry"),
}


def main(argv: list[str] | None = None) -> int:
    """Run one verb; the exit codes are those of hetero2."""
    return cli.main(argv, VERBS, "python -m tools.release")


if __name__ == "__main__":
    sys.exit(main())
