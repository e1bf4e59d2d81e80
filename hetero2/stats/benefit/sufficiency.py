"""When there are enough hits to say anything of hits: one rule for every library, whatever the method."""

from collections.abc import Iterable

MIN_HITS = 10  # hits, and as many others, among the molecules with score and truth
MIN_K = 10  # molecules bought
MIN_BOUGHT = 5  # hits, bought by one of the ways compared or expected by chance


def too_few_labels(n_hits: int, n_others: int) -> str | None:
    """Why nothing can be said of how a score ranks hits, or None.

    >>> too_few_labels(9, 500), too_few_labels(10, 10)
    ('fewer_than_10_hits', None)
    """
    if n_hits < MIN_HITS:
        return f"fewer_than_{MIN_HITS}_hits"
    return f"fewer_than_{MIN_HITS}_non_hits" if n_others < MIN_HITS else None


def insufficient(n_hits: int, n_others: int, k: int, bought: Iterable[float]) -> str | None:
    """Why nothing can be said of hits among K, or None; `bought`: hits by each way of choosing, and by chance.

    Below these bounds an interval means nothing: with fewer than 5 hits in every list a single hit decides, below
    K = 10 one hit is more than 10 points of the hit rate, and a K that takes all leaves no choice.
    """
    few = too_few_labels(n_hits, n_others)
    if few is not None:
        return few
    if k < MIN_K:
        return f"k_below_{MIN_K}"
    if k >= n_hits + n_others:
        return "k_is_the_whole_library"
    return f"fewer_than_{MIN_BOUGHT}_hits_bought" if max(bought, default=0.0) < MIN_BOUGHT else None
