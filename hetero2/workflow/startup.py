"""How a call of Snakemake starts: the plan, or one clear error, and what stands before every command."""

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hetero2 import paths
from hetero2.config.load import load_layer
from hetero2.errors import ConfigError, HeteroError
from hetero2.workflow import results_lock
from hetero2.workflow.plan import Plan
from hetero2.workflow.targets import VARIABLE, requested

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def plan_or_exit(user: Mapping[str, Any], workflow: Any) -> Plan:
    """The plan, or one clear message and the end, before any job. The files were merged by Snakemake; they are read
    again since it does not mind a key that occurs twice. A job on a node evaluates the Snakefile too: nothing that the
    call which submitted it has checked is read again there."""
    try:
        for path in workflow.configfiles:
            load_layer(Path(path))
        asked = requested(sys.argv, os.environ)
        os.environ[VARIABLE] = ",".join(asked)
        plan = Plan(user, asked)
        plan.contents.is_checked = not workflow.is_main_process
        if workflow.is_main_process:
            plan.check(needs_scores="score_requests" not in sys.argv)
            print("".join(f"{line}\n" for line in plan.baseline_sign()), end="", file=sys.stderr)
    except HeteroError as error:
        message, code = str(error), error.exit_code
    except OSError as error:
        told = f"{error.filename}: {error.strerror}" if error.filename is not None else str(error)
        message, code = f"configuration: {told}", ConfigError.exit_code
    else:
        results_lock.mark(plan.results)
        return plan
    print(f"error: {message}", file=sys.stderr)
    sys.exit(code)


def shell_prefix(workflow: Any) -> str:
    """What stands before every command: this checkout's package, one thread, this interpreter unless conda is used."""
    words = [f'export PYTHONPATH={shlex.quote(str(paths.ROOT))}"${{PYTHONPATH:+:$PYTHONPATH}}";']
    words += [f'export {name}="${{{name}:-1}}";' for name in _THREAD_VARIABLES]
    if not workflow.deployment_settings.deployment_method:
        words.append(f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH";')
    text = "set -euo pipefail; " + " ".join(words) + " "
    return text.replace("{", "{{").replace("}", "}}")  # Snakemake fills in what stands in single braces
