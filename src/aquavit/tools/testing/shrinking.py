"""Making a failing schedule small: the fewest switches that still fail.

Zeller's delta debugging over the decisions that are not the first move.
"""

from __future__ import annotations

from collections.abc import Callable

from aquavit.tools.testing.schedules import Schedule

__all__ = ["shrink"]

#: Runs that shrinking may take.
_MOST_RUNS = 3000


def shrink(schedule: Schedule, fails: Callable[[Schedule], Schedule | None]) -> Schedule:
    """Return a schedule from which nothing can be left out.

    Args:
        schedule: one that fails.
        fails: runs a schedule; returns what it really decided if it fails in the same
            way, else None.

    Example:
        >>> def fails(schedule):
        ...     return schedule if {3, 7} <= set(schedule) else None
        >>> shrink({number: 1 for number in range(20)}, fails)
        {3: 1, 7: 1}
    """
    left = _MOST_RUNS
    best = schedule
    size = max(1, len(best))
    while left > 0 and best:
        places = sorted(best)
        shorter = None
        for start in range(0, len(places), size):
            dropped = set(places[start : start + size])
            left -= 1
            shorter = fails({place: move for place, move in best.items() if place not in dropped})
            if shorter is not None and len(shorter) < len(best):
                break
            shorter = None
        if shorter is not None:
            best = shorter
            size = max(1, min(size, len(best)))
        elif size == 1:
            return best
        else:
            size = max(1, size // 2)
    return best
