"""Registered names: a name leads to at most one process, a process has at most one.

Names are strings, as atoms are in Elixir. The runtime releases a name when its process
dies, before anybody is told of the death.

Erlang: register/2.
"""

from __future__ import annotations

from typing import Any

from aquavit.core.exits import brief
from aquavit.core.ids import Pid
from aquavit.core.process import Process

__all__ = ["Address", "Names", "pid_of"]

_RESERVED = ("", "undefined")


class Address:
    """The base of what leads to a process as a name does, but is kept elsewhere.

    Erlang: {via, Module, Name}.
    """

    __slots__ = ()

    def whereis(self) -> Any:
        """Return the Pid that it leads to now, or None."""
        raise NotImplementedError

    def register(self, pid: Any) -> Any:
        """Let it lead to `pid`; return None, or the Pid that has it already."""
        raise NotImplementedError


def pid_of(address: Address) -> Any:
    """Return the Pid that `address` leads to now, or None.

    Raises:
        TypeError: its `whereis` gives something else.
    """
    found = address.whereis()
    if found is not None and type(found) is not Pid:
        kind = type(address).__name__
        raise TypeError(f"{kind}.whereis: expected to give a Pid or None, got {brief(found)}")
    return found


class Names:
    """The names of one runtime."""

    def __init__(self) -> None:
        self.holders: dict[str, Any] = {}

    def check(self, name: object, caller: str) -> str:
        """Return `name` if it can be one.

        Raises:
            TypeError, ValueError: it is no string, or reserved.
        """
        if not isinstance(name, str):
            raise TypeError(f"{caller}: expected a name (str), got {brief(name)}")
        if name in _RESERVED:
            raise ValueError(f"{caller}: expected a name that is not reserved, got {name!r}")
        return name

    def check_free(self, name: object, caller: str) -> None:
        """Raise unless `name` can be given to a process that is about to start.

        Raises:
            TypeError, ValueError: as `check`, or somebody has it.
        """
        holder = self.holders.get(self.check(name, caller))
        if holder is not None:
            raise ValueError(f"{caller}: expected a free name, got {name!r} of {holder.pid!r}")

    def add(self, process: Process, name: str) -> None:
        """Give `process` the name.

        Raises:
            ValueError: the name is taken, or the process has one.
        """
        holder = self.holders.get(name)
        if holder is not None:
            raise ValueError(
                f"could not register {process.pid!r} with name {name!r} because the name is"
                f" already taken by {holder.pid!r}"
            )
        rare = process.extras()
        if rare.name is not None:
            raise ValueError(
                f"could not register {process.pid!r} with name {name!r} because it has already"
                f" been given another name, {rare.name!r}"
            )
        rare.name = name
        self.holders[name] = process

    def remove(self, name: str) -> None:
        """Take the name away.

        Raises:
            ValueError: nobody has it.
        """
        process = self.holders.pop(self.check(name, "unregister"), None)
        if process is None:
            raise ValueError(f"unregister: expected a registered name, got {name!r}")
        process.rare.name = None

    def release(self, process: Process) -> None:
        """Take the process's name away, if it has one."""
        if process.rare is not None and process.rare.name is not None:
            self.remove(process.rare.name)
