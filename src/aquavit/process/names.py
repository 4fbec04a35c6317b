"""Registered names.

Elixir: Process.register/2, unregister/1, whereis/1, registered/0.
"""

from __future__ import annotations

from typing import Any

from aquavit.core import calls, loops
from aquavit.core.exits import brief
from aquavit.core.ids import NODE, Pid

__all__ = ["node", "register", "registered", "unregister", "whereis"]


def register(pid: Pid[Any], name: str) -> bool:
    """Give a process a name, by which others can reach it until it dies.

    Args:
        pid: a living process without a name.
        name: a name that nobody has.

    Returns:
        True.

    Raises:
        ValueError: the process is dead or has a name, or the name is taken or reserved.
        TypeError: `pid` is no Pid or `name` no string.

    Example:
        >>> async def main():
        ...     register(self(), "me")
        ...     send("me", "hello")
        ...     return await receive()
        >>> run(main)
        'hello'

    Elixir: Process.register/2.
    """
    if not isinstance(pid, Pid):
        raise TypeError(f"register: expected a Pid, got {brief(pid)}")
    runtime = loops.the_runtime("register")
    runtime.names.check(name, "register")
    process: Any = pid.process
    if process is None or process.exiting:
        raise ValueError(f"could not register {pid!r} with name {name!r} because it is not alive")
    if process.runtime is not runtime:
        raise ValueError(
            f"could not register {pid!r} with name {name!r} because it belongs to another event"
            f" loop"
        )
    runtime.names.add(process, name)
    return True


def unregister(name: str) -> bool:
    """Take a name away; the process lives on.

    Returns:
        True.

    Raises:
        ValueError: nobody has the name.

    Example:
        >>> async def main():
        ...     register(self(), "me")
        ...     return unregister("me"), whereis("me")
        >>> run(main)
        (True, None)

    Elixir: Process.unregister/1.
    """
    loops.the_runtime("unregister").names.remove(name)
    return True


def whereis(name: str) -> Pid[Any] | None:
    """Return the Pid that is registered as `name`, or None.

    Example:
        >>> async def main():
        ...     pid = spawn(sleep, None, name="sleeper")
        ...     return whereis("sleeper") == pid, whereis("nobody")
        >>> run(main)
        (True, None)

    Elixir: Process.whereis/1.
    """
    if not isinstance(name, str):
        raise TypeError(f"whereis: expected a name (str), got {brief(name)}")
    process = calls.find_name(name, "whereis")
    return None if process is None else process.pid


def registered() -> list[str]:
    """Return all registered names, in the order of registration.

    Example:
        >>> async def main():
        ...     register(self(), "me")
        ...     return registered()
        >>> run(main)
        ['me']

    Elixir: Process.registered/0.
    """
    return list(loops.the_runtime("registered").names.holders)


def node() -> str:
    """Return the name of this node.

    Example:
        >>> node()
        'nonode@nohost'

    Elixir: Kernel.node/0.
    """
    return NODE
