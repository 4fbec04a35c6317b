"""Isolation: a message is data, and the receiver gets its own.

`isolate` returns an immutable value as it is (a few nanoseconds a node) and a deep
copy of anything else, with shared and circular references inside one message kept.
Every type has one kind, found once and remembered in `KINDS`:

    ATOM    immutable, or a value that stands for itself (function, class, Pid, ...)
    TUPLE, NAMED, RECORD, FROZENSET
            immutable if all inside is (NAMED: NamedTuple, RECORD: frozen dataclass)
    LIST, DICT, SET
            copied element by element
    HANDLE  passed by reference, as a port is in Erlang (sockets, files, locks, loggers,
            and what has an `__aexit__`: client sessions, connection pools)
    CUSTOM  copied by the function that `register` was given
    OBJECT  copied through `__deepcopy__` or `__reduce_ex__`, as `copy.deepcopy` does

Erlang: the copying of terms between heaps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from aquavit.core import copying, immutability, kinds, native
from aquavit.core.exits import brief

__all__ = ["isolate", "isolate_callable", "isolate_reason", "register", "share"]

T = TypeVar("T")


def share(value: T) -> T:
    """Mark `value` to be sent by reference, on purpose.

    The receiver gets the very same object. Whoever shares takes care of who changes it.

    Args:
        value: any object.

    Returns:
        A wrapper for use inside a message; it is unwrapped on the way. Type checkers take
        it for what it will be there.

    Example:
        >>> table = {"a": 1}
        >>> async def main():
        ...     send(self(), share(table))
        ...     return await receive()
        >>> run(main) is table
        True

    Erlang: the nearest thing is an ETS table or persistent_term.
    """
    return kinds.Shared(value)  # type: ignore[return-value]  # the receiver has a T


def register(
    cls: type,
    *,
    copy: Callable[[Any], Any] | None = None,
    reference: bool = False,
) -> None:
    """Say how messages treat values of type `cls` and its subclasses.

    Args:
        cls: the type.
        copy: a function that returns an independent copy of its argument.
        reference: True to pass such values by reference, as sockets and files are.

    Raises:
        TypeError: `cls` is not a type, `copy` no function, or not exactly one of the two
            ways was given.

    Example:
        >>> class Board:
        ...     def __init__(self, cells): self.cells = cells
        >>> isolation.register(Board, copy=lambda board: Board(list(board.cells)))

    Erlang: none; terms there are always copied.
    """
    if not isinstance(cls, type):
        raise TypeError(f"isolation.register: expected a type, got {brief(cls)}")
    if (copy is None) == (not reference):
        raise TypeError(
            f"isolation.register: expected either copy=function or reference=True for "
            f"{cls.__name__}, got copy={brief(copy)} and reference={reference!r}"
        )
    if copy is not None and not callable(copy):
        raise TypeError(
            f"isolation.register: expected a function to copy {cls.__name__} with,"
            f" got {brief(copy)}"
        )
    kinds.CUSTOM_COPIES[cls] = copy
    kinds.KINDS.clear()


def isolate(value: Any, what: str = "message") -> Any:
    """Return `value` if it is immutable, else the receiver's own deep copy of it.

    Raises:
        TypeError: a part can be neither copied nor is a handle; the message names
            the path to it, which begins with `what`, and the way out.
    """
    if immutability.immutable(value):
        return value
    return copying.copy_message(value, what)


def isolate_callable(fn: Any) -> Any:
    """Return `fn` with its own copy of what it has captured.

    The variables of a closure, the object of a bound method and the arguments of a
    partial are taken as they are now, as an Elixir closure takes them.
    """
    if native.is_plain_function(fn):
        return fn
    if native.is_closure(fn):
        if captures_immutable(fn):
            return native.twin(fn)
    elif immutability.immutable(fn):
        return fn
    return copying.copy_callable(fn)


def captures_immutable(fn: Any) -> bool:
    """Tell whether all that `fn` has captured can be passed as it is."""
    for index in range(native.captured_count(fn)):
        value = native.captured(fn, index)
        if native.is_closure(value) or not immutability.immutable(value):
            return False
    return True


def isolate_reason(reason: Any) -> object:
    """Return a copy of an exit reason, or why there is none: a death must be told."""
    try:
        return isolate(reason)
    except BaseException as problem:
        return problem
