"""Registry: processes by key, looked up without asking anybody.

Elixir: Registry.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Literal

from aquavit.core import calls, isolation, loops, matching, relations, requests, tables
from aquavit.core.exits import MailboxFull, NoProcess, ProcessError, brief
from aquavit.core.ids import Pid
from aquavit.otp.child_spec import ChildSpec
from aquavit.otp.registry_server import RegistryRoot
from aquavit.process import make_ref

__all__ = ["AlreadyRegistered", "Registry"]

_UNSET = object()


class AlreadyRegistered(ProcessError, ValueError):
    """Raised by `Registry.register` when a unique key is taken; `pid` has it.

    Elixir: {:error, {:already_registered, pid}}.
    """

    def __init__(self, registry: str, key: object, pid: Pid[Any]) -> None:
        super().__init__(registry, key, pid)
        self.registry = registry
        self.key = key
        self.pid = pid

    def __str__(self) -> str:
        return f"{self.pid!r} has the key {brief(self.key)} of {self.registry!r} already"


class Registry:
    """Processes register themselves under keys; anybody looks them up.

    An entry goes when its process ends. Reads are function calls: they send no message and
    wait for nobody. Keys are data and compare strictly: 1 is neither 1.0 nor True.

    Example:
        >>> async def main():
        ...     await Registry.start_link(keys="duplicate", name="clubs")
        ...     Registry.register("clubs", "chess", "white")
        ...     Registry.register("clubs", "chess", "black")
        ...     return [value for _, value in Registry.lookup("clubs", "chess")]
        >>> run(main)
        ['white', 'black']

    Elixir: Registry.
    """

    # --- starting

    @staticmethod
    async def start_link(
        *,
        keys: Literal["unique", "duplicate"],
        name: str,
        partitions: int = 1,
        listeners: Iterable[str] = (),
        meta: Mapping[Any, Any] | None = None,
    ) -> Pid[Any]:
        """Start a registry, linked to the caller.

        Args:
            keys: "unique": one process for each key; "duplicate": any number.
            name: what the other functions know it by.
            partitions: how many processes look after the owners; the death of one takes
                its share of them down.
            listeners: names of processes that are sent `("register", registry, key, pid,
                value)` and `("unregister", registry, key, pid)`. One that is not there,
                or whose mailbox is full, misses them.
            meta: see `meta`.

        Returns:
            Its Pid.

        Raises:
            AlreadyStarted: the name is taken.
            TypeError, ValueError: an argument is wrong.

        Elixir: Registry.start_link/1.
        """
        if keys not in ("unique", "duplicate"):
            raise ValueError(f"Registry: expected keys='unique' or 'duplicate', got {keys!r}")
        if not isinstance(name, str):
            raise TypeError(f"Registry: expected a name (str), got {brief(name)}")
        if isinstance(partitions, bool) or not isinstance(partitions, int) or partitions < 1:
            raise ValueError(f"Registry: expected 1 partition or more, got {partitions!r}")
        several = isinstance(listeners, Iterable) and not isinstance(listeners, str)
        heard = tuple(listeners) if several else (None,)
        if not all(isinstance(each, str) for each in heard):
            raise TypeError(f"Registry: expected names (str) as listeners, got {brief(listeners)}")
        if meta is not None and not isinstance(meta, Mapping):
            raise TypeError(f"Registry: expected meta={{key: value}} or None, got {brief(meta)}")
        pairs = {tables.canonical(key): value for key, value in (meta or {}).items()}
        root: Pid[Any] = await RegistryRoot.start_link(
            name, keys == "unique", partitions, heard, pairs, name=name
        )
        return root

    @staticmethod
    def child_spec(**options: Any) -> ChildSpec:
        """Return how a supervisor starts a registry: `start_link(**options)`.

        Example:
            >>> Registry.child_spec(keys="unique", name="rooms").id
            'rooms'

        Elixir: Registry.child_spec/1.
        """
        return ChildSpec(
            options.get("name", "Registry"),
            (Registry.start_link,),
            type="supervisor",
            kwargs=tuple(options.items()),
        )

    # --- one's own entries

    @staticmethod
    def register(registry: str, key: Any, value: Any = None) -> Pid[Any]:
        """Register the current process under `key`, with a value.

        The first key links it to its partition of the registry.

        Args:
            registry: the registry's name.
            key: any data.
            value: any data; copied.

        Returns:
            The Pid of the partition.

        Raises:
            AlreadyRegistered: the key is unique, and taken, be it by the caller.
            ValueError: there is no such registry.
            NoProcess: the partition is about to be restarted.

        Elixir: Registry.register/3.
        """
        holder = add(registry, key, value, "Registry.register")
        if holder is not None:
            raise AlreadyRegistered(registry, key, holder)
        return _part(registry, calls.self()).server  # type: ignore[no-any-return]

    @staticmethod
    def unregister(registry: str, key: Any) -> None:
        """Take away what the current process has under `key`, if anything.

        Without any key left it is linked to the partition no more.

        Elixir: Registry.unregister/2.
        """
        _remove(tables.find(registry), key, None)

    @staticmethod
    def unregister_match(registry: str, key: Any, pattern: Any) -> None:
        """Take away what the current process has under `key` with a value that matches.

        Args:
            registry: the registry's name.
            key: the key.
            pattern: as for `receive`.

        Example:
            >>> async def main():
            ...     await Registry.start_link(keys="duplicate", name="clubs")
            ...     Registry.register("clubs", "chess", 1)
            ...     Registry.register("clubs", "chess", "two")
            ...     Registry.unregister_match("clubs", "chess", int)
            ...     return Registry.values("clubs", "chess", self())
            >>> run(main)
            ['two']

        Elixir: Registry.unregister_match/4.
        """
        _remove(tables.find(registry), key, matching.compile_patterns((pattern,)))

    @staticmethod
    def update_value(registry: str, key: Any, fn: Callable[[Any], Any]) -> tuple[Any, Any]:
        """Change the value that the current process has under a unique key.

        Args:
            registry: the registry's name.
            key: a key of the caller's.
            fn: takes the old value and returns the new one.

        Returns:
            `(new, old)`.

        Raises:
            LookupError: the caller does not have the key.
            ValueError: keys are not unique, or there is no such registry.

        Elixir: Registry.update_value/3.
        """
        _check_function("Registry.update_value", fn)
        table = tables.find(registry)
        if not table.unique:
            raise ValueError(
                f"update_value: expected a registry of unique keys, got {registry!r}, whose"
                " keys may have many processes"
            )
        pid = calls.self()
        found = table.own(pid, key)
        if not found:
            raise LookupError(
                f"update_value: expected a key of {pid!r}, got {brief(key)} of {registry!r}"
            )
        old = found[0].read()[1]
        found[0].write(fn(old))
        return found[0].read()[1], old

    @staticmethod
    async def lock(registry: str, key: Any, fn: Callable[..., Any], *args: Any) -> Any:
        """Return `fn(*args)`, while no other process runs a function under the same lock.

        Locks have nothing to do with entries. The next process gets the lock when the
        function has returned or raised, or when its process has died.

        Args:
            registry: the registry's name.
            key: any data; names the lock.
            fn: an `async def` function or a plain function; runs in the caller.
            args: its arguments.

        Raises:
            ValueError: there is no such registry.
            Exception: what the function raises.

        Example:
            >>> async def main():
            ...     await Registry.start_link(keys="unique", name="rooms")
            ...     return await Registry.lock("rooms", "lobby", lambda: "alone")
            >>> run(main)
            'alone'

        Elixir: Registry.lock/3.
        """
        _check_function("Registry.lock", fn)
        parts = tables.find(registry).parts
        name = tables.canonical(isolation.isolate(key))
        server = parts[hash(name) % len(parts)].server
        ref = make_ref()
        try:
            await requests.call(server, ("lock", name, ref), None)
            made = fn(*args)
            return await made if inspect.isawaitable(made) else made
        finally:
            requests.cast(server, ("unlock", name, ref))

    # --- reading

    lookup = staticmethod(tables.lookup)

    @staticmethod
    def dispatch(registry: str, key: Any, fn: Callable[[list[tuple[Pid[Any], Any]]], Any]) -> None:
        """Call `fn` in the current process with what `lookup` returns, if that is anything.

        With duplicate keys and several partitions it is called for each partition that has
        entries.

        Example:
            >>> async def main():
            ...     await Registry.start_link(keys="duplicate", name="clubs")
            ...     Registry.register("clubs", "chess")
            ...     Registry.dispatch("clubs", "chess", lambda entries: [
            ...         send(pid, "your move") for pid, _ in entries])
            ...     return await receive()
            >>> run(main)
            'your move'

        Elixir: Registry.dispatch/4.
        """
        _check_function("Registry.dispatch", fn)
        for pairs in tables.find(registry).by_part(key):
            fn(pairs)

    @staticmethod
    def keys(registry: str, pid: Pid[Any]) -> list[Any]:
        """Return the keys of a process, the oldest first; a key as often as it has it.

        Elixir: Registry.keys/2.
        """
        entries = _part(registry, pid).owners.get(pid, ())
        return [isolation.isolate(entry.key) for entry in entries if pid.process is not None]

    @staticmethod
    def values(registry: str, key: Any, pid: Pid[Any]) -> list[Any]:
        """Return the values that a process has under `key`.

        Elixir: Registry.values/3.
        """
        _check_pid(pid)
        return [entry.read()[1] for entry in tables.find(registry).own(pid, key)]

    @staticmethod
    def match(registry: str, key: Any, pattern: Any) -> list[tuple[Pid[Any], Any]]:
        """Return the `(pid, value)` of `key` whose value matches.

        Args:
            registry: the registry's name.
            key: the key.
            pattern: as for `receive`.

        Example:
            >>> async def main():
            ...     await Registry.start_link(keys="duplicate", name="clubs")
            ...     Registry.register("clubs", "chess", ("rank", 1))
            ...     Registry.register("clubs", "chess", ("rank", 9))
            ...     found = Registry.match("clubs", "chess", ("rank", lambda rank: rank < 5))
            ...     return [value for _, value in found]
            >>> run(main)
            [('rank', 1)]

        Elixir: Registry.match/4.
        """
        matcher = matching.compile_patterns((pattern,))
        return [pair for pair in tables.lookup(registry, key) if matcher.accepts(pair[1])]

    @staticmethod
    def count_match(registry: str, key: Any, pattern: Any) -> int:
        """Return how many entries `match` would return.

        Elixir: Registry.count_match/4.
        """
        return len(Registry.match(registry, key, pattern))

    @staticmethod
    def select(registry: str, *patterns: Any) -> list[tuple[Any, Pid[Any], Any]]:
        """Return the entries `(key, pid, value)` that match any of the patterns.

        Args:
            registry: the registry's name.
            patterns: as for `receive`, over `(key, pid, value)`; none takes all.

        Example:
            >>> async def main():
            ...     await Registry.start_link(keys="unique", name="rooms")
            ...     Registry.register("rooms", ("room", 1), "open")
            ...     Registry.register("rooms", "lobby", "open")
            ...     found = Registry.select("rooms", (("room", int), ..., ...))
            ...     return [key for key, _, _ in found]
            >>> run(main)
            [('room', 1)]

        Elixir: Registry.select/2.
        """
        matcher = matching.compile_patterns(patterns or (...,))
        found = []
        for entry in tables.find(registry).all():
            pid, value = entry.read()
            row = (isolation.isolate(entry.key), pid, value)
            if matcher.accepts(row):
                found.append(row)
        return found

    @staticmethod
    def count_select(registry: str, *patterns: Any) -> int:
        """Return how many entries `select` would return.

        Elixir: Registry.count_select/2.
        """
        return len(Registry.select(registry, *patterns))

    @staticmethod
    def count(registry: str) -> int:
        """Return the number of entries, in constant time where keys are unique.

        Those of a process that has just died count until its partition has heard of it.

        Elixir: Registry.count/1.
        """
        return tables.find(registry).count()

    # --- data of the registry's own

    @staticmethod
    def meta(registry: str, key: Any, default: Any = _UNSET) -> Any:
        """Return what was stored with `put_meta`, or with `meta=` at the start.

        Raises:
            KeyError: there is nothing, and no default.

        Elixir: Registry.meta/2.
        """
        known = tables.find(registry).meta
        found = known.get(tables.canonical(key), _UNSET)
        if found is _UNSET:
            if default is _UNSET:
                raise KeyError(key)
            return default
        return isolation.isolate(found)

    @staticmethod
    def put_meta(registry: str, key: Any, value: Any) -> None:
        """Store a value in the registry itself, for as long as it runs.

        Elixir: Registry.put_meta/3.
        """
        known = tables.find(registry).meta
        known[tables.canonical(isolation.isolate(key))] = isolation.isolate(value)

    @staticmethod
    def delete_meta(registry: str, key: Any) -> None:
        """Take away what `put_meta` has stored, if anything.

        Elixir: Registry.delete_meta/2.
        """
        tables.find(registry).meta.pop(tables.canonical(key), None)


def add(registry: str, key: Any, value: Any, caller: str) -> Pid[Any] | None:
    """Register the current process; return the Pid that has the key already, or None."""
    process = loops.here(caller)
    table, pid = tables.find(registry), process.pid
    server = table.part_of(pid).server
    if server is None or server.process is None or server.process.exiting:
        raise NoProcess(registry, "its partition has ended; it is about to be restarted")
    holder: Pid[Any] | None = table.add(pid, key, value)
    if holder is not None:
        return holder
    relations.add_link(process, server.process)
    if table.listeners:
        _tell(table, ("register", registry, key, pid, value))
    return None


def _remove(table: tables.Table, key: Any, matcher: matching.Matcher | None) -> None:
    """Take away the current process's entries of `key` that match, and maybe its link."""
    process = loops.here("Registry.unregister")
    part = table.part_of(process.pid)
    removed = [
        entry
        for entry in table.own(process.pid, key)
        if matcher is None or matcher.accepts(entry.read()[1])
    ]
    for entry in removed:
        part.drop(entry)
    server = part.server
    if process.pid not in part.owners and server is not None and server.process is not None:
        relations.remove_link(process, server.process)
    if table.listeners and matcher is None:
        _tell(table, ("unregister", table.name, key, process.pid))


def _tell(table: tables.Table, event: tuple[Any, ...]) -> None:
    for name in table.listeners:
        if calls.find_name(name, "Registry") is not None:
            with suppress(MailboxFull):  # the entry is made, and its owner has to do with none
                calls.send(name, event)


def _part(registry: str, pid: Pid[Any]) -> tables.Part:
    _check_pid(pid)
    return tables.find(registry).part_of(pid)


def _check_pid(pid: object) -> None:
    if type(pid) is not Pid:
        raise TypeError(f"Registry: expected a Pid, got {brief(pid)}")


def _check_function(caller: str, fn: object) -> None:
    if not callable(fn):
        raise TypeError(f"{caller}: expected a function, got {brief(fn)}")
