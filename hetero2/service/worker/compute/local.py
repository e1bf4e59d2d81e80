"""An attempt that computes on this host, in a sandbox where there is one."""

from collections.abc import Mapping
from pathlib import Path

from hetero2.service.worker import sandbox
from hetero2.service.worker.limits import Limits


class Local:
    """Commands of an attempt as processes of this host."""

    def __init__(self, folder: Path, cores: int) -> None:
        """folder: of the run; cores: for one command."""
        self._folder, self._cores = folder, cores

    @property
    def isolation(self) -> str:
        """What separates the run from this system."""
        return sandbox.isolation()

    def start(self) -> None:
        """Make the folder, with all that was brought in, the run's own."""
        sandbox.hand_over(self._folder)

    def command(
        self, words: list[str], limits: Limits, environment: Mapping[str, str], cache: Path | None
    ) -> list[str]:
        """The command line for `hetero2` and these words, to be given to `process.run`."""
        argv = ["python", "-m", "hetero2", *words]
        if words[0] in ("run", "demo"):
            argv.append(f"--cores={self._cores}")
        return sandbox.command(self._folder, argv, limits, environment, cache)

    def end(self) -> None:
        """Nothing is left to end: `process.run` leaves no process."""

    def why_unusable(self) -> str:
        """This host can compute."""
        return ""
