"""Ending processes: exit signals, kill, and trapping them.

Elixir: Process.exit/2, Process.flag(:trap_exit, flag).
"""

from __future__ import annotations

from typing import Any

from aquavit.core import isolation, loops
from aquavit.core.exits import brief
from aquavit.core.ids import Pid

__all__ = ["exit", "kill", "trap_exit"]


def exit(pid: Pid, reason: Any) -> bool:
    """Send an exit signal to `pid`.

    With reason `"normal"` a process that does not trap exits ignores it, unless it is
    the caller; `"kill"` ends any process; any other reason ends a process that does not
    trap, and becomes an `Exit` message for one that does.

    Args:
        pid: the process; a dead one is ignored.
        reason: any data.

    Returns:
        True, always.

    Raises:
        TypeError: `pid` is no Pid.
        ProcessExit: the caller has ended itself.

    Example:
        >>> async def main():
        ...     pid, ref = spawn_monitor(lambda: sleep(None))
        ...     exit(pid, "enough")
        ...     return (await receive(Down)).reason
        >>> run(main)
        'enough'

    Elixir: Process.exit/2.
    """
    return _signal(pid, reason, "exit")


def _signal(pid: Pid, reason: Any, where: str) -> bool:
    if not isinstance(pid, Pid):
        raise TypeError(
            f"{where}: expected a Pid, got {brief(pid)}\nwhereis(name) finds one by name"
        )
    target: Any = pid.process
    if target is None:
        return True
    reason = isolation.isolate(reason, "reason")
    caller = loops.here_or_none()
    if target is caller:
        _exit_self(caller, reason)
    elif target.runtime.is_here():
        sender = None if caller is None else caller.pid
        target.runtime.signal_exit(target, sender, reason, False)
    else:
        target.runtime.post(_exit_later, pid, reason)
    return True


def _exit_self(caller: Any, reason: Any) -> None:
    if type(reason) is str and reason == "kill":
        error = caller.runtime.exit_self(caller, "killed")
        caller.runtime.kill(caller)
        raise error
    if caller.trap and not caller.exiting:
        caller.runtime.signal_exit(caller, caller.pid, reason, False)
    else:
        raise caller.runtime.exit_self(caller, reason)


def _exit_later(pid: Pid, reason: Any) -> None:
    target: Any = pid.process
    if target is not None:
        target.runtime.signal_exit(target, None, reason, False)


def kill(pid: Pid) -> bool:
    """End `pid` at once; it can neither trap nor catch that.

    Its links and monitors see the reason `"killed"`.

    Args:
        pid: the process; a dead one is ignored.

    Returns:
        True, always.

    Raises:
        TypeError: `pid` is no Pid.

    Example:
        >>> async def main():
        ...     pid, ref = spawn_monitor(lambda: sleep(None))
        ...     kill(pid)
        ...     return is_alive(pid), (await receive(Down)).reason
        >>> run(main)
        (False, 'killed')

    Elixir: Process.exit(pid, :kill).
    """
    return _signal(pid, "kill", "kill")


def trap_exit(flag: bool) -> bool:
    """Say whether exit signals become `Exit` messages in the current process.

    Args:
        flag: True to trap. New processes do not.

    Returns:
        What it was before.

    Raises:
        TypeError: `flag` is no bool.

    Example:
        >>> async def main():
        ...     trap_exit(True)
        ...     spawn_link(lambda: None)
        ...     return (await receive(Exit)).reason
        >>> run(main)
        'normal'

    Elixir: Process.flag(:trap_exit, flag).
    """
    if not isinstance(flag, bool):
        raise TypeError(f"trap_exit: expected True or False, got {brief(flag)}")
    process = loops.here("trap_exit")
    before, process.trap = process.trap, flag
    return before
