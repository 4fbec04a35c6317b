"""Immutability: the check that every message goes through, a few nanoseconds a node.

Exact type tests come first; what they do not know is looked up in `kinds`.

Erlang: all terms are immutable.
"""

from __future__ import annotations

import types
from typing import Any

from aquavit.core import kinds, native
from aquavit.core.ids import Alias, Pid, Ref

__all__ = ["immutable"]


#: Deeper nesting is left to `copying`, where Python counts the recursion.
_DEEPEST = 64


def immutable(value: Any) -> bool:
    """Tell whether `value` can be seen by two processes without either noticing."""
    return immutable_at(value, 0)


def immutable_at(value: Any, depth: int) -> bool:
    """`immutable` at some depth of a message."""
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
        return immutable_items(value, depth + 1)
    return immutable_kind(value, cls, depth + 1)


def immutable_items(value: tuple[Any, ...], depth: int) -> bool:
    """Tell whether all items of a tuple are immutable."""
    if depth > _DEEPEST:
        return False
    for item in value:
        if not immutable_at(item, depth):
            return False
    native.untrack(value)
    return True


def immutable_kind(value: Any, cls: type, depth: int) -> bool:
    """`immutable` for the less common types."""
    kind = kinds.kind_of(cls)
    if kind == kinds.ATOM or kind == kinds.HANDLE:
        return True
    if kind == kinds.NAMED or kind == kinds.TUPLE or kind == kinds.FROZENSET:
        return immutable_items(tuple(value), depth)
    if kind == kinds.RECORD:
        return immutable_items(kinds.record_values(value), depth)
    if cls is types.MethodType:  # of a class, mostly: a class stands for itself
        return depth <= _DEEPEST and immutable_at(value.__self__, depth)
    return False
