"""The processes of a registry: a supervisor, and partitions that look after owners.

A partition is linked to every process that has entries in its share. It traps exits, and
takes away the entries of those that end. If it dies itself, so do they. It also keeps the
locks: a lock is free, or held by the first of those who have asked for it.

Elixir: Registry.Supervisor, Registry.Partition.
"""

from __future__ import annotations

from typing import Any

from aquavit.core import loops, tables
from aquavit.core.ids import Ref
from aquavit.core.signals import Down, Exit
from aquavit.otp.gen_server import GenServer
from aquavit.otp.results import NO_REPLY
from aquavit.otp.supervisor import Supervisor
from aquavit.process import demonitor, monitor, trap_exit
from aquavit.process import self as current_pid

__all__ = ["RegistryRoot"]


class Partition(GenServer):
    """Looks after the owners of one part of a registry."""

    def init(self, name: str, number: int) -> None:
        """Take over the part; nothing of an earlier partition is left in it."""
        trap_exit(True)
        self.name, self.number = name, number
        #: lock -> {ref of the request: (from_, monitor)}, the holder first
        self.locks: dict[Any, dict[Ref, tuple[Any, Ref]]] = {}
        table = tables.find(name)
        self.part = table.parts[number]
        self.part.server = current_pid()
        loops.here("Registry").extras().on_end = self.ended

    def handle_info(self, message: Any) -> None:
        """Take away what an owner has had, be it a lock."""
        if type(message) is Exit:
            self.part.take(message.pid)
        elif type(message) is Down:
            found = [
                (key, ref)
                for key, waiting in self.locks.items()
                for ref, (_, watched) in waiting.items()
                if watched == message.ref
            ]
            for key, ref in found:
                self.leave(key, ref)

    def handle_call(self, request: Any, from_: Any) -> Any:
        """Give a lock, when it is free; reply to anything else when all before it is done."""
        match request:
            case ("lock", key, ref):
                waiting = self.locks.setdefault(key, {})
                waiting[ref] = from_, monitor(from_.pid)
                return None if len(waiting) == 1 else NO_REPLY
        return None

    def handle_cast(self, request: Any) -> None:
        """Take a lock back, or what asks for one."""
        _, key, ref = request
        self.leave(key, ref)

    def leave(self, key: Any, ref: Any) -> None:
        """Forget one that holds a lock or waits for it; the next one may hold it now."""
        waiting = self.locks.get(key, {})
        if ref not in waiting:
            return
        held = next(iter(waiting)) == ref
        demonitor(waiting.pop(ref)[1], flush=True)
        if not waiting:
            del self.locks[key]
        elif held:
            GenServer.reply(next(iter(waiting.values()))[0], None)

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
