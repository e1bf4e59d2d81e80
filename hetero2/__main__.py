"""Runs the command line: `python -m hetero2`."""

import signal
import sys

from hetero2.cli import main

signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that a job that is ended removes what it has begun
sys.exit(main())
