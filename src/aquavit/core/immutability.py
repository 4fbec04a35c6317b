"""Immutability: the check that every message goes through, a few nanoseconds a node.

Exact type tests come first; what they do not know is looked up in `kinds`.

Erlang: all terms are immutable.
"""

from __future__ import annotations

from typing import Any

from aquavit.core import kinds, native
from aquavit.core.ids import Alias, Pid, Ref

__all__ = ["immutable"]


def immutable(value: Any) -> bool:
    """Tell whether `value` can be seen by two processes without either noticing."""
    cls = type(value)
    if (
        cls is str
        or cls is int
        or value is None
        or cls is Pid
        or cls is float
        or cls is bytes
        or cls is bool
        or cls is Ref
        or cls is Alias
    ):
        return True
    if cls is tuple:
        if immutable_items(value):
            native.untrack(value)
            return True
        return False
    return immutable_kind(value, cls)


def immutable_items(value: tuple[Any, ...]) -> bool:
    """Tell whether all items of a tuple are immutable."""
    native.enter_recursion(" while checking a message")
    try:
        for item in value:
            if not immutable(item):
                return False
        return True
    finally:
        native.leave_recursion()


def immutable_kind(value: Any, cls: type) -> bool:
    """`immutable` for the less common types."""
    kind = kinds.kind_of(cls)
    if kind == kinds.ATOM or kind == kinds.HANDLE:
        return True
    if kind == kinds.NAMED or kind == kinds.TUPLE:
        return immutable_items(tuple(value))
    if kind == kinds.FROZENSET:
        return immutable_items(tuple(value))
    if kind == kinds.RECORD:
        return immutable_items(kinds.record_values(value))
    return False
