"""Testing processes: assertions about messages, supervised children, a simulator.

With pytest, mark an `async def` test with `@pytest.mark.process`, or set `aquavit_mode = auto`.
With anything else use `process_test`.

Elixir: ExUnit.
"""

from aquavit.tools.testing.assertions import (
    assert_receive,
    assert_received,
    refute_receive,
    refute_received,
)
from aquavit.tools.testing.leaks import Leak, check_leaks
from aquavit.tools.testing.logs import CapturedLog, capture_log
from aquavit.tools.testing.process_tests import TestExit, TestTimeout, process_test
from aquavit.tools.testing.sequence import Trace
from aquavit.tools.testing.settling import eventually, settled
from aquavit.tools.testing.simulated_loop import SimulationError
from aquavit.tools.testing.simulator import (
    Exploration,
    Simulation,
    SimulationFailure,
    explore,
    simulate,
)
from aquavit.tools.testing.supervised import (
    start_link_supervised,
    start_supervised,
    stop_supervised,
)
from aquavit.tools.testing.tracing import Event, trace
from aquavit.tools.testing.world import Deadlock, Faults, InjectedCrash, Livelock

__all__ = [
    "CapturedLog",
    "Deadlock",
    "Event",
    "Exploration",
    "Faults",
    "InjectedCrash",
    "Leak",
    "Livelock",
    "Simulation",
    "SimulationError",
    "SimulationFailure",
    "TestExit",
    "TestTimeout",
    "Trace",
    "assert_receive",
    "assert_received",
    "capture_log",
    "check_leaks",
    "eventually",
    "explore",
    "process_test",
    "refute_receive",
    "refute_received",
    "settled",
    "simulate",
    "start_link_supervised",
    "start_supervised",
    "stop_supervised",
    "trace",
]
