"""At least, less than, exactly: as Korean and English rule sets write them. Pure."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping

COMPARISONS: Mapping[str, Callable[[int, int], bool]] = {
    **dict.fromkeys(("at least", "최소", "최소한", "적어도", "이상"), operator.ge),
    **dict.fromkeys(("less than", "미만", "보다 적게"), operator.lt),
    **dict.fromkeys(("at most", "최대", "최대한", "이하", "많아야"), operator.le),
    **dict.fromkeys(("more than", "초과", "보다 많이"), operator.gt),
    **dict.fromkeys(("exactly", "정확히", "꼭", "딱"), operator.eq),
}


def holds(count: int, relation: str, bound: int) -> bool:
    """Whether a count stands in the relation to the bound. ValueError for a relation that is not in COMPARISONS."""
    try:
        return COMPARISONS[relation.strip().lower()](count, bound)
    except KeyError as error:
        raise ValueError(f"unknown relation {relation!r}; known: {', '.join(COMPARISONS)}") from error
