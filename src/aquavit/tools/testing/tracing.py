"""What a process sends, gets and does, as a list that grows while a test looks on.

A runtime of a test is one of these classes from the beginning: at first one that does
nothing of its own. While anybody traces, it is the other.

Elixir: trace/3 of ExUnit, :erlang.trace/3.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aquavit.core import loops
from aquavit.core.exits import brief
from aquavit.core.ids import Pid
from aquavit.core.process import current
from aquavit.core.runtime import Runtime
from aquavit.core.simulated import SimulatedRuntime

__all__ = ["Event", "TracedRuntime", "trace"]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a traced process did or met.

    `kind` is "send", "receive" (a message is in its mailbox), "spawn", "exit_signal" (one
    reached it) or "exit" (it ended). `other` is the Pid of the other process, None where
    there is none; `value` is the message, or the exit reason.

    Elixir: {:trace, pid, kind, ...}.
    """

    pid: Pid[Any]
    kind: str
    other: Pid[Any] | None
    value: object

    def __repr__(self) -> str:
        parts = [repr(self.pid), self.kind]
        if self.other is not None:
            parts.append(repr(self.other))
        return f"<{' '.join(parts)}: {brief(self.value)}>"


class TracedRuntime(Runtime):
    """A runtime that can be traced; nobody does."""

    tracers: list[tuple[Pid[Any], list[Event]]]


class _Traced(TracedRuntime):
    """The same while somebody traces."""

    def _tell(self, whose: Any, kind: str, other: Any, value: object) -> None:
        for pid, events in self.tracers:
            if whose is not None and whose.pid == pid:
                events.append(Event(pid, kind, None if other is None else other.pid, value))

    def deliver(self, p: Any, value: Any) -> Any:
        """Write down who sends what to whom."""
        self._tell(current(), "send", p, value)
        self._tell(p, "receive", current(), value)
        return super().deliver(p, value)

    def spawn(self, parent: Any, fn: Any, args: Any) -> Any:
        """Write down whom the traced process starts."""
        made = super().spawn(parent, fn, args)
        self._tell(parent, "spawn", made, fn)
        return made

    def signal_exit(self, p: Any, sender: Any, reason: Any, from_link: bool) -> Any:
        """Write down the exit signals that reach the traced process."""
        other = sender.process if isinstance(sender, Pid) else None
        self._tell(p, "exit_signal", other, reason)
        return super().signal_exit(p, sender, reason, from_link)

    def bury(self, p: Any, reason: Any) -> Any:
        """Write down how the traced process ended."""
        self._tell(p, "exit", None, reason)
        return super().bury(p, reason)


@contextlib.contextmanager
def trace(pid: Pid[Any]) -> Iterator[list[Event]]:
    """Write down what `pid` sends, gets and does inside the `with` block.

    Args:
        pid: the process.

    Returns:
        A list of `Event`, which grows until the block ends.

    Raises:
        RuntimeError: the runtime is not that of a test (`process_test`, pytest's marker).
        TypeError: `pid` is no Pid.

    Example:
        >>> async def body():
        ...     pid = spawn(lambda: receive())
        ...     with trace(pid) as events:
        ...         send(pid, "hello")
        ...         await settled()
        ...     print([(event.kind, event.value) for event in events])
        >>> process_test(body)()
        [('receive', 'hello'), ('exit', 'normal')]

    Elixir: trace/3 of ExUnit.
    """
    if not isinstance(pid, Pid):
        raise TypeError(f"trace: expected a Pid, got {brief(pid)}\nwhereis(name) finds one by name")
    runtime: Any = loops.the_runtime("trace")
    if isinstance(runtime, SimulatedRuntime):
        raise RuntimeError(
            "trace: expected the runtime of a test, got a simulation, which traces all\n"
            "simulate(main).trace, or the trace of a SimulationFailure, shows what happened"
        )
    if not isinstance(runtime, TracedRuntime):
        raise RuntimeError(
            "trace: expected the runtime of a test, got that of an ordinary program\n"
            "run the test with process_test, or mark it with @pytest.mark.process"
        )
    entry: tuple[Pid[Any], list[Event]] = (pid, [])
    if not hasattr(runtime, "tracers"):
        runtime.tracers = []
    runtime.tracers.append(entry)
    runtime.__class__ = _Traced
    try:
        yield entry[1]
    finally:
        runtime.tracers = [each for each in runtime.tracers if each is not entry]
        if not runtime.tracers:
            runtime.__class__ = TracedRuntime
