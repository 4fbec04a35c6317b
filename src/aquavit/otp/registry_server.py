"""The processes of a registry: a supervisor, and partitions that look after owners.

A partition is linked to every process that has entries in its share. It traps exits, and
takes away the entries of those that end. If it dies itself, so do they.

Elixir: Registry.Supervisor, Registry.Partition.
"""

from __future__ import annotations

from typing import Any

from aquavit.core import loops, tables
from aquavit.core.signals import Exit
from aquavit.otp.gen_server import GenServer
from aquavit.otp.supervisor import Supervisor
from aquavit.process import self as current_pid
from aquavit.process import trap_exit

__all__ = ["RegistryRoot"]


class Partition(GenServer):
    """Looks after the owners of one part of a registry."""

    def init(self, name: str, number: int) -> None:
        """Take over the part; nothing of an earlier partition is left in it."""
        trap_exit(True)
        self.name, self.number = name, number
        table = tables.find(name)
        self.part = table.parts[number]
        self.part.server = current_pid()
        loops.here("Registry").extras().on_end = self.ended

    def handle_info(self, message: Any) -> None:
        """Take away what an owner has had."""
        if type(message) is Exit:
            self.part.take(message.pid)

    def handle_call(self, request: Any, from_: Any) -> None:
        """Reply when everything that has been sent before is done."""

    def get_state(self) -> dict[str, Any]:
        """Return which part it looks after, and how many owners that has."""
        return {"registry": self.name, "partition": self.number, "owners": len(self.part.owners)}

    def ended(self, reason: object) -> None:
        """Empty the part; the owners get their exit signals."""
        self.part.clear()


class RegistryRoot(Supervisor):
    """Makes the table, and supervises the partitions.

    One that dies is restarted. Where keys are unique all of them are: a process with a key
    may belong to any part.
    """

    def init(
        self, name: str, unique: bool, partitions: int, listeners: tuple[str, ...], meta: Any
    ) -> Any:
        """Make the table, and say what the partitions are."""
        process = loops.here("Registry")
        known = process.runtime.tables
        known[name] = tables.new_table(name, unique, partitions, listeners, meta)
        process.extras().on_end = lambda reason: known.pop(name, None)
        titles = [f"{name}.PIDPartition{number}" for number in range(partitions)]
        children = [
            Partition.child_spec(name, number, name=title, id=title)
            for number, title in enumerate(titles)
        ]
        return Supervisor.spec(children, strategy="one_for_all" if unique else "one_for_one")
