"""When a child that keeps crashing is started again.

Elixir: none; libraries of its own do this around a supervisor.
"""

from __future__ import annotations

import random
import sys

from aquavit.core.exits import brief
from aquavit.core.records import record

__all__ = ["Backoff"]


@record
class Backoff:
    """Restart at once, and from the second restart on wait longer each time.

    The waits are `first`, then twice as long each time, up to `limit`; each is shortened
    by a random part of at most `jitter`, so that many do not come back at once. A child
    that has run for `limit` seconds begins anew. Each restart counts in the supervisor's
    intensity when it takes place.

    Args:
        first: seconds before the second restart in a row.
        limit: the longest wait in seconds.
        jitter: how much of a wait is random, from 0 to 1.

    Raises:
        TypeError, ValueError: one of them is no number, or out of range.

    Example:
        >>> backoff = Backoff(first=0.5, limit=3.0, jitter=0)
        >>> [backoff.delay(restarts) for restarts in range(5)]
        [0.0, 0.5, 1.0, 2.0, 3.0]

    Elixir: none.
    """

    first: float = 0.1
    limit: float = 30.0
    jitter: float = 0.5

    def __post_init__(self) -> None:
        for name in ("first", "limit", "jitter"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise TypeError(f"Backoff: expected {name} to be a number, got {value!r}")
        # A timer wants a float that ends; an int may be larger than all of them.
        if not 0 < self.first <= self.limit <= sys.float_info.max:
            raise ValueError(
                "Backoff: expected 0 < first <= limit, some years at most, got"
                f" first={brief(self.first)} and limit={brief(self.limit)}"
            )
        if not 0 <= self.jitter <= 1:
            raise ValueError(f"Backoff: expected a jitter from 0 to 1, got {self.jitter!r}")

    def delay(self, restarts: int) -> float:
        """Return the seconds to wait after so many restarts in a row."""
        if restarts == 0:
            return 0.0
        # Beyond 2 ** 64 any first wait has reached any limit; a float would overflow.
        longest = min(self.limit, self.first * 2.0 ** min(restarts - 1, 64))
        return longest * (1 - self.jitter * random.random())
