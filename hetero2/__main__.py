"""`python -m hetero2 <verb>`."""

import sys

from hetero2.cli import main

sys.exit(main())
