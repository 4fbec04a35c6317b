"""Small programs with what must hold of them under every schedule that Elixir allows.

Each is an `async def` that the simulator runs; its assertions are the invariants. Those
in SMALL have few enough schedules to run them all.
"""

from tests.reliability.scenarios import behaviours, ends, messages, tasks
from tests.reliability.scenarios.invariants import ALL, SMALL, Scenario

__all__ = ["ALL", "SMALL", "Scenario", "behaviours", "ends", "messages", "tasks"]
