"""Looking into a running server, and holding it, whatever behaviour it is.

Each function asks the server's loop itself, also while it is suspended.

Erlang: sys.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import CoroutineType
from typing import Any

from aquavit.core import calls, loops, requests
from aquavit.core.exits import MailboxFull, brief
from aquavit.core.ids import Pid
from aquavit.core.records import record
from aquavit.core.requests import DEFAULT_TIMEOUT
from aquavit.core.signals import Call, Cast, Method, System, new_method
from aquavit.otp import gen
from aquavit.otp.methods import Server
from aquavit.otp.reports import format_status_failed
from aquavit.otp.results import Stop
from aquavit.process import process_info

__all__ = [
    "Statistics",
    "Status",
    "get_state",
    "get_status",
    "replace_state",
    "resume",
    "statistics",
    "suspend",
    "terminate",
    "trace",
]


@record
class Status:
    """What `get_status` tells of a server.

    Elixir: {:status, pid, {:module, module}, [pdict, state, parent, debug, misc]}.
    """

    pid: Pid[Any]
    module: str
    status: str
    parent: Pid[Any]
    dictionary: dict[Any, Any]
    state: Any


@record
class Statistics:
    """What a server has done since `statistics(server, True)`; times in seconds.

    Elixir: :sys.statistics/2.
    """

    started_at: float
    now: float
    reductions: int
    messages_in: int
    messages_out: int


async def _ask(server: Server, timeout: float | None, what: str, *args: Any) -> Any:
    asking = requests.new_asking(server, new_method(what, args, None), timeout, True)
    outcome, value = await requests.awaitable(asking)
    if outcome == "error":
        raise value
    return value


async def get_state(server: Server, timeout: float | None = DEFAULT_TIMEOUT) -> Any:
    """Return a copy of a server's state.

    Args:
        server: a Pid, a name, `(name, node)` or a Via.
        timeout: seconds; None for no limit.

    Returns:
        For a GenServer a dict of its attributes, for an Agent its value.

    Raises:
        NoProcess, ServerExit, CallTimeout: as `GenServer.call`.

    Example:
        >>> class Counter(GenServer):
        ...     def init(self):
        ...         self.value = 7
        >>> async def main():
        ...     return await system.get_state(await Counter.start_link())
        >>> run(main)
        {'value': 7}

    Elixir: :sys.get_state/2.
    """
    return await _ask(server, timeout, "get_state")


async def replace_state(
    server: Server, fn: Callable[[Any], Any], timeout: float | None = DEFAULT_TIMEOUT
) -> Any:
    """Give a server the state that `fn` makes of the present one.

    Args:
        server: a Pid, a name, `(name, node)` or a Via.
        fn: takes the state as `get_state` returns it; runs in the server. If it raises, the
            state stays as it was and the error is raised here.
        timeout: seconds; None for no limit.

    Returns:
        A copy of the new state.

    Example:
        >>> class Counter(GenServer):
        ...     def init(self):
        ...         self.value = 7
        >>> async def main():
        ...     counter = await Counter.start_link()
        ...     return await system.replace_state(counter, lambda s: {"value": s["value"] + 1})
        >>> run(main)
        {'value': 8}

    Elixir: :sys.replace_state/3.
    """
    if not callable(fn):
        raise TypeError(f"replace_state: expected a function of the state, got {brief(fn)}")
    return await _ask(server, timeout, "replace_state", fn)


async def get_status(server: Server, timeout: float | None = DEFAULT_TIMEOUT) -> Status:
    """Return what a server is: its module, whether it runs, its parent, its state.

    Args:
        server: a Pid, a name, `(name, node)` or a Via.
        timeout: seconds; None for no limit.

    Example:
        >>> class Counter(GenServer):
        ...     def init(self):
        ...         self.value = 7
        >>> async def main():
        ...     status = await system.get_status(await Counter.start_link())
        ...     return status.status, status.state
        >>> run(main)
        ('running', {'value': 7})

    Elixir: :sys.get_status/2.
    """
    return await _ask(server, timeout, "get_status")  # type: ignore[no-any-return]


async def suspend(server: Server, timeout: float | None = DEFAULT_TIMEOUT) -> None:
    """Let a server serve nothing but these functions until `resume`; messages queue up.

    Elixir: :sys.suspend/2.
    """
    await _ask(server, timeout, "suspend")


async def resume(server: Server, timeout: float | None = DEFAULT_TIMEOUT) -> None:
    """Let a suspended server go on, with what has queued up.

    Elixir: :sys.resume/2.
    """
    await _ask(server, timeout, "resume")


async def terminate(server: Server, reason: Any = "normal", timeout: float | None = None) -> None:
    """End a server with `reason`, after its `terminate`; as `GenServer.stop`.

    Elixir: :sys.terminate/3.
    """
    await gen.stop(server, reason, timeout)


async def trace(
    server: Server,
    count: int = 10,
    to: Pid[Any] | None = None,
    timeout: float | None = DEFAULT_TIMEOUT,
) -> None:
    """Show what a server receives and replies, `count` events at most.

    The server takes no harm: an event is lost if the mailbox of `to` is full, or stderr
    closed, and what cannot be copied is sent as text.

    Args:
        server: a Pid, a name, `(name, node)` or a Via.
        count: how many events; then the trace ends by itself. 0 ends it now.
        to: who gets the events, as messages `("trace", server, event)`; None prints
            them on stderr.
        timeout: seconds; None for no limit.

    Example:
        >>> class Echo(GenServer):
        ...     def handle_call(self, request, from_):
        ...         return request
        >>> async def main():
        ...     echo = await Echo.start_link()
        ...     await system.trace(echo, 1, to=self())
        ...     await GenServer.call(echo, "hello")
        ...     return (await receive())[2][:2]
        >>> run(main)
        ('in', 'hello')

    Elixir: :sys.trace/2.
    """
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise ValueError(f"trace: expected a count of events, 0 or more, got {count!r}")
    if to is not None and not isinstance(to, Pid):
        raise TypeError(f"trace: expected a Pid or None for to, got {brief(to)}")
    await _ask(server, timeout, "trace", count, to)


async def statistics(
    server: Server, flag: bool | None = None, timeout: float | None = DEFAULT_TIMEOUT
) -> Statistics | None:
    """Count what a server does.

    Args:
        server: a Pid, a name, `(name, node)` or a Via.
        flag: True begins to count, False ends it, None asks for the figures.
        timeout: seconds; None for no limit.

    Returns:
        The figures; None if nothing is being counted.

    Example:
        >>> class Echo(GenServer):
        ...     def handle_call(self, request, from_):
        ...         return request
        >>> async def main():
        ...     echo = await Echo.start_link()
        ...     await system.statistics(echo, True)
        ...     await GenServer.call(echo, "hello")
        ...     return (await system.statistics(echo)).messages_in
        >>> run(main)
        1

    Elixir: :sys.statistics/2.
    """
    if flag is not None and not isinstance(flag, bool):
        raise TypeError(f"statistics: expected True, False or None, got {brief(flag)}")
    return await _ask(server, timeout, "statistics", flag)  # type: ignore[no-any-return]


async def supervised(server: Server, timeout: float | None = DEFAULT_TIMEOUT) -> Any:
    """Return what a supervisor says of its children; None of another server."""
    return await _ask(server, timeout, "supervised")


# --- the server's side


class Debug:
    """What is being traced and counted in one server."""

    __slots__ = ("counting", "left", "messages_in", "messages_out", "reductions", "started", "to")

    def __init__(self) -> None:
        self.left = 0
        self.to: Pid[Any] | None = None
        self.counting = False
        self.started = 0.0
        self.reductions = 0
        self.messages_in = 0
        self.messages_out = 0

    def received(self, message: Any) -> None:
        """Note a message that is about to be served."""
        if isinstance(message, System):
            return
        self.messages_in += 1
        if isinstance(message, Call):
            self.show(("in", message.request, message.from_.pid))
        elif isinstance(message, Cast):
            self.show(("in", message.request))
        else:
            self.show(("in", message))

    def replied(self, from_: Any, value: Any) -> None:
        """Note a reply."""
        self.messages_out += 1
        self.show(("out", value, from_.pid))

    def show(self, event: tuple[Any, ...]) -> None:
        """Pass one event on, if any are still wanted."""
        if self.left == 0:
            return
        self.left -= 1
        # Whatever becomes of an event: the server goes on as if nobody looked.
        if self.to is not None:
            try:
                self.tell(event)
            except Exception:  # it cannot be copied
                what, value, *peer = event
                self.tell((what, brief(value), *peer))
        elif sys.stderr is not None:
            with suppress(Exception):  # nobody reads it any more
                self.print(event)

    def tell(self, event: tuple[Any, ...]) -> None:
        """Send one event to who wants them; a mailbox that is full misses it."""
        with suppress(MailboxFull):
            calls.send(self.to, ("trace", calls.self(), event))

    def print(self, event: tuple[Any, ...]) -> None:
        """Show one event on stderr."""
        what, value, *peer = event
        way = "from" if what == "in" else "to"
        whom = f" {way} {peer[0]!r}" if peer else ""
        print(f"*DBG* {calls.self()!r} {what} {brief(value)}{whom}", file=sys.stderr)


async def handle(loop: Any, message: System) -> Stop | None:
    """Serve a system message for `loop`; return what is to be done if that is to end."""
    request: Any = message.request
    name = request.name if type(request) is Method else None
    if name == "terminate":
        return Stop(*request.args)
    try:
        if name not in _SERVED:
            raise ValueError(f"expected a system request, got {brief(request)}")
        value = _SERVED[name](loop, *request.args)
        if type(value) is CoroutineType:
            value = await value
        requests.reply(message.from_, ("ok", value))
    except Exception as error:  # also of a state that cannot be copied
        requests.reply(message.from_, ("error", error))
    return None


def _get_state(loop: Any) -> Any:
    return loop.module.get_state()


def _replace_state(loop: Any, fn: Callable[[Any], Any]) -> Any:
    loop.module.set_state(fn(loop.module.get_state()))
    return loop.module.get_state()


def _get_status(loop: Any) -> Status:
    info: Any = process_info(calls.self())
    try:
        state = loop.module.format_status("normal", loop.module.get_state())
    except Exception as error:  # the rest is worth seeing all the same
        state = format_status_failed(error)
    return Status(
        pid=info.pid,
        module=type(loop.module).__qualname__,
        status="suspended" if loop.suspended else "running",
        parent=loop.parent,
        dictionary=dict(info.dictionary),
        state=state,
    )


def _supervised(loop: Any) -> Any:
    look = getattr(loop.module, "_health", None)
    return None if look is None else look()


def _suspend(loop: Any) -> None:
    loop.suspended = True


def _resume(loop: Any) -> None:
    loop.suspended = False


def _trace(loop: Any, count: int, to: Pid[Any] | None) -> None:
    debug = _debug(loop)
    debug.left, debug.to = count, to
    _drop_idle(loop)


def _statistics(loop: Any, flag: bool | None) -> Statistics | None:
    if flag is None:
        return _figures(loop.debug)
    debug = _debug(loop)
    debug.counting = flag
    debug.started = time.time()
    debug.reductions = _reductions()
    debug.messages_in = debug.messages_out = 0
    _drop_idle(loop)
    return None


def _figures(debug: Debug | None) -> Statistics | None:
    if debug is None or not debug.counting:
        return None
    return Statistics(
        started_at=debug.started,
        now=time.time(),
        reductions=_reductions() - debug.reductions,
        messages_in=debug.messages_in,
        messages_out=debug.messages_out,
    )


def _reductions() -> int:
    return loops.here("statistics").reductions


def _debug(loop: Any) -> Debug:
    if loop.debug is None:
        loop.debug = Debug()
    return loop.debug  # type: ignore[no-any-return]


def _drop_idle(loop: Any) -> None:
    if loop.debug.left == 0 and not loop.debug.counting:
        loop.debug = None


_SERVED: dict[str, Callable[..., Any]] = {
    "get_state": _get_state,
    "replace_state": _replace_state,
    "get_status": _get_status,
    "supervised": _supervised,
    "suspend": _suspend,
    "resume": _resume,
    "trace": _trace,
    "statistics": _statistics,
}
