"""The program `hetero2`, also as `python -m hetero2`."""

import gc
import signal
import sys

from hetero2.cli import main
from hetero2.commands.verbs import GROUPS, INSIDE

_OBJECTS_BETWEEN_COLLECTIONS = 100_000  # 700 by default, for programs that run long
_MAKE_NO_GARBAGE = (*GROUPS[INSIDE], "verify", "accept")


def run() -> int:
    """Run the command line; its exit code. SIGTERM lets it remove what it has begun, as Ctrl-C does.

    A stage lasts seconds, most of them imports: a tenth of these is garbage collection that finds none, and the end of
    the process takes as long again if it looks through all that was imported. Packs are read for minutes, but what is
    read has no cycles either.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if sys.argv[1:2] and sys.argv[1] in _MAKE_NO_GARBAGE:
        gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    try:
        return main()
    finally:
        gc.freeze()


if __name__ == "__main__":
    sys.exit(run())
