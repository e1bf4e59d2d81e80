"""A process whose runs are trivial: all of the service is as it is, but what the sandbox runs is one line of a shell.

`python -m tests.service.trivial COMMAND ARGUMENT..` is `hetero2 ARGUMENT..` so, with the given command.
"""

import sys
from pathlib import Path

from hetero2.service.worker import numba_cache, sandbox
from hetero2.service.worker.limits import Limits

QUICK = "sleep 0.2; echo ranked > results/small/ranked.csv"
_real = sandbox.command


def install(line: str = QUICK) -> None:
    """From now on, in this process; and no cache is filled, which a shell has no use for."""

    def command(folder: Path, argv: list[str], limits: Limits, environment: dict[str, str], _: object) -> list[str]:
        assert argv[:3] == ["python", "-m", "hetero2"]
        return _real(folder, ["sh", "-c", line], limits, environment)

    sandbox.command = command  # type: ignore[assignment]
    numba_cache.warm = lambda parent: parent / "none"  # type: ignore[assignment]


if __name__ == "__main__":
    from hetero2.cli import main

    install(sys.argv[1])
    sys.exit(main(sys.argv[2:]))
