"""Which runtime: one for each event loop, made at first use, and adopted tasks.

`here()` is where every public call begins: it returns the current process, which is the
one the scheduler steps on this thread, or else the asyncio task that is running. A task
that calls the package is adopted: it gets a Pid and a mailbox for as long as it lives,
and its exit signal is a cancellation.

A runtime ends with its loop: an asynchronous generator that waits in the loop is closed
by `loop.shutdown_asyncgens()`, which asyncio.run, uvloop and test plugins all call.

Erlang: none; there is one runtime for each node.
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import AsyncGenerator
from typing import Any

from aquavit.core import ids, preemption, process
from aquavit.core.exits import NotInProcess, ProcessExit
from aquavit.core.process import Process
from aquavit.core.runtime import Runtime
from aquavit.core.signals import Method, System
from aquavit.core.task import ProcessTask

__all__ = ["here", "here_or_none", "runtime_here", "runtime_of", "the_runtime"]

_RUNTIMES: weakref.WeakKeyDictionary[Any, Runtime] = weakref.WeakKeyDictionary()
_HINT = "call it in a process (aquavit.run starts one) or in an asyncio task"


def runtime_of(loop: Any, preempt: float | None = preemption.SLICE) -> Runtime:
    """Return the runtime of `loop`; it is made at first use, with that time slice."""
    runtime = _RUNTIMES.get(loop)
    if runtime is None:
        _forget_closed()
        runtime = _RUNTIMES[loop] = Runtime(loop)
        _tie_to_loop(runtime)
        preemption.start(runtime, preempt)
    return runtime


def _forget_closed() -> None:
    """Let go of closed loops, and of processes that were not ended before."""
    for loop, runtime in list(_RUNTIMES.items()):
        if loop.is_closed():
            del _RUNTIMES[loop]
            preemption.stop(runtime)
            runtime.abandon()


def install(runtime: Runtime) -> None:
    """Make `runtime` that of its loop, for whoever makes one of a kind of its own."""
    _RUNTIMES[runtime.loop] = runtime


def forget(runtime: Runtime) -> None:
    """Take back `install`."""
    _RUNTIMES.pop(runtime.loop, None)


def _tie_to_loop(runtime: Runtime) -> None:
    guard = _until_shutdown(runtime)
    try:
        guard.asend(None).send(None)
    except StopIteration:  # it has yielded: it waits now, known to the loop
        runtime.guard = guard


async def _until_shutdown(runtime: Runtime) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        await stop(runtime)


async def stop(runtime: Runtime) -> None:
    """End all processes in order and wait until they are gone.

    Trees of behaviours stop first, as their supervisors would stop them. Then each process
    may clean up for `cleanup_timeout` seconds, and is closed by force.
    """
    await _stop_trees(runtime)
    over = runtime.loop.create_future()
    runtime.stop_all(lambda: None if over.done() else over.set_result(None))
    await over
    preemption.stop(runtime)
    runtime.clear_stacks()
    # The runtime holds its loop, which would keep the weak entry for ever.
    _RUNTIMES.pop(runtime.loop, None)


def stop_at_once(loop: Any) -> None:
    """Let nobody clean up any longer who lives on `loop`."""
    runtime = _RUNTIMES.get(loop)
    if runtime is not None:
        runtime.kill_all()


async def _stop_trees(runtime: Runtime) -> None:
    """Tell the tops of the trees to end, and wait for them, `cleanup_timeout` at most."""
    left = 0
    over = runtime.loop.create_future()

    def ended(reason: object) -> None:
        nonlocal left
        left -= 1
        if left == 0 and not over.done():
            over.set_result(None)

    for p in reversed(runtime.behaviours()):
        parent = _parent(p)
        if parent is None or not process.ends_in_order(parent):
            left += 1
            p.rare.on_end = ended
            runtime.deliver(p, System(Method("terminate", ("shutdown",), None), None))
    if left:
        await asyncio.wait([over], timeout=runtime.cleanup_timeout)


def _parent(p: Any) -> Any:
    return None if p.parent is None else p.parent.process


def here_or_none() -> Process | None:
    """Return the current process, adopting the running asyncio task, or None."""
    found = process.current()
    if found is not None:
        return found
    loop = asyncio._get_running_loop()
    if loop is None:
        return None
    task = asyncio.current_task(loop)
    if task is None or isinstance(task, ProcessTask):
        return None  # the latter: between two steps, as in a crash report
    runtime = runtime_of(loop)
    known: Process | None = runtime.adopted.get(task)
    return known if known is not None else _adopt(runtime, task)


def here(caller: str) -> Process:
    """Return the current process.

    Raises:
        NotInProcess: there is none; `caller` is named in the message.
    """
    found = process.current()
    if found is None:
        found = here_or_none()
    if found is None:
        place = (
            f"thread {threading.current_thread().name!r}, which runs no event loop"
            if asyncio._get_running_loop() is None
            else "a callback of the event loop, outside any task"
        )
        raise NotInProcess(f"{caller}: expected a current process, got {place}\n{_HINT}")
    return found


def runtime_here(caller: str) -> Runtime:
    """Return the runtime of the running loop; callbacks have one too.

    Raises:
        NotInProcess: no event loop runs on this thread.
    """
    loop = asyncio._get_running_loop()
    if loop is None:
        here(caller)
    return runtime_of(loop)


def the_runtime(caller: str) -> Runtime:
    """Return the runtime of this thread, or else the only one that runs anywhere.

    Raises:
        NotInProcess: there is no runtime, or more than one to choose from.
    """
    loop = asyncio._get_running_loop()
    if loop is not None:
        return runtime_of(loop)
    running = [each for each in list(_RUNTIMES.values()) if each.loop.is_running()]
    if len(running) != 1:
        raise NotInProcess(
            f"{caller}: expected one running runtime to call from thread"
            f" {threading.current_thread().name!r}, got {len(running)}"
        )
    return running[0]


def _adopt(runtime: Runtime, task: Any) -> Process:
    adopted = runtime.adopt(task)
    task.add_done_callback(lambda done: runtime.release(adopted, _outcome(adopted, done)))
    return adopted


def _outcome(adopted: Process, task: Any) -> object:
    """Return the exit reason of an adopted task that is done."""
    if adopted.exiting:
        return adopted.reason
    if task.cancelled():
        return asyncio.CancelledError()
    error = task.exception()
    if error is None:
        return "normal"
    return error.reason if isinstance(error, ProcessExit) else error


def _find(number: int, slot: int) -> ids.Pid | None:
    for runtime in list(_RUNTIMES.values()):
        pid = runtime.find(number, slot)
        if pid is not None:
            return pid
    return None


ids.LOOKUP.find = _find
