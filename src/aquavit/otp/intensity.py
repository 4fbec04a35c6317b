"""How many restarts a supervisor allows within how many seconds.

Erlang: supervisor:add_restart/1.
"""

from __future__ import annotations

from collections import deque

__all__ = ["Intensity"]


class Intensity:
    """Counts restarts in a window that slides: the last `max_seconds` seconds.

    Example:
        >>> intensity = Intensity(max_restarts=2, max_seconds=5.0)
        >>> [intensity.allows(now) for now in (0.0, 1.0, 2.0, 7.0)]
        [True, True, False, True]
    """

    __slots__ = ("max_restarts", "max_seconds", "times")

    def __init__(self, max_restarts: int, max_seconds: float) -> None:
        self.max_restarts = max_restarts
        self.max_seconds = max_seconds
        #: When the restarts in the window took place, oldest first.
        self.times: deque[float] = deque()

    def allows(self, now: float) -> bool:
        """Count a restart at `now`, in seconds; tell whether it is within the limit."""
        self.forget(now)
        if len(self.times) >= self.max_restarts:
            return False
        self.times.append(now)
        return True

    def within(self, now: float) -> int:
        """Return how many restarts lie in the window that ends at `now`."""
        self.forget(now)
        return len(self.times)

    def forget(self, now: float) -> None:
        """Drop what lies before the window; one exactly `max_seconds` old is in it."""
        times = self.times
        while times and now - times[0] > self.max_seconds:
            times.popleft()
