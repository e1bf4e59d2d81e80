"""The program `hetero2`, also as `python -m hetero2`."""

import signal
import sys

from hetero2.cli import main


def run() -> int:
    """Run the command line; its exit code. SIGTERM lets it remove what it has begun, as Ctrl-C does."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return main()


if __name__ == "__main__":
    sys.exit(run())
