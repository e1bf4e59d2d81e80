"""The program `hetero2`, also as `python -m hetero2`."""

import gc
import signal
import sys

from hetero2.cli import main

_FEW_LOOKS = 100_000  # new objects between two looks for garbage: 700 by default, for programs that run long


def run() -> int:
    """Run the command line; its exit code. SIGTERM lets it remove what it has begun, as Ctrl-C does.

    A stage lasts seconds, most of them imports: a tenth of these is looking for garbage where there is none, and the
    end of the process takes as long again if it looks through all that was imported.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    gc.set_threshold(_FEW_LOOKS)
    try:
        return main()
    finally:
        gc.freeze()


if __name__ == "__main__":
    sys.exit(run())
