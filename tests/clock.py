"""A clock that tests move by hand, in place of the runtime's: nothing has to sleep."""

from __future__ import annotations

from typing import Any

from aquavit.core import loops, preemption
from tests.support import settled

__all__ = ["VirtualClock"]


class VirtualClock:
    """Stands still until `advance` moves it; timers that are due then fire in order.

    No process is taken off the core: by this clock its turn would never come while others,
    as one in `settled`, are ready.
    """

    def __init__(self) -> None:
        self.runtime: Any = loops.the_runtime("VirtualClock")
        self.now = float(self.runtime.clock())
        self.runtime.clock = self
        preemption.stop(self.runtime)

    def __call__(self) -> float:
        return self.now

    async def advance(self, seconds: float) -> None:
        """Let time pass; return when all that follows from it is over."""
        until = self.now + seconds
        await settled()
        while (timer := self.runtime.timers.earliest()) is not None and timer.deadline <= until:
            self.now = max(self.now, timer.deadline)
            self.runtime.ring()
            await settled()
        self.now = until
