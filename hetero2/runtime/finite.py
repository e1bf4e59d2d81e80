"""The type of an option that is a number: apart from the other types, which need no tables."""

import argparse
import math

from hetero2.io.tables import number


def finite(text: str) -> float:
    """A finite number."""
    value = number(text)
    if math.isnan(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a finite number")
    return value
