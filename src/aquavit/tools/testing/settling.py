"""Waiting in a test for what others do, without a sleep of a guessed length."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from aquavit.core import loops
from aquavit.core.exits import brief
from aquavit.process import process_info as info_of
from aquavit.process import processes, sleep
from aquavit.process import self as current_pid
from aquavit.tools.testing.describing import process_lines

__all__ = ["eventually", "settled"]

#: Turns that `settled` gives the others before it says that they never come to rest.
_TURNS = 10_000
#: Processes that its failure shows.
_MOST_SHOWN = 10


async def settled() -> None:
    """Wait until every other process waits, and none is still busy with its exit.

    It gives way, it does not sleep: what waits for a timer or for input counts as
    waiting.

    Raises:
        AssertionError: the others do not come to rest.

    Example:
        >>> async def main():
        ...     me = self()
        ...     spawn(lambda: send(me, "done"))
        ...     await settled()
        ...     return flush()
        >>> run(main)
        ['done']

    Elixir: none.
    """
    __tracebackhide__ = True
    runtime = loops.the_runtime("settled")
    busy: list[Any] = []
    for _ in range(_TURNS):
        await sleep(0)
        others = [pid for pid in processes() if pid != current_pid()]
        busy = [pid for pid in others if not _rests(pid)]
        if not busy and len(others) + 1 == runtime.alive:
            return
    lines = ["settled: expected the others to come to rest, but these run on:"]
    for pid in busy[:_MOST_SHOWN]:
        lines += [f"    {line}" for line in process_lines(pid)]
    raise AssertionError("\n".join(lines))


def _rests(pid: Any) -> bool:
    found, process = info_of(pid), pid.process
    if found is None:
        return True
    # What awaits a future that is done by now has its turn at once.
    ready = process.waiter is not None and process.waiter.done()
    return found.status == "waiting" and not ready


async def eventually(
    fn: Callable[..., Any], *args: Any, timeout: float = 1.0, interval: float = 0.005
) -> Any:
    """Call `fn(*args)` until it returns something true, and return that.

    Args:
        fn: a function; what it returns is awaited if it can be. An AssertionError
            counts as "not yet".
        args: its arguments.
        timeout: seconds that it may take.
        interval: seconds between two calls.

    Raises:
        AssertionError: it did not in time; the last one that `fn` raised is the cause.

    Example:
        >>> async def late():
        ...     register(self(), "late")
        ...     await sleep(None)
        >>> async def main():
        ...     spawn(late)
        ...     return await eventually(lambda: registered())
        >>> run(main)
        ['late']

    Elixir: none.
    """
    __tracebackhide__ = True
    runtime = loops.the_runtime("eventually")
    limit = runtime.time() + timeout
    while True:
        problem, result = None, None
        try:
            result = fn(*args)
            if inspect.isawaitable(result):
                result = await result
        except AssertionError as error:
            problem = error
        if result:
            return result
        if runtime.time() >= limit:
            name = getattr(fn, "__name__", repr(fn))
            what = f"it returned {brief(result)}" if problem is None else f"it raised {problem}"
            raise AssertionError(
                f"eventually: expected {name} to come true within {timeout} s, but {what}"
            ) from problem
        await sleep(interval)
