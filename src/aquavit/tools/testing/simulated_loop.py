"""The event loop of a simulation: callbacks and timers, no input or output.

asyncio's futures, locks, queues, tasks and timeouts work on it. What would reach out of
the program raises `SimulationError`, which says what to put in its place.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from aquavit.core import timers

__all__ = ["SimulatedLoop", "SimulationError"]


class SimulationError(RuntimeError):
    """Raised when a simulated program does what cannot be simulated."""


#: What a program may ask of a loop, and what a test puts in its place.
_REFUSED = {
    "add_reader": "a file descriptor",
    "add_signal_handler": "a signal of the operating system",
    "add_writer": "a file descriptor",
    "connect_accepted_socket": "a socket",
    "connect_read_pipe": "a pipe",
    "connect_write_pipe": "a pipe",
    "create_connection": "a connection",
    "create_datagram_endpoint": "a socket",
    "create_server": "a server socket",
    "create_unix_connection": "a connection",
    "create_unix_server": "a server socket",
    "getaddrinfo": "a look-up of a host",
    "getnameinfo": "a look-up of a host",
    "run_in_executor": "a thread",
    "sendfile": "a file",
    "sock_accept": "a socket",
    "sock_connect": "a socket",
    "sock_recv": "a socket",
    "sock_recv_into": "a socket",
    "sock_recvfrom": "a socket",
    "sock_recvfrom_into": "a socket",
    "sock_sendall": "a socket",
    "sock_sendfile": "a socket",
    "sock_sendto": "a socket",
    "start_tls": "a connection",
    "subprocess_exec": "an operating system process",
    "subprocess_shell": "an operating system process",
}


class SimulatedLoop(asyncio.AbstractEventLoop):
    """The event loop of one simulation, see `aquavit.core.simulated`."""

    def __init__(self) -> None:
        self.callbacks: deque[asyncio.Handle] = deque()
        self.runtime: Any = None
        self.closed = False
        self.debug = False
        self.failure: BaseException | None = None

    # --- callbacks and timers

    def time(self) -> float:
        """Return the virtual time in seconds."""
        return self.runtime.virtual  # type: ignore[no-any-return]

    def call_soon(  # type: ignore[override]
        self, callback: Any, *args: Any, context: Any = None
    ) -> asyncio.Handle:
        """Call `callback(*args)` at one of the next moves."""
        handle = asyncio.Handle(callback, args, self, context)
        self.callbacks.append(handle)
        return handle

    def call_soon_threadsafe(  # type: ignore[override]
        self, callback: Any, *args: Any, context: Any = None
    ) -> asyncio.Handle:
        """Do as `call_soon`: a simulation has one thread."""
        return self.call_soon(callback, *args, context=context)

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Any, *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        """Call `callback(*args)` when `delay` seconds have passed."""
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self, when: float, callback: Any, *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        """Call `callback(*args)` at the virtual time `when`."""
        handle = _TimerHandle(when, callback, args, self, context)
        handle.ref = timers.new_timer(None, handle, None)
        self.runtime.set_timer_at(handle.ref, when)
        return handle

    def _timer_handle_cancelled(self, handle: Any) -> None:
        self.runtime.timers.remove(handle.ref)

    # --- futures and tasks

    def create_future(self) -> asyncio.Future[Any]:
        """Return a future of this loop."""
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, **options: Any) -> asyncio.Task[Any]:
        """Return a task of this loop; its steps are moves of their own."""
        return asyncio.Task(coro, loop=self, **options)

    # --- what a loop can tell

    def get_debug(self) -> bool:
        """Tell whether asyncio's debug mode is on: never."""
        return self.debug

    def set_debug(self, enabled: bool) -> None:
        """Ignore it: a simulation writes its own trace."""

    def is_running(self) -> bool:
        """Tell that it runs, until it is closed."""
        return not self.closed

    def is_closed(self) -> bool:
        """Tell whether the simulation is over."""
        return self.closed

    def close(self) -> None:
        """Forget what was to be called."""
        self.closed = True
        self.callbacks.clear()

    def fail(self, error: BaseException) -> None:
        """End the simulation with `error`, unless it has failed already."""
        if self.failure is None:
            self.failure = error
        self.runtime.over = True

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """End the simulation with what failed in a callback."""
        error = context.get("exception")
        self.fail(error or SimulationError(f"simulation: {context.get('message')}"))

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        """End the simulation with what failed in a callback."""
        self.call_exception_handler(context)

    def get_exception_handler(self) -> None:
        """Return None: there is no handler but the simulation's."""

    def set_exception_handler(self, handler: Callable[..., Any] | None) -> None:
        """Ignore it: failures in callbacks end the simulation."""

    def _asyncgen_firstiter_hook(self, generator: Any) -> None:
        """Asynchronous generators are closed with their processes."""


class _TimerHandle(asyncio.TimerHandle):
    """A timer of the loop, which is a timer of the runtime."""

    __slots__ = ("ref",)

    ref: Any


def _refusal(name: str, what: str) -> Any:
    def refuse(self: SimulatedLoop, *args: Any, **kwargs: Any) -> Any:
        error = SimulationError(
            f"simulation: expected no input or output, got loop.{name}, which needs {what}\n"
            f"put a process in its place that answers as {what} would, and give the code"
            f" under test its Pid"
        )
        self.fail(error)
        raise error

    refuse.__name__ = name
    refuse.__doc__ = f"Refuse: it needs {what}."
    return refuse


for _name, _what in _REFUSED.items():
    setattr(SimulatedLoop, _name, _refusal(_name, _what))
