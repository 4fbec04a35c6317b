"""Identities: Pid, Ref and Alias, the values that name processes and requests.

They are data: hashable, ordered, comparable, picklable, and they never keep a dead
process alive.

    Pid.process   the Process while it lives, None afterwards (only the runtime writes it)
    Pid.id        counts up from 1 and is never used again
    Ref.id        counts up from 1; a Ref made later has a higher id, which lets a
                  receive on a fresh Ref skip what was queued before it
    Alias.pid     the process that the alias stands for

Erlang: pid, reference, alias.
"""

from __future__ import annotations

from typing import Any

from aquavit.core import directives as cython

if False:  # tells Cython that `cython` means its directives
    import cython  # type: ignore

__all__ = ["NODE", "Alias", "Pid", "Ref"]

#: The name of a node that is not part of a cluster, as in Erlang.
NODE = "nonode@nohost"


class _Counter:
    """The last number given out; one for pids, one for refs."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0


PIDS = _Counter()
REFS = _Counter()


def counters() -> tuple[int, int]:
    """Return the last numbers given out, of pids and of refs."""
    return PIDS.value, REFS.value


def set_counters(pids: int, refs: int) -> None:
    """Go on counting from there: a simulation counts from the beginning."""
    PIDS.value = pids
    REFS.value = refs


@cython.final
@cython.no_gc
@cython.freelist(128)
@cython.cclass
class Pid:
    """The identity of a process; it prints as `#PID<0.58.0>`.

    `Pid[M]` tells type checkers which messages the process takes.

    Elixir: pid.
    """

    __slots__ = ("id", "process")

    def __init__(self) -> None:
        raise TypeError("Pid: expected to be made by spawn, not by a call")

    @classmethod  # said, because an extension type does not know it by itself
    def __class_getitem__(cls, message_type: Any) -> type:
        return cls

    def __repr__(self) -> str:
        return f"#PID<0.{self.id & 0xFFFFFFF}.{self.id >> 28}>"

    def __hash__(self) -> int:
        return self.id

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Pid) and self.id == other.id)

    def __lt__(self, other: Pid) -> bool:
        return self.id < other.id if isinstance(other, Pid) else NotImplemented

    def __le__(self, other: Pid) -> bool:
        return self.id <= other.id if isinstance(other, Pid) else NotImplemented

    def __gt__(self, other: Pid) -> bool:
        return self.id > other.id if isinstance(other, Pid) else NotImplemented

    def __ge__(self, other: Pid) -> bool:
        return self.id >= other.id if isinstance(other, Pid) else NotImplemented

    def __copy__(self) -> Pid:
        return self

    def __deepcopy__(self, memo: object) -> Pid:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return restore_pid, (self.id, -1 if self.process is None else self.process.slot)


@cython.no_gc
@cython.freelist(128)
@cython.cclass
class Ref:
    """A value unlike any other; it prints as `#Reference<0.7>`.

    Elixir: reference.
    """

    __slots__ = ("id",)

    def __init__(self) -> None:
        raise TypeError(
            f"{type(self).__name__}: expected to be made by make_ref, alias or monitor, not by a"
            f" call"
        )

    def __repr__(self) -> str:
        return f"#Reference<0.{self.id}>"

    def __hash__(self) -> int:
        return self.id

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Ref) and self.id == other.id)

    def __lt__(self, other: Ref) -> bool:
        return self.id < other.id if isinstance(other, Ref) else NotImplemented

    def __copy__(self) -> Ref:
        return self

    def __deepcopy__(self, memo: object) -> Ref:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return restore_ref, (self.id,)


@cython.no_gc
@cython.cclass
class Alias(Ref):
    """A Ref that messages can be sent to until its owner calls `unalias`.

    Elixir: Process.alias/1.
    """

    __slots__ = ("pid",)

    def __reduce__(self) -> tuple[Any, ...]:
        return restore_alias, (self.id, self.pid)


def new_pid(process: Any) -> Pid:
    """Make the next Pid, for `process`."""
    PIDS.value += 1
    pid = Pid.__new__(Pid)
    pid.id = PIDS.value
    pid.process = process
    return pid


def new_ref() -> Ref:
    """Make the next Ref."""
    REFS.value += 1
    ref = Ref.__new__(Ref)
    ref.id = REFS.value
    return ref


def new_alias(pid: Pid) -> Alias:
    """Make the next Ref, one that stands for `pid`."""
    REFS.value += 1
    alias = Alias.__new__(Alias)
    alias.id = REFS.value
    alias.pid = pid
    return alias


def restore_pid(number: int, slot: int) -> Pid:
    """Return the Pid of that number; a dead one when its process is not here."""
    pid = None if LOOKUP.find is None else LOOKUP.find(number, slot)
    if pid is None:
        pid = Pid.__new__(Pid)
        pid.id = number
        pid.process = None
    return pid


def restore_ref(number: int) -> Ref:
    """Return an equal Ref."""
    ref = Ref.__new__(Ref)
    ref.id = number
    return ref


def restore_alias(number: int, pid: Pid) -> Alias:
    """Return an equal Alias."""
    alias = Alias.__new__(Alias)
    alias.id = number
    alias.pid = pid
    return alias


class _Lookup:
    """How a pickled Pid finds its process again; the runtime fills it in."""

    find: Any = None


LOOKUP = _Lookup()
