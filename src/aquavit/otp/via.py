"""Via: a key of a registry, used as the name of a process.

Elixir: {:via, Registry, {registry, key}}.
"""

from __future__ import annotations

from typing import Any

from aquavit.core import tables
from aquavit.core.ids import Pid
from aquavit.core.names import Address
from aquavit.core.records import record
from aquavit.otp.registry import add

__all__ = ["Via"]


@record
class Via(Address):
    """Leads to the process that has `key` in a registry of unique keys.

    Wherever a name is taken a Via is too: `name=` of start functions, `send`, calls.

    Args:
        registry: the registry's name.
        key: the key.
        value: what a process that takes the key as its name registers with it.

    Raises:
        ValueError: when used: there is no such registry, or its keys are not unique.

    Example:
        >>> class Room(GenServer):
        ...     @call
        ...     def topic(self) -> str:
        ...         return "Elixir"
        >>> async def main():
        ...     await Registry.start_link(keys="unique", name="rooms")
        ...     room = Via("rooms", ("room", 7))
        ...     await Room.start_link(name=room)
        ...     return await Room.topic(room)
        >>> run(main)
        'Elixir'

    Elixir: {:via, Registry, {registry, key, value}}.
    """

    registry: str
    key: Any
    value: Any = None

    def whereis(self) -> Pid[Any] | None:
        """Return the Pid that has the key, or None.

        Elixir: Registry.whereis_name/1.
        """
        entry = self._table().first(self.key)
        return None if entry is None else entry.owner

    def register(self, pid: Pid[Any]) -> Pid[Any] | None:
        """Register `pid`, the current process; return the Pid that has the key already.

        Elixir: Registry.register_name/2.
        """
        self._table()
        return add(self.registry, self.key, self.value, "Via")

    def _table(self) -> tables.Table:
        table = tables.find(self.registry)
        if not table.unique:
            raise ValueError(
                f"Via: expected a registry of unique keys, got {self.registry!r},"
                " whose keys may have many processes"
            )
        return table
