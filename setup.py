"""Carries the workflow in the wheel, beside the package: what `hetero2/paths.py` calls WORKFLOW."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

CARRIED = ("Snakefile", "rules", "profiles", "config", "schemas", "envs", "requirements.lock")


class BuildWithWorkflow(build_py):
    """As usual, and the workflow."""

    def run(self) -> None:
        """Copy both to the folder that becomes the wheel."""
        super().run()
        if self.editable_mode:
            return  # then the checkout is used as it is
        target = Path(self.build_lib) / "hetero2" / "workflow_files"
        shutil.rmtree(target, ignore_errors=True)
        for name in CARRIED:
            source = Path(__file__).parent / name
            if source.is_dir():
                shutil.copytree(source, target / name)
            else:
                target.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target / name)


setup(cmdclass={"build_py": BuildWithWorkflow})
