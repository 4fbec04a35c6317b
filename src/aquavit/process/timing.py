"""Messages that are sent later.

Elixir: Process.send_after/3, cancel_timer/1, read_timer/1.
"""

from __future__ import annotations

import sys
from typing import Any

from aquavit.core import isolation, loops, timers
from aquavit.core.exits import brief
from aquavit.core.ids import Alias, Pid, Ref
from aquavit.core.timers import Timer

__all__ = ["cancel_timer", "read_timer", "send_after"]


def send_after(dest: Pid[Any] | str | Alias, message: Any, delay: float) -> Ref:
    """Send `message` to `dest` once, `delay` seconds from now.

    The message is copied now; a name is looked up when the time has come. If `dest` is
    gone by then, nothing happens. The timer lives on when its creator dies.

    Args:
        dest: a Pid, a registered name or an Alias.
        message: any data.
        delay: seconds, 0 or more; the timer never fires early.

    Returns:
        A Ref for `cancel_timer` and `read_timer`.

    Raises:
        TypeError, ValueError: `dest` or `delay` is wrong.
        NotInProcess: no event loop runs on this thread.

    Example:
        >>> async def main():
        ...     send_after(self(), "tick", 0.001)
        ...     return await receive(str)
        >>> run(main)
        'tick'

    Elixir: Process.send_after/3.
    """
    if isinstance(delay, bool) or not isinstance(delay, (int, float)):
        raise TypeError(f"send_after: expected a delay in seconds, got {brief(delay)}")
    if not delay >= 0:
        raise ValueError(f"send_after: expected a delay of 0 seconds or more, got {brief(delay)}")
    if delay > sys.float_info.max:
        raise ValueError(f"send_after: expected a delay that ends, got {brief(delay)}")
    if not isinstance(dest, (Pid, str, Alias)):
        raise TypeError(f"send_after: expected a Pid, a name or an Alias, got {brief(dest)}")
    runtime = loops.runtime_here("send_after")
    timer = timers.new_timer(None, dest, isolation.isolate(message))
    if not isinstance(dest, str):
        process: Any = (dest if isinstance(dest, Pid) else dest.pid).process
        if process is None:
            return timer  # dead already: the timer vanishes
        if process.runtime is not runtime:
            raise ValueError(
                f"send_after: expected a process of this event loop, got {dest!r} of another"
            )
        if isinstance(dest, Pid):
            process.keep_timer(timer)
    runtime.set_timer(timer, delay)
    return timer


def cancel_timer(ref: Ref) -> float | None:
    """Cancel a timer; its message is not sent.

    Args:
        ref: what `send_after` returned.

    Returns:
        The seconds that were left, or None if it had fired or was cancelled.

    Raises:
        TypeError: `ref` is no Ref.

    Example:
        >>> async def main():
        ...     timer = send_after(self(), "never", 60)
        ...     return 59 < cancel_timer(timer) <= 60, cancel_timer(timer)
        >>> run(main)
        (True, None)

    Elixir: Process.cancel_timer/1.
    """
    left = _left(ref, "cancel_timer")
    if left is not None and isinstance(ref, Timer):
        runtime = loops.runtime_here("cancel_timer")
        if not runtime.timers.remove(ref):
            return None  # a timer of another event loop
        runtime.forget_timer(ref)
    return left


def read_timer(ref: Ref) -> float | None:
    """Return the seconds until a timer fires, or None if it will not.

    Raises:
        TypeError: `ref` is no Ref.

    Example:
        >>> async def main():
        ...     return 59 < read_timer(send_after(self(), "later", 60)) <= 60
        >>> run(main)
        True

    Elixir: Process.read_timer/1.
    """
    return _left(ref, "read_timer")


def _left(ref: Ref, caller: str) -> float | None:
    if not isinstance(ref, Ref):
        raise TypeError(f"{caller}: expected a Ref of send_after, got {brief(ref)}")
    if not isinstance(ref, Timer) or ref.index < 0:
        return None
    return max(0.0, ref.deadline - loops.runtime_here(caller).time())
