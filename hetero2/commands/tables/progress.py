"""Progress bars: in notebooks and on terminals; where nobody watches, nothing is printed."""

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def _is_watched() -> bool:
    return "ipykernel" in sys.modules or (sys.stderr is not None and sys.stderr.isatty())


def bar(items: Iterable[T], total: int, what: str, size: Callable[[T], int] = lambda _: 1) -> Iterator[T]:
    """Yield the items; meanwhile a bar says how many of `total` there were, where an item counts for `size`."""
    from tqdm.auto import tqdm

    with tqdm(total=total, desc=what, disable=not _is_watched()) as shown:
        for item in items:
            yield item
            shown.update(size(item))
