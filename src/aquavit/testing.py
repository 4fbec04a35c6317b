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
from aquavit.tools.testing.settling import eventually, settled
from aquavit.tools.testing.supervised import (
    start_link_supervised,
    start_supervised,
    stop_supervised,
)
from aquavit.tools.testing.tracing import Event, trace

__all__ = [
    "CapturedLog",
    "Event",
    "Leak",
    "TestExit",
    "TestTimeout",
    "assert_receive",
    "assert_received",
    "capture_log",
    "check_leaks",
    "eventually",
    "process_test",
    "refute_receive",
    "refute_received",
    "settled",
    "start_link_supervised",
    "start_supervised",
    "stop_supervised",
    "trace",
]
