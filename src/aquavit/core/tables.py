"""Tables that the processes of one runtime share: key -> entries that processes made.

    Table    one named table; `unique` says whether a key has one entry at most
    Part     the share of the owners that one process (`server`) looks after. The parts of
             a table of unique keys have one dict of keys in common
    Entry    what one process has put under one key

A read is a function call on the same event loop: no message, and no copy of what is
immutable. Keys compare strictly: 1, 1.0 and True are three keys. An entry whose owner is
dead, or on its way out, is not shown, also before its part has heard of it.

Nothing is sent here; who looks after the owners does that.

Erlang: ets.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from aquavit.core import directives as cython
from aquavit.core import immutability, isolation, kinds, loops, process
from aquavit.core.exits import brief
from aquavit.core.ids import Alias, Pid, Ref
from aquavit.core.process import Process
from aquavit.core.runtime import Runtime

if False:  # tells Cython that `cython` means its directives
    import cython  # type: ignore

__all__ = ["Entry", "Part", "Table", "canonical", "find", "lookup"]

#: Stands in a canonical key before the type, so that no key of a user's can be equal to it.
_TYPED = object()
#: Levels of a key: to compare one, Python goes down without counting.
_DEEPEST = 100


@cython.final
@cython.freelist(64)
@cython.cclass
class Entry:
    """What the process `pair[0]` has put under a key.

    `name` is the key in its canonical form; `plain` tells that the value is immutable.
    """

    __slots__ = ("key", "name", "owner", "pair", "part", "plain")
    key: Any
    name: Any
    owner: Pid
    pair: tuple[Any, Any]
    part: Part
    plain: bool

    def lives(self) -> bool:
        """Tell whether the owner is alive."""
        p: Process | None = self.owner.process
        return p is not None and not p.exiting

    def read(self) -> tuple[Any, Any]:
        """Return `(pid, value)`; the value is the reader's own."""
        if self.plain:
            return self.pair
        return self.owner, isolation.isolate(self.pair[1])

    def write(self, value: Any) -> None:
        """Give it a copy of the value; what is `share`d as a whole is shared with all readers."""
        own = isolation.isolate(value)
        self.pair = (self.owner, own)
        self.plain = type(value) is kinds.Shared or immutability.immutable(own)


@cython.final
@cython.cclass
class Part:
    """The entries of the owners that `server` looks after.

    keys    canonical key -> Entry, or a dict of them in a table of duplicate keys
    owners  Pid -> its entries, the oldest first
    """

    __slots__ = ("keys", "owners", "server")
    keys: dict[Any, Any]
    owners: dict[Any, Any]
    server: Any

    def take(self, owner: Any) -> list[Any]:
        """Remove all entries of `owner` and return them."""
        entries: dict[Any, None] | None = self.owners.pop(owner, None)
        if entries is None:
            return []
        for entry in entries:
            self.drop_key(entry)
        return list(entries)

    def drop(self, entry: Entry) -> None:
        """Remove one entry."""
        self.drop_key(entry)
        entries: dict[Any, None] | None = self.owners.get(entry.owner)
        if entries is not None:
            entries.pop(entry, None)
            if not entries:
                del self.owners[entry.owner]

    def drop_key(self, entry: Entry) -> None:
        """Remove an entry from the keys."""
        found = self.keys.get(entry.name)
        if found is entry:
            del self.keys[entry.name]
        elif type(found) is dict:
            found.pop(entry, None)
            if not found:
                del self.keys[entry.name]

    def clear(self) -> None:
        """Remove everything; the server is gone."""
        self.server = None
        for owner in list(self.owners):
            self.take(owner)


@cython.final
@cython.cclass
class Table:
    """One named table."""

    __slots__ = ("keys", "listeners", "meta", "name", "parts", "unique")
    keys: dict[Any, Any]
    listeners: tuple[str, ...]
    meta: dict[Any, Any]
    name: str
    parts: list[Any]
    unique: bool

    def part_of(self, owner: Pid) -> Part:
        """Return the part that `owner` belongs to."""
        return self.parts[owner.id % len(self.parts)]  # type: ignore[no-any-return]

    def add(self, owner: Pid, key: Any, value: Any) -> Any:
        """Make an entry of a living `owner`; return the Pid that has the key already, or None.

        Raises:
            TypeError: the key cannot be compared, or something cannot be copied.
        """
        name = canonical(key)
        part = self.part_of(owner)
        entry: Entry
        if self.unique and name in self.keys:
            entry = self.keys[name]
            if entry.lives():
                return entry.owner
            entry.part.drop(entry)
        entry = Entry.__new__(Entry)
        entry.key = isolation.isolate(key)
        entry.name = name
        entry.owner = owner
        entry.part = part
        entry.write(value)
        if self.unique:
            part.keys[name] = entry
        else:
            part.keys.setdefault(name, {})[entry] = None
        part.owners.setdefault(owner, {})[entry] = None
        return None

    def first(self, key: Any) -> Entry | None:
        """Return the living entry of a unique key."""
        entry: Entry | None = self.keys.get(canonical(key))
        return entry if entry is not None and entry.lives() else None

    def own(self, owner: Pid, key: Any) -> list[Any]:
        """Return the entries of `owner` under `key`, the oldest first."""
        name = canonical(key)
        part = self.part_of(owner)
        found = part.keys.get(name)
        entry: Entry
        if found is None:
            return []
        if self.unique:
            entry = found
            return [entry] if entry.owner == owner else []
        owned: dict[Any, None] = part.owners.get(owner, {})
        entries = []
        if len(owned) < len(found):
            for each in owned:
                entry = each
                if entry.name == name:
                    entries.append(entry)
        else:
            for each in found:
                entry = each
                if entry.owner == owner:
                    entries.append(entry)
        return entries

    def lookup(self, key: Any) -> list[Any]:
        """Return `(pid, value)` of each living entry of `key`."""
        entry: Entry
        if self.unique:
            found = self.keys.get(canonical(key))
            if found is None:
                return []
            entry = found
            return [entry.read()] if entry.lives() else []
        name = canonical(key)
        pairs: list[Any] = []
        for part in self.parts:
            pairs.extend(entries_of(part, name))
        return pairs

    def by_part(self, key: Any) -> list[Any]:
        """Return what `lookup` does, as one list for each part that has any."""
        if self.unique:
            lists = [self.lookup(key)]
        else:
            name = canonical(key)
            lists = [entries_of(part, name) for part in self.parts]
        return [pairs for pairs in lists if pairs]

    def all(self) -> list[Any]:
        """Return every living entry."""
        entry: Entry
        found = []
        for each in self.parts:
            part: Part = each
            for entries in part.owners.values():
                for item in entries:
                    entry = item
                    if entry.lives():
                        found.append(entry)
        return found

    def count(self) -> int:
        """Return how many entries there are, those not shown any more among them."""
        total = 0
        for each in self.parts:
            part: Part = each
            if self.unique:
                return len(part.keys)
            for entries in part.keys.values():
                total += len(entries)
        return total


def entries_of(part: Part, name: Any) -> list[Any]:
    """Return `(pid, value)` of each living entry of a duplicate key in one part."""
    found: dict[Any, None] | None = part.keys.get(name)
    if found is None:
        return []
    pairs = []
    for each in found:
        entry: Entry = each
        if entry.lives():
            pairs.append(entry.read())
    return pairs


def new_table(name: str, unique: bool, parts: int, listeners: Any, meta: Any) -> Table:
    """Make an empty table."""
    table = Table.__new__(Table)
    table.name = name
    table.unique = unique
    table.listeners = listeners
    table.meta = meta
    table.keys = {}
    table.parts = [new_part(table) for _ in range(parts)]
    return table


def new_part(table: Table) -> Part:
    """Make an empty part that nobody looks after yet."""
    part = Part.__new__(Part)
    part.keys = table.keys if table.unique else {}
    part.owners = {}
    part.server = None
    return part


# --- finding


def find(name: Any) -> Table:
    """Return the table `name` of the current runtime.

    Raises:
        ValueError: there is none.
        TypeError: the name is no string.
    """
    p = process.current()
    runtime: Runtime = loops.the_runtime("Registry") if p is None else p.runtime
    found = runtime.tables.get(name) if type(name) is str else None
    if found is None:
        if not isinstance(name, str):
            raise TypeError(f"expected the name of a registry (str), got {brief(name)}")
        raise ValueError(
            f"unknown registry: {name!r}\nstart one: Registry.child_spec(keys=..., name={name!r})"
        )
    return found  # type: ignore[no-any-return]


def lookup(registry: str, key: Any) -> list[tuple[Pid, Any]]:
    """Return `(pid, value)` for each living process that is registered under `key`.

    Args:
        registry: the registry's name.
        key: compared strictly: 1 is neither 1.0 nor True.

    Returns:
        A list, empty if there is none; values are copies.

    Raises:
        ValueError: there is no such registry.

    Example:
        >>> async def main():
        ...     await Registry.start_link(keys="unique", name="rooms")
        ...     Registry.register("rooms", "lobby", "open")
        ...     return Registry.lookup("rooms", "lobby") == [(self(), "open")]
        >>> run(main)
        True

    Elixir: Registry.lookup/2.
    """
    return find(registry).lookup(key)


# --- keys


def canonical(key: Any) -> Any:
    """Return what stands for `key` in a dict: equal only if type and parts are.

    Raises:
        TypeError: keys of that type cannot be compared.
        ValueError: it is nested too deeply.
    """
    return canonical_at(key, 0)


def canonical_at(key: Any, level: int) -> Any:
    """`canonical`, so many levels inside the key."""
    if is_canonical(key, level):
        return key
    if level > _DEEPEST:
        raise ValueError(f"expected a key of at most {_DEEPEST} levels, got a deeper one")
    if type(key) is tuple:
        return canonical_tuple(key, level)
    return canonical_other(key, type(key), level)


def is_canonical(key: Any, level: int) -> bool:
    """Tell whether `==` compares `key` strictly."""
    cls: Any = type(key)
    if (
        cls is str
        or cls is int
        or cls is Pid
        or cls is bytes
        or cls is Ref
        or cls is Alias
        or key is None
    ):
        return True
    return cls is tuple and level <= _DEEPEST and all_canonical(key, level + 1)


def all_canonical(key: tuple[Any, ...], level: int) -> bool:
    """`is_canonical` for the items of a tuple."""
    for item in key:
        if not is_canonical(item, level):
            return False
    return True


def canonical_tuple(key: tuple[Any, ...], level: int) -> Any:
    """`canonical_at` for a tuple."""
    items = []
    for item in key:
        items.append(canonical_at(item, level + 1))
    return tuple(items)


def canonical_other(key: Any, cls: Any, level: int) -> Any:
    """`canonical_at` for the less common types."""
    if cls is dict:
        pairs = [canonical_tuple(pair, level) for pair in key.items()]
        return (_TYPED, cls, frozenset(pairs))
    if cls is set or cls is frozenset:
        return (_TYPED, cls, frozenset([canonical_at(item, level + 1) for item in key]))
    if cls is list or (isinstance(key, tuple) and hasattr(cls, "_fields")):
        return (_TYPED, cls, canonical_tuple(tuple(key), level))
    kind = kinds.kind_of(cls)
    if kind == kinds.RECORD and dataclasses.is_dataclass(key):
        return (_TYPED, cls, canonical_tuple(kinds.record_values(key), level))
    if kind == kinds.OBJECT and cls.__hash__ in (None, object.__hash__):
        raise TypeError(
            f"expected a key that compares by value, got {brief(key)}\n"
            f"a copy of it would be another key; use a tuple or a frozen dataclass"
        )
    return (_TYPED, cls, key)
