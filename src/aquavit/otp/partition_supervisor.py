"""PartitionSupervisor: several copies of one child, and keys that lead to them.

It takes the load of a single process that all others would have to wait for.

Elixir: PartitionSupervisor.
"""

from __future__ import annotations

import inspect
import os
import zlib
from collections.abc import Callable
from typing import Any

from aquavit.core import loops, requests
from aquavit.core.exits import NoProcess, brief
from aquavit.core.ids import Pid
from aquavit.core.names import Address
from aquavit.core.records import record
from aquavit.otp.child_spec import ChildSpec, spec_of
from aquavit.otp.gen import Name
from aquavit.otp.methods import Server
from aquavit.otp.supervising import Supervising, ask
from aquavit.otp.supervision import Supervision, SupervisorSpec

__all__ = ["PartitionSupervisor"]

#: Where the supervisor's dictionary has the Pids of its partitions, in order.
_TABLE = "$partitions"


@record
class Partition(Address):
    """Leads to the partition that `key` belongs to.

    Elixir: {:via, PartitionSupervisor, {name, key}}.
    """

    supervisor: Any
    key: Any

    def whereis(self) -> Any:
        """Return the Pid of the partition, or None."""
        found: Any = requests.find(self.supervisor, "PartitionSupervisor")
        rare = None if found is None else found.rare
        table = None if rare is None else (rare.dictionary or {}).get(_TABLE)
        return table[partition_of(self.key, len(table))] if table else None

    def register(self, pid: Any) -> Any:
        """Refuse: the supervisor itself says who has a partition.

        Raises:
            ValueError: always.
        """
        raise ValueError(f"a partition cannot be given to another process, got {brief(pid)}")


def partition_of(key: object, partitions: int) -> int:
    """Return the number of the partition that a key belongs to.

    Integers go round in order. Equal strings, bytes and tuples of them lead to the same
    partition in every run of the program; other keys by their `hash`.

    Elixir: rem(abs(key), partitions), :erlang.phash2(key, partitions).
    """
    if isinstance(key, int):
        return abs(key) % partitions
    return _stable_hash(key) % partitions


def _stable_hash(key: object) -> int:
    if isinstance(key, str):
        return zlib.crc32(key.encode("utf-8", "surrogatepass"))
    if isinstance(key, bytes):
        return zlib.crc32(key)
    if isinstance(key, tuple):
        parts = b"".join(_stable_hash(part).to_bytes(8, "big", signed=True) for part in key)
        return zlib.crc32(parts)
    return hash(key)


class PartitionSupervisor(Supervising):
    """Starts `partitions` copies of one child, and routes keys to them.

    Example:
        >>> class Counter(GenServer):
        ...     def init(self):
        ...         self.value = 0
        ...     def handle_call(self, amount, from_):
        ...         self.value += amount
        ...         return self.value
        >>> async def main():
        ...     await PartitionSupervisor.start_link(Counter, name="counters", partitions=4)
        ...     via = PartitionSupervisor.via("counters", "some key")
        ...     await GenServer.call(via, 40)
        ...     return await GenServer.call(via, 2)
        >>> run(main)
        42

    Elixir: PartitionSupervisor.
    """

    __slots__ = ()

    @classmethod
    async def start_link(  # type: ignore[override]
        cls,
        child: Any,
        *,
        name: Name = None,
        partitions: int | None = None,
        with_arguments: Callable[[tuple[Any, ...], int], tuple[Any, ...]] | None = None,
        strategy: str = "one_for_one",
        max_restarts: int = 3,
        max_seconds: float = 5.0,
        timeout: float | None = None,
    ) -> Pid[Any]:
        """Start the partitions, linked to the caller.

        Args:
            child: a ChildSpec, a behaviour or `(behaviour, *args)`.
            name: a name or a Via; it has to be given.
            partitions: how many; one for each processor at first.
            with_arguments: takes the arguments of the child's start function and the
                number of a partition, and gives the arguments for that one.
            strategy: as for `Supervisor.spec`.
            max_restarts: the same.
            max_seconds: the same.
            timeout: seconds that all that may take; None for no limit.

        Returns:
            The Pid of the supervisor.

        Raises:
            TypeError, ValueError: an argument is wrong, or there is no name.
            AlreadyStarted: the name is taken.
            StartError: a partition could not be started.

        Elixir: PartitionSupervisor.start_link/1.
        """
        if name is None:
            raise ValueError("PartitionSupervisor: expected name=..., got None")
        if partitions is None:
            partitions = os.cpu_count() or 1
        if type(partitions) is not int or partitions < 1:
            raise ValueError(
                "PartitionSupervisor: expected partitions to be an int above 0,"
                f" got {brief(partitions)}"
            )
        if with_arguments is not None and not callable(with_arguments):
            raise TypeError(
                "PartitionSupervisor: expected with_arguments to be a function,"
                f" got {brief(with_arguments)}"
            )
        spec = spec_of(child)
        children = [
            _partition(spec, number, partitions, with_arguments) for number in range(partitions)
        ]
        flags = SupervisorSpec(tuple(children), strategy, max_restarts, max_seconds)
        return await super().start_link(flags, name=name, timeout=timeout)

    def init(self, flags: Any) -> Any:
        """Take what `start_link` has made."""
        return flags

    @classmethod
    def child_spec(cls, *args: Any, **overrides: Any) -> ChildSpec:
        """Return how another supervisor starts this one: `start_link(*args)`.

        Args:
            args: for `start_link`: the child.
            overrides: fields of `ChildSpec`; the options of `start_link` are passed on to
                it. The id is the name.

        Example:
            >>> PartitionSupervisor.child_spec(DynamicSupervisor, name="sessions").id
            'sessions'

        Elixir: PartitionSupervisor.child_spec/1.
        """
        passed = ("partitions", "with_arguments", "strategy", "max_restarts", "max_seconds")
        overrides.setdefault("id", overrides.get("name") or cls.__name__)
        return ChildSpec.of(cls, cls.start_link, args, overrides, passed, type="supervisor")

    @staticmethod
    def via(supervisor: Server, key: Any) -> Address:
        """Return what leads to the partition of `key`, for calls, casts and `send`.

        Args:
            supervisor: its name or Pid.
            key: any key: an integer stands for its remainder by the number of partitions,
                any other for its hash.

        Elixir: {:via, PartitionSupervisor, {name, key}}.
        """
        return Partition(supervisor, key)

    @staticmethod
    def partitions(supervisor: Server) -> int:
        """Return how many partitions there are.

        Raises:
            NoProcess: there is no such supervisor.

        Example:
            >>> async def main():
            ...     await PartitionSupervisor.start_link(
            ...         DynamicSupervisor, name="sessions", partitions=3
            ...     )
            ...     return PartitionSupervisor.partitions("sessions")
            >>> run(main)
            3

        Elixir: PartitionSupervisor.partitions/1.
        """
        found: Any = requests.find(supervisor, "PartitionSupervisor")
        table = None if found is None else (found.extras().dictionary or {}).get(_TABLE)
        if table is None:
            raise NoProcess(supervisor, "it is no PartitionSupervisor that runs")
        return len(table)

    @staticmethod
    async def resize(supervisor: Server, partitions: int) -> int:
        """Stop some partitions, or start some of those again; keys lead to the others.

        Args:
            supervisor: a Pid, a name, `(name, node)` or a Via.
            partitions: how many shall run: from 0 to as many as it was started with.

        Returns:
            How many ran before.

        Raises:
            ValueError: there are not so many.

        Example:
            >>> async def main():
            ...     await PartitionSupervisor.start_link(
            ...         DynamicSupervisor, name="sessions", partitions=3
            ...     )
            ...     await PartitionSupervisor.resize("sessions", 2)
            ...     return PartitionSupervisor.partitions("sessions")
            >>> run(main)
            2

        Elixir: PartitionSupervisor.resize!/2.
        """
        if type(partitions) is not int or partitions < 0:
            raise ValueError(
                "PartitionSupervisor: expected partitions to be an int of 0 or more,"
                f" got {brief(partitions)}"
            )
        return await ask(supervisor, ("resize", partitions))  # type: ignore[no-any-return]

    @staticmethod
    def _supervise(spec: Any, shown: str) -> Any:
        _dictionary()[_TABLE] = [None] * len(spec.children)
        return _Partitions(spec, shown)


class _Partitions(Supervision):
    """The partitions.

    specs  of all that there were at the start
    """

    __slots__ = ("specs",)

    def __init__(self, spec: SupervisorSpec, shown: str) -> None:
        super().__init__(spec, shown)
        self.specs = spec.children

    def serve(self, request: Any) -> Any:
        """Serve `resize` too."""
        match request:
            case ("resize", partitions):
                return self.resize(partitions)
        return super().serve(request)

    async def resize(self, partitions: int) -> int:
        """Stop the last partitions, or start them again.

        Raises:
            ValueError: there are not so many.
        """
        table = _dictionary()[_TABLE]
        before = len(table)
        if partitions > len(self.specs):
            raise ValueError(
                f"PartitionSupervisor: expected at most the {len(self.specs)} partitions that it"
                f" was started with, got {partitions}"
            )
        for number in range(before - 1, partitions - 1, -1):
            table.pop()  # no key leads to one that is about to stop
            child = self.children.get(number)
            if child is not None:
                await self.stop(child)
                self.children.pop(number, None)
        for number in range(before, partitions):
            table.append(None)
            try:
                await self.start_child(self.specs[number])
            except Exception:
                table.pop()
                raise
        return before


def _partition(
    spec: ChildSpec, number: int, partitions: int, with_arguments: Callable[..., Any] | None
) -> ChildSpec:
    """Return the spec of one partition."""
    fn, *args = spec.start
    if with_arguments is not None:
        given = with_arguments(tuple(args), number)
        if not isinstance(given, (tuple, list)):
            raise TypeError(
                "PartitionSupervisor: expected with_arguments to give a tuple of arguments,"
                f" got {brief(given)}"
            )
        args = list(given)
    return spec.replace(id=number, start=(_start_partition, number, fn, *args))


async def _start_partition(number: int, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Start a partition, in the supervisor, and let its keys lead to it."""
    made = fn(*args, **kwargs)
    if inspect.isawaitable(made):
        made = await made
    pid = made[0] if isinstance(made, tuple) and made else made
    table = _dictionary()[_TABLE]
    table[number] = pid if isinstance(pid, Pid) else None
    return made


def _dictionary() -> dict[Any, Any]:
    """Return the dictionary of the current process, which a behaviour has."""
    return loops.here("PartitionSupervisor").extras().dictionary  # type: ignore[return-value]
