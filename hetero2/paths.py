"""Folders and files of the project that code reads."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "schemas"
CONFIG = ROOT / "config"
LOCK = ROOT / "requirements.lock"
