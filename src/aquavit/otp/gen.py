"""What all behaviours share: starting in step with the starter, and stopping.

`start` returns when the new process has said that it is ready, or has failed: then the
failure is raised in the starter, the process is gone, its name is free, and no exit
signal comes on top.

Erlang: gen, proc_lib.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from aquavit.core import calls, isolation, loops, overflow, relations, requests
from aquavit.core.exits import CallTimeout, ProcessError, ServerExit, brief, worded
from aquavit.core.ids import Pid
from aquavit.core.names import Address
from aquavit.core.overflow import Mailbox
from aquavit.core.signals import new_method
from aquavit.otp import results

__all__ = ["AlreadyStarted", "Name", "StartError", "StartTimeout", "Starting", "start", "stop"]

#: A name as the start functions take it.
Name = str | Address | None


class StartError(ProcessError):
    """Raised by a start function when the new process says that it cannot start.

    `reason` is why, as data. What `init` raises itself is raised as it is.

    Elixir: {:error, reason}.
    """

    def __init__(self, what: object, reason: object) -> None:
        super().__init__(what, reason)
        self.what = what
        self.reason = reason

    def __str__(self) -> str:
        return f"could not start {_named(self.what)}: {self.why()}"

    def why(self) -> str:
        """Return the reason in words."""
        reason, path = self.reason, []
        while (inner := _failed_child(reason)) is not None:
            path.append(f"child {brief(inner[0])}: ")
            reason = inner[1]
        return "".join(path) + _worded(reason)

    def cause(self) -> BaseException | None:
        """Return the exception that the reason stands for, if there is one."""
        reason = self.reason
        while (inner := _failed_child(reason)) is not None:
            reason = inner[1]
        return reason if isinstance(reason, BaseException) else None


def _worded(reason: object) -> str:
    """Return why a process could not start."""
    match reason:
        case ("bad_return_value", value):
            return f"init returned {brief(value)}\nexpected {results.FROM_INIT}"
        case ("bad_return_from_init", value):
            return f"init returned {brief(value)}\nexpected {results.FROM_INIT_OF_MACHINE}"
    return worded(reason)


def _failed_child(reason: object) -> tuple[object, object] | None:
    """Return id and reason of the child that a supervisor could not start."""
    match reason:
        case ("shutdown", ("failed_to_start_child", id, why)):
            return id, why
    return None


class StartTimeout(StartError, TimeoutError):
    """Raised when `init` takes longer than `timeout` seconds; the process is killed.

    Elixir: {:error, :timeout}.
    """

    def __init__(self, what: object, timeout: float) -> None:
        super().__init__(what, "timeout")
        self.args = (what, timeout)
        self.timeout = timeout

    def why(self) -> str:
        """Return the reason in words."""
        return f"init took longer than {self.timeout} s"


class AlreadyStarted(StartError, ValueError):
    """Raised when the name, or the id of the child, is taken; `pid` has it.

    Elixir: {:error, {:already_started, pid}}.
    """

    def __init__(self, what: object, name: object, pid: Pid[Any], kind: str = "name") -> None:
        super().__init__(what, ("already_started", pid))
        self.args = (what, name, pid, kind)
        self.name = name
        self.pid = pid
        self.kind = kind

    def why(self) -> str:
        """Return the reason in words."""
        if self.kind == "application":
            return f"the application {self.name!r} runs already"
        if self.kind == "child":
            return f"{self.pid!r} is child {brief(self.name)} already"
        return f"{self.pid!r} has the name {self.name!r} already"


def _named(what: object) -> str:
    owner = getattr(what, "__self__", None)
    if isinstance(owner, type):  # a start_link stands for whose it is
        what = owner
    return getattr(what, "__qualname__", None) or brief(what)


class Starting:
    """One start, known to both sides until the new process runs by itself.

    what          the class or function, for messages and `$initial_call`
    args, kwargs  for its `init`; already the new process's own
    name, link    as `start` was given them
    starter       the Pid of the process that starts it
    pid           of the new process
    from_         whom `ready` tells
    ignored       `init` chose not to start
    """

    __slots__ = (*("args", "from_", "ignored", "kwargs", "link", "name", "pid", "starter", "what"),)

    def __init__(self, what: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.what = what
        self.args = args
        self.kwargs = kwargs
        self.name: Name = None
        self.link = self.ignored = False
        self.starter: Any = None
        self.pid: Any = None
        self.from_: Any = None

    def ready(self) -> None:
        """Let the start function return; the new process calls this."""
        self.pid.process.extras().serves = True
        requests.reply(self.from_, "ready")

    def failed(self) -> None:
        """Let the end that follows be told by the start function alone."""
        self.unlink()
        self.pid.process.extras().report = {"kind": "told"}

    async def take_back(self, caller: Any) -> None:
        """Kill the new process, which `caller` waits for no more, and wait until it is gone."""
        process = self.pid.process
        if process is not None:
            self.unlink()
            gone = requests.join(caller, process, None)
            process.runtime.kill(process)
            with contextlib.suppress(ServerExit):
                await requests.awaitable(gone)

    def unlink(self) -> None:
        """Take the link away, so that the starter gets no exit signal."""
        starter = self.starter.process
        if starter is not None:
            relations.remove_link(self.pid.process, starter)


async def start(
    what: object,
    body: Callable[[Starting], Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    name: Name = None,
    link: bool = False,
    timeout: float | None = None,
    mailbox: Mailbox | None = None,
) -> Any:
    """Start a process that calls `body(starting, *args)`, and wait until it is ready.

    Args:
        what: the class or function, for messages and `$initial_call`.
        body: calls `starting.ready()` when its `init` is done, or `starting.failed()` and
            ends.
        args: for `init`; copied.
        kwargs: the same.
        name: a name or a Via, taken before `body` runs.
        link: link the new process to the caller.
        timeout: seconds that `init` may take; None for no limit.
        mailbox: bounds its mailbox.

    Returns:
        The Pid, or None if `init` chose to be ignored.

    Raises:
        AlreadyStarted: the name is taken.
        StartTimeout: `init` took too long.
        StartError: `init` gave a reason to stop; what it raised is raised as it is.
        TypeError, ValueError: the name, the timeout or the mailbox is none.
    """
    caller = loops.here("start")
    requests.check_timeout(timeout, "start")
    if mailbox is not None:
        overflow.check(mailbox, "start")
    kwargs = isolation.isolate(kwargs, "kwargs") if kwargs else kwargs
    starting = Starting(what, isolation.isolate(args, "args"), kwargs)
    starting.name, starting.link, starting.starter = name, link, caller.pid
    process = _spawn(caller, starting, body)
    if mailbox is not None:
        overflow.bind(process, mailbox)
    pid: Pid[Any] = process.pid
    starting.pid = pid
    ready = requests.join(caller, process, timeout)
    starting.from_ = ready.from_
    try:
        await requests.awaitable(ready)
    except ServerExit as end:
        if starting.ignored:
            return None
        if isinstance(end.reason, BaseException):
            raise end.reason from None
        failed = StartError(what, end.reason)
        raise failed from failed.cause()
    except CallTimeout as late:
        await starting.take_back(caller)
        raise StartTimeout(what, late.timeout) from None
    except asyncio.CancelledError:
        if not caller.exiting:  # asyncio wants the caller to give up, and it lives on
            await starting.take_back(caller)
        raise
    return pid


def _spawn(caller: Any, starting: Starting, body: Callable[[Starting], Any]) -> Any:
    """Make the process, with its name, its link and its place in the family."""
    runtime, name = caller.runtime, starting.name
    if name is not None:
        _check_name(runtime, starting)
    process = runtime.spawn(caller, body, (starting,))
    if isinstance(name, str):
        runtime.names.add(process, name)
    process.extras().dictionary = {
        "$ancestors": ancestors(caller),
        "$initial_call": starting.what,
    }
    if starting.link:
        relations.add_link(caller, process)
    return process


def _check_name(runtime: Any, starting: Starting) -> None:
    """Raise unless the name is one, and free; whether a Via is, `register_via` finds out.

    Raises:
        AlreadyStarted: another process has it.
        TypeError, ValueError: it is no name.
    """
    name = starting.name
    if isinstance(name, str):
        holder = runtime.names.holders.get(runtime.names.check(name, "start"))
        if holder is not None:
            raise AlreadyStarted(starting.what, name, holder.pid)
    elif not isinstance(name, Address):
        raise TypeError(f"start: expected a name (str), a Via or None, got {brief(name)}")


def register_via(starting: Starting) -> None:
    """Take the Via that the process is to be known by; the new process calls this.

    Raises:
        AlreadyStarted: another process has it.
    """
    if isinstance(starting.name, Address):
        holder = starting.name.register(calls.self())
        if holder is not None:
            raise AlreadyStarted(starting.what, starting.name, holder)


def ancestors(process: Any) -> list[Any]:
    """Return the `$ancestors` of a child of `process`: names where there are, else Pids."""
    rare = process.rare
    if rare is None:
        return [process.pid]
    older = (rare.dictionary or {}).get("$ancestors", [])
    return [process.pid if rare.name is None else rare.name, *older]


async def stop(server: Any, reason: Any = "normal", timeout: float | None = None) -> None:
    """Ask a behaviour to end with `reason`, and wait until it has.

    Args:
        server: a Pid, a name, `(name, node)` or a Via.
        reason: its exit reason.
        timeout: seconds to wait; None for no limit.

    Raises:
        NoProcess: it is not alive.
        ServerExit: it ended with another reason.
        CallTimeout: it has not ended in time; it lives on.
        CallError: it is the caller.
    """
    request = new_method("terminate", (reason,), None)
    asking = requests.new_asking(server, request, timeout, True)
    try:
        await requests.awaitable(asking)
    except ServerExit as end:
        if not _same(end.reason, reason):
            raise


def _same(a: Any, b: Any) -> bool:
    return a is b or (type(a) is type(b) and bool(a == b))
